import { durationInWords } from '#shared/logic/duration-in-words.ts';
import { readableFingerprint } from '#shared/logic/readable-fingerprint.ts';
import type { KeyStatus } from '#shared/model/key.ts';
import type {
  FindingSeverity,
  PopulationKey,
  Report,
  ReportMetric,
  ReportRotation,
} from '#shared/model/report.ts';
import type { Tone } from './page-style.ts';

/** The words and tones of the printed report. All times are UTC: a document must read the same everywhere. */

export const severityWords: Readonly<Record<FindingSeverity, { word: string; tone: Tone }>> = {
  critical: { word: 'Critical', tone: 'danger' },
  high: { word: 'High', tone: 'danger' },
  medium: { word: 'Medium', tone: 'warning' },
  low: { word: 'Low', tone: 'neutral' },
};

const statusTones: Readonly<Record<KeyStatus, Tone>> = {
  compromised: 'danger',
  blocked: 'danger',
  missing: 'danger',
  invalid: 'danger',
  drifted: 'danger',
  overdue: 'danger',
  unrecorded: 'warning',
  'due-soon': 'warning',
  rotating: 'accent',
  soaking: 'accent',
  ok: 'success',
};

export function presenceOrStatus(key: PopulationKey): string {
  if (key.presence === 'not-observed') return 'not read';
  if (key.presence === 'removed') return 'removed';
  return key.status === null ? 'unknown' : key.status.replace('-', ' ');
}

export function statusTone(key: PopulationKey): Tone {
  if (key.presence === 'not-observed') return 'danger';
  return key.status === null ? 'neutral' : statusTones[key.status];
}

export const verdictTones: Readonly<Record<Report['verdict']['level'], Tone>> = {
  'nothing-found': 'success',
  findings: 'warning',
  'critical-findings': 'danger',
};

export const verdictTitles: Readonly<Record<Report['verdict']['level'], string>> = {
  'nothing-found': 'Nothing found',
  findings: 'Findings',
  'critical-findings': 'Critical findings',
};

export const outcomeWords: Readonly<Record<ReportRotation['outcome'], { word: string; tone: Tone }>> = {
  rotated: { word: 'rotated', tone: 'success' },
  'rolled-back': { word: 'rolled back', tone: 'warning' },
  abandoned: { word: 'abandoned', tone: 'neutral' },
  open: { word: 'open', tone: 'accent' },
};

/** 2026-11-25 09:30, UTC; a dash where there is no time. */
export function minuteOf(instant: string | null): string {
  return instant === null ? '–' : instant.slice(0, 16).replace('T', ' ');
}

export function dayOf(instant: string | null): string {
  return instant === null ? '–' : instant.slice(0, 10);
}

/** The last day of a time that ends at this instant. */
export function lastDayBefore(instant: string): string {
  return dayOf(new Date(Date.parse(instant) - 1).toISOString());
}

/** 36 min 33 s: short enough for a column. */
export function durationOf(milliseconds: number | null): string {
  if (milliseconds === null) return '–';
  return durationInWords(milliseconds)
    .replace(/ days?/, ' d')
    .replace(/ hours?/, ' h')
    .replace(/ minutes?/, ' min')
    .replace(/ seconds?/, ' s')
    .replace('less than a second', '< 1 s');
}

export function metricValue({ value, unit }: ReportMetric): string {
  if (value === null) return '–';
  if (unit === 'percent') return `${value} %`;
  return unit === 'milliseconds' ? durationOf(value) : String(value);
}

export function counted(count: number, one: string, many = `${one}s`): string {
  return `${count.toLocaleString('en-US')} ${count === 1 ? one : many}`;
}

/** A SHA-256 in hex, in groups of four as it is read aloud. */
export function grouped(hex: string): string {
  return readableFingerprint(hex).join('\n');
}

/** `SHA256:…` as ssh-keygen prints it, and the same hash in groups that can be read over the telephone. */
export function groupedFingerprint(fingerprint: string): string {
  return [fingerprint, ...readableFingerprint(fingerprint)].join('\n');
}
