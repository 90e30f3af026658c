import { DurationText } from '../model/duration.ts';
import { RekeyError } from '../model/errors.ts';
import { KeyName } from '../model/key.ts';
import type { InputField, RunbookStep } from '../model/runbook.ts';

/** What is wrong with an input, in words; null when it will do. */
export function inputProblem(field: InputField, given: string): string | null {
  const value = given.trim();
  if (value === '') return field.required ? `${field.label}: this is needed.` : null;
  switch (field.kind) {
    case 'date':
      return isDate(value) ? null : `${field.label}: write a date as 2026-01-31.`;
    case 'datetime':
      return Number.isNaN(Date.parse(value)) ? `${field.label}: write a time as 2026-01-31T14:30Z.` : null;
    case 'duration':
      return DurationText.safeParse(value).success
        ? null
        : `${field.label}: write a duration as 30m, 24h or 7d.`;
    case 'keys':
      return value.split(/[\s,]+/).every((name) => KeyName.safeParse(name).success)
        ? null
        : `${field.label}: write the names of keys, separated by commas.`;
    default:
      return null;
  }
}

function isDate(text: string): boolean {
  const time = /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(`${text}T00:00:00Z`) : Number.NaN;
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(text);
}

/** The inputs of a step, trimmed; only fields that it has. Throws `invalid-input` naming each field that will not do. */
export function checkedInput(
  step: RunbookStep,
  input: Readonly<Record<string, string>>,
): Record<string, string> {
  const problems = step.inputs
    .map((field) => inputProblem(field, input[field.id] ?? ''))
    .filter((problem) => problem !== null);
  if (problems.length > 0) {
    throw new RekeyError('invalid-input', {
      message: problems.join(' '),
      remedy: 'Fill in what is named, then go on.',
    });
  }
  return Object.fromEntries(step.inputs.map((field) => [field.id, (input[field.id] ?? '').trim()]));
}
