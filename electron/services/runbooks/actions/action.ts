import type { ActionOutcome } from '#shared/logic/runbook-actions.ts';
import type { EnvironmentConfig } from '#shared/model/environment.ts';
import { type ErrorReport, isRekeyError } from '#shared/model/errors.ts';
import type { KeyName } from '#shared/model/key.ts';
import type { RunRecord } from '#shared/model/run-event.ts';
import type { Secret } from '#shared/model/secret.ts';
import type { GuidedDependencies } from '../guided-dependencies.ts';

/** What an action gets beside the services: the run and what the person gave. */
export interface RunCall {
  readonly run: RunRecord;
  /** The step's `with`, placeholders filled in. */
  readonly arguments: Readonly<Record<string, string | number | boolean>>;
  /** Values from a third party, by key. */
  readonly supplied: ReadonlyMap<KeyName, Secret>;
  /** Why a soak was ended before its time, when it was. */
  readonly earlyReason: string | null;
  readonly restoreCompromised: boolean;
  /** Stops what runs, a command included. */
  readonly signal: AbortSignal;
  /** Stops after the current effect. */
  readonly pause: AbortSignal;
  readonly onProgress: (line: string) => void;
}

/** The same for what is about an environment. */
export interface ActionCall extends RunCall {
  readonly config: EnvironmentConfig;
}

/** The code of one action that needs no environment: of runs about this installation too. */
export type RunActionCode = (services: GuidedDependencies, call: RunCall) => Promise<ActionOutcome>;

/** The code of one action. Says what it did and found in lines without secrets; throws RekeyErrors. */
export type ActionCode = (services: GuidedDependencies, call: ActionCall) => Promise<ActionOutcome>;

export function done(...lines: string[]): ActionOutcome {
  return { outcome: 'done', lines };
}

/** A check whose answer is no: fails the step, unless it was asked to be tolerant, or nothing is at stake (dry run). */
export function answer(call: RunCall, good: boolean, lines: string[], remedy: string): ActionOutcome {
  if (good || call.arguments.tolerant === true || call.run.dry_run) return { outcome: 'done', lines };
  return {
    outcome: 'failed',
    lines,
    error: {
      code: 'not-valid',
      message: lines[0] ?? 'The check failed.',
      unchanged: 'Nothing was changed.',
      remedy,
    },
  };
}

/** What an action that threw becomes; defects of ours are told without their insides. */
export function failedWith(error: unknown, lines: readonly string[] = []): ActionOutcome {
  const report: Omit<ErrorReport, 'details'> = isRekeyError(error)
    ? { code: error.code, message: error.message, unchanged: error.unchanged, remedy: error.remedy }
    : {
        code: 'internal',
        message: 'Rekey met an error of its own.',
        unchanged: 'What was recorded until now is kept.',
        remedy: 'Try again. If it stays, look into the log file of Rekey, and report it.',
      };
  return { outcome: 'failed', lines, error: report };
}
