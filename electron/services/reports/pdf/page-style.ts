/** Measures and colours of the printed report. Lengths are points (1/72 inch). */

export type FontRole = 'text' | 'strong' | 'mono';

export const paperSizes = { A4: [595.28, 841.89], Letter: [612, 792] } as const;
export type Paper = keyof typeof paperSizes;

export const margins = { top: 64, right: 46, bottom: 62, left: 46 } as const;

export const fontSizes = {
  title: 30,
  heading: 17,
  subheading: 11.5,
  body: 9.5,
  small: 8.25,
  tiny: 7,
  figure: 20,
} as const;

/** Text colours reach 4.5:1 on white and on the soft surfaces. */
export const colors = {
  text: '#1b1c1f',
  soft: '#55585f',
  line: '#d9d9d3',
  lineStrong: '#85857d',
  surface: '#f4f4f1',
  accent: '#2450b8',
  accentSoft: '#e9effb',
  danger: '#a3161b',
  dangerSoft: '#fdeceb',
  warning: '#754600',
  warningSoft: '#fdf2da',
  success: '#19602f',
  successSoft: '#e6f3e9',
} as const;

export type Tone = 'neutral' | 'danger' | 'warning' | 'success' | 'accent';

export const toneColors: Readonly<Record<Tone, { ink: string; soft: string }>> = {
  neutral: { ink: colors.soft, soft: colors.surface },
  danger: { ink: colors.danger, soft: colors.dangerSoft },
  warning: { ink: colors.warning, soft: colors.warningSoft },
  success: { ink: colors.success, soft: colors.successSoft },
  accent: { ink: colors.accent, soft: colors.accentSoft },
};
