import { z } from 'zod';

/**
 * Exit codes of the `rekey` command (the contract in docs/user-guide.md):
 * 0 done and good, 1 done and the answer is "no", 2 wrong usage or unreadable input, 3 environment not reached,
 * locked or changed underneath, 4 stopped and waits for a person, 5 Rekey's own storage failed.
 */
export type ExitCode = 0 | 1 | 2 | 3 | 4 | 5;

/** Every error that a user can meet, by its stable code, with the exit code that the command gives it. */
export const errorExitCodes = {
  // wrong usage or unreadable input
  usage: 2,
  'invalid-input': 2,
  'operator-unknown': 2,
  'environment-unknown': 2,
  'environment-exists': 2,
  'key-unknown': 2,
  'run-unknown': 2,
  'alert-unknown': 2,
  'channel-unknown': 2,
  'run-ambiguous': 2,
  'step-unknown': 2,
  'runbook-unknown': 2,
  'runbook-invalid': 2,
  'drill-refused': 2,
  'configuration-invalid': 2,
  'configuration-newer': 2,
  'recovery-file-unreadable': 2,
  'file-exists': 2,
  'checkpoint-unreadable': 2,
  'log-key-unknown': 2,
  'extract-unreadable': 2,
  'signer-absent': 2,
  // the answer is no
  interrupted: 1,
  'not-due': 1,
  'not-valid': 1,
  'illegal-move': 1,
  'point-of-no-return': 1,
  'compromised-restore': 1,
  'previous-occupied': 1,
  'checkpoint-refused': 1,
  'extract-refused': 1,
  'too-early': 1,
  // the environment
  'file-missing': 3,
  'not-a-file': 3,
  'no-read-permission': 3,
  'no-write-permission': 3,
  'read-only-file-system': 3,
  'disk-full': 3,
  'not-utf8': 3,
  'file-too-large': 3,
  'unterminated-quote': 3,
  'symlink-loop': 3,
  'key-absent': 3,
  'value-unrepresentable': 3,
  'state-corrupt': 3,
  'state-newer': 3,
  conflict: 3,
  'environment-locked': 3,
  'task-running': 3,
  'agent-running': 3,
  'environment-not-locked': 3,
  'environment-unreachable': 3,
  'health-unreachable': 3,
  'connection-lost': 3,
  'host-unreachable': 3,
  'host-key-unknown': 3,
  'host-key-changed': 3,
  'ssh-refused': 3,
  'ssh-credential-missing': 3,
  'ssh-unsupported': 3,
  'sudo-refused': 3,
  // stopped, waits for a person
  'command-failed': 4,
  'command-timeout': 4,
  'command-missing': 4,
  'run-waits': 4,
  'run-blocked': 4,
  'run-open': 4,
  'recovery-incomplete': 4,
  // Rekey's own storage
  'log-corrupt': 5,
  'log-unwritable': 5,
  'log-busy': 5,
  'keychain-absent': 5,
  'keychain-locked': 5,
  'keychain-denied': 5,
  'keychain-volatile': 5,
  'keychain-entry-missing': 5,
  'vault-absent': 5,
  'vault-locked': 5,
  'vault-wrong-passphrase': 5,
  'vault-damaged': 5,
  'sealed-missing': 5,
  'sealed-damaged': 5,
  'data-folder-unusable': 5,
  // anything else: a defect of ours
  internal: 5,
} as const satisfies Record<string, ExitCode>;

export type ErrorCode = keyof typeof errorExitCodes;
export const ErrorCode = z.enum(Object.keys(errorExitCodes) as [ErrorCode, ...ErrorCode[]]);

/** What crosses to the renderer, to `--json` output and to events: words only, no stack, no secret. */
export const ErrorReport = z.object({
  code: ErrorCode,
  /** What happened. */
  message: z.string(),
  /** What was not changed, so that nobody has to guess: "Nothing was changed." or the exact rest. */
  unchanged: z.string(),
  /** What to do now. */
  remedy: z.string(),
  /** Names, paths, positions; never a value. */
  details: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])).optional(),
});
export type ErrorReport = z.infer<typeof ErrorReport>;

/** An error that a user can meet. Thrown by services, reported by the window and the command. */
export class RekeyError extends Error {
  readonly code: ErrorCode;
  readonly unchanged: string;
  readonly remedy: string;
  readonly details: ErrorReport['details'];

  constructor(
    code: ErrorCode,
    text: {
      message: string;
      unchanged?: string;
      remedy: string;
      details?: NonNullable<ErrorReport['details']>;
      cause?: unknown;
    },
  ) {
    super(text.message, text.cause === undefined ? undefined : { cause: text.cause });
    this.name = 'RekeyError';
    this.code = code;
    this.unchanged = text.unchanged ?? 'Nothing was changed.';
    this.remedy = text.remedy;
    this.details = text.details;
  }

  get exitCode(): ExitCode {
    return errorExitCodes[this.code];
  }

  report(): ErrorReport {
    return {
      code: this.code,
      message: this.message,
      unchanged: this.unchanged,
      remedy: this.remedy,
      ...(this.details ? { details: this.details } : {}),
    };
  }
}

export function isRekeyError(error: unknown, code?: ErrorCode): error is RekeyError {
  return error instanceof RekeyError && (code === undefined || error.code === code);
}
