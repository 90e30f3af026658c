import type { CommandKind } from '#shared/model/environment.ts';

/** What each command is for, in the order in which a rotation uses them. */
export const commandFields: readonly { kind: CommandKind; label: string; hint: string }[] = [
  { kind: 'restart', label: 'Restart', hint: 'Makes the service read its file again.' },
  {
    kind: 'stop',
    label: 'Stop',
    hint: 'For keys that protect data, where the service reads one value only: stops it.',
  },
  { kind: 'start', label: 'Start', hint: 'Starts it again after its data was re-encrypted.' },
  {
    kind: 'reencrypt',
    label: 'Re-encrypt',
    hint: 'Gets one line of JSON with key, old and new on standard input; ends with total, changed and remaining_old.',
  },
  {
    kind: 'verify',
    label: 'Verify',
    hint: 'Succeeds only when the service works with the value in the file.',
  },
  {
    kind: 'verify-old-refused',
    label: 'Verify that the old value is refused',
    hint: 'Succeeds only when the service no longer accepts the old value.',
  },
  {
    kind: 'accepts-next',
    label: 'Check that the next value is accepted',
    hint: 'Succeeds only when the service already accepts the value in the NEXT variable.',
  },
];

/** An argument list as one line: plain where that is unambiguous, else as a JSON array. */
export function commandText(argv: readonly string[]): string {
  return argv.every((argument) => /^[\w@%+=:,./-]+$/.test(argument)) ? argv.join(' ') : JSON.stringify(argv);
}
