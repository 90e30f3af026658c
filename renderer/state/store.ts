import { create } from 'zustand';
import type { AppState } from '#shared/ipc/contract.ts';
import type { AlertsState } from '#shared/model/alerts-state.ts';
import type { ErrorReport } from '#shared/model/errors.ts';
import type { LogEvent } from '#shared/model/event.ts';
import type { ReportProgress } from '#shared/model/report-making.ts';
import type { RunSummary } from '#shared/model/run.ts';
import type { RunDetail } from '#shared/model/run-detail.ts';
import type { EnvironmentStatus } from '#shared/model/status.ts';

/** What is known about main. Null: not told yet. Only `sync.ts` writes here. */
export interface Mirror {
  app: AppState | null;
  environments: readonly EnvironmentStatus[] | null;
  runs: readonly RunSummary[] | null;
  /** Told last: nothing of it is needed for the first screen. */
  alerts: AlertsState | null;
  /** Runs that a screen looks at, by id. */
  runDetails: Readonly<Record<string, RunDetail>>;
  /** The last lines of the command that a run carries out, by run. */
  progress: Readonly<Record<string, readonly string[]>>;
  log: { size: number; latest: LogEvent | null };
  /** From 0 to 1 while the log is being verified. */
  verifyShare: number | null;
  /** How far the report is that is being made; null while none is. */
  reportProgress: ReportProgress | null;
  /** From 0 to 1 while a report is being verified. */
  verificationShare: number | null;
  /** Why the first loading failed, by topic. */
  problems: Readonly<Partial<Record<'app' | 'environments' | 'runs', ErrorReport>>>;
}

export const useMirror = create<Mirror>(() => ({
  app: null,
  environments: null,
  runs: null,
  alerts: null,
  runDetails: {},
  progress: {},
  log: { size: 0, latest: null },
  verifyShare: null,
  reportProgress: null,
  verificationShare: null,
  problems: {},
}));
