import type { RunbookSubject } from '../model/runbook.ts';

/** What runbook texts may name in double braces, beside `answer.STEP.FIELD` and `choice.STEP`. */
export const placeholderNames = [
  'environment',
  'stage',
  'path',
  'state_file',
  'host',
  'keys',
  'key',
  'key_arguments',
  'run',
  'reason',
  'operator',
  'health_url',
  'restart_command',
  'verify_command',
  'contacts',
  'log_folder',
] as const;
/** Filled only in a run about one host. */
const hostPlaceholders: readonly string[] = ['host'];
/** Filled in a run about an environment or one of its hosts. */
const environmentPlaceholders: readonly string[] = [
  'stage',
  'path',
  'state_file',
  'keys',
  'key',
  'key_arguments',
  'health_url',
  'restart_command',
  'verify_command',
];
/** Whether a placeholder means something in a run about `subject`. */
export function isFilled(name: string, subject: RunbookSubject): boolean {
  if (hostPlaceholders.includes(name)) return subject === 'host';
  return subject !== 'installation' || !environmentPlaceholders.includes(name);
}
export type PlaceholderName = (typeof placeholderNames)[number];
export type PlaceholderValues = Readonly<Record<PlaceholderName, string>>;

const pattern = /\{\{\s*([^{}]*?)\s*\}\}/g;

/** Every name that a text has in double braces. */
export function placeholdersIn(text: string): string[] {
  return [...text.matchAll(pattern)].map((match) => match[1] ?? '');
}

/** A name `answer.STEP.FIELD` or `choice.STEP`, taken apart; null for any other. */
export function answerReference(name: string): { step: string; field: string | null } | null {
  const answer = /^answer\.([a-z0-9-]+)\.([a-z0-9-]+)$/.exec(name);
  if (answer) return { step: answer[1] ?? '', field: answer[2] ?? '' };
  const choice = /^choice\.([a-z0-9-]+)$/.exec(name);
  return choice ? { step: choice[1] ?? '', field: null } : null;
}

/**
 * Fills a text. `answers` gives what was answered in the run so far, by the names above; what nobody has answered
 * yet reads `(not answered)`. Values are put in as they are: never a secret.
 */
export function fillPlaceholders(
  text: string,
  values: PlaceholderValues,
  answers: ReadonlyMap<string, string>,
  quote: (value: string, name: string) => string = (value) => value,
): string {
  return text.replace(pattern, (whole, name: string) => {
    if (answerReference(name)) return quote(answers.get(name) ?? '(not answered)', name);
    const value = (values as Readonly<Record<string, string | undefined>>)[name];
    return value === undefined ? whole : quote(value, name);
  });
}

/** A value as one POSIX shell word, quoted only where it must be, so that a copied line does what it says. */
export function shellWord(value: string): string {
  return /^[A-Za-z0-9_@%+=:,./-]+$/.test(value) ? value : `'${value.replaceAll("'", `'\\''`)}'`;
}
