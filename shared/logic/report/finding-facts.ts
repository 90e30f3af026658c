import type { EnvironmentReference } from '../../model/environment.ts';
import type { KeyName } from '../../model/key.ts';
import type {
  FindingSeverity,
  PopulationKey,
  ReportDeviation,
  ReportEnvironment,
  ReportException,
  ReportFinding,
  ReportLog,
  ReportPeriod,
  ReportRotation,
  ReportSigner,
} from '../../model/report.ts';
import type { EnvironmentHistory } from './environment-history.ts';
import type { TracedRun } from './run-history.ts';
import type { Trace } from './traces.ts';

/** All that findings are drawn from: environments, keys and runs in scope, practice left out. */
export interface FindingFacts {
  period: ReportPeriod;
  /** When the report is made, RFC 3339. */
  now: string;
  histories: readonly EnvironmentHistory[];
  environments: readonly ReportEnvironment[];
  keys: readonly PopulationKey[];
  rotations: readonly ReportRotation[];
  deviations: readonly ReportDeviation[];
  exceptions: readonly ReportException[];
  /** Runs that are not finished when the report is made. */
  openRuns: readonly TracedRun[];
  logs: readonly ReportLog[];
  /** Logs that this one continues and that could not be read, or are not what they were. */
  missingLogs: readonly { name: string; why: string; differs: boolean }[];
  /** Names of installations whose log key came with the copy of their log, and was not told by another way. */
  unconfirmedLogs: readonly string[];
  /** Null in a preview. */
  signer: ReportSigner | null;
  /** Whether a rotation is in one of the logs. */
  knowsRotation: (rotationId: string) => boolean;
}

/** A finding before anybody is asked whether its risk was accepted. */
export type NewFinding = Omit<ReportFinding, 'exception'>;

export function finding(
  code: string,
  severity: FindingSeverity,
  title: string,
  detail: string,
  at: { environment?: EnvironmentReference | null; key?: KeyName | null; trace: Trace },
): NewFinding {
  const { log, events } = at.trace;
  const environment = at.environment ?? null;
  return { code, severity, title, detail, environment, key: at.key ?? null, log, events };
}

/** `1 rotation`, `2 rotations`. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}

/** The day of an instant in words that sort: 2026-11-25. Days of findings are UTC, as everything in the log is. */
export function dayOf(instant: string): string {
  return instant.slice(0, 10);
}
