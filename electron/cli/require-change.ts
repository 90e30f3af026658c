import { RekeyError } from '#shared/model/errors.ts';

/** Of a command that changes something: `--on`, `--off`, and what else it can be given. */
export interface ChangeOptions {
  on?: boolean | undefined;
  off?: boolean | undefined;
}

/** Throws `usage` where nothing is given that is to change, or both `--on` and `--off`. `others`: by their flags. */
export function requireChange({ on, off }: ChangeOptions, others: Readonly<Record<string, unknown>>): void {
  const isNothing = [on, off, ...Object.values(others)].every((option) => option === undefined);
  if (!isNothing && !(on && off)) return;
  throw new RekeyError('usage', {
    message: isNothing ? 'Nothing is given that is to change.' : 'Give --on or --off, not both.',
    remedy: `Give ${Object.keys(others).join(', ')}, --on or --off.`,
  });
}
