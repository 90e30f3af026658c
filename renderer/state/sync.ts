import type { AlertsState } from '#shared/model/alerts-state.ts';
import type { ErrorReport } from '#shared/model/errors.ts';
import type { RunDetail } from '#shared/model/run-detail.ts';
import { call } from './call.ts';
import { type Mirror, useMirror } from './store.ts';

const keptLines = 400;
/** Main has more to load before it can answer what comes after the first screen. */
const alertsDelayMs = 1_000;
type Topic = keyof Mirror['problems'];

/** Counts what main said by itself, so that an answer that was overtaken on its way does not turn time back. */
const heard: Record<Topic, number> = { app: 0, environments: 0, runs: 0 };

/**
 * Listens to main and keeps the mirror. The only listener of the window. `onCommand` gets what was chosen in the
 * application menu. Returns how to stop.
 */
export function startSync(onCommand: (id: string) => void): () => void {
  const set = useMirror.setState;
  const stops = [
    window.rekey.on('app.changed', (app) => {
      heard.app += 1;
      set((mirror) => ({
        app,
        log: { ...mirror.log, size: app.log.size },
        problems: without(mirror, 'app'),
      }));
    }),
    window.rekey.on('environments.changed', (environments) => {
      heard.environments += 1;
      set((mirror) => ({ environments, problems: without(mirror, 'environments') }));
    }),
    window.rekey.on('runs.changed', (runs) => {
      heard.runs += 1;
      set((mirror) => ({ runs, problems: without(mirror, 'runs') }));
    }),
    window.rekey.on('alerts.changed', keepAlerts),
    window.rekey.on('run.changed', keepRun),
    window.rekey.on('run.progress', ({ runId, line }) =>
      set(({ progress }) => ({
        progress: { ...progress, [runId]: [...(progress[runId] ?? []), line].slice(-keptLines) },
      })),
    ),
    window.rekey.on('events.appended', ({ size, latest }) => set({ log: { size, latest } })),
    window.rekey.on('events.verify-progress', ({ share }) => set({ verifyShare: share })),
    window.rekey.on('reports.progress', (reportProgress) => set({ reportProgress })),
    window.rekey.on('verification.progress', ({ share }) => set({ verificationShare: share })),
    window.rekey.on('command.chosen', ({ id }) => onCommand(id)),
  ];
  let later: ReturnType<typeof setTimeout> | undefined;
  void Promise.all([loadApp(), loadEnvironments(), loadRuns()]).then(() => {
    later = setTimeout(() => void loadAlerts(), alertsDelayMs);
  });
  return () => {
    clearTimeout(later);
    for (const stop of stops) stop();
  };
}

export async function loadApp(): Promise<void> {
  const before = heard.app;
  const reply = await call('app.state');
  if (heard.app !== before) return;
  if (!reply.ok) return fail('app', reply.error);
  const app = reply.value;
  useMirror.setState((mirror) => ({
    app,
    log: { ...mirror.log, size: app.log.size },
    problems: without(mirror, 'app'),
  }));
}

export async function loadEnvironments(): Promise<void> {
  const before = heard.environments;
  const reply = await call('environments.status');
  if (heard.environments !== before) return;
  if (!reply.ok) return fail('environments', reply.error);
  const environments = reply.value;
  useMirror.setState((mirror) => ({ environments, problems: without(mirror, 'environments') }));
}

export async function loadRuns(): Promise<void> {
  const before = heard.runs;
  const reply = await call('runs.list');
  if (heard.runs !== before) return;
  if (!reply.ok) return fail('runs', reply.error);
  const runs = reply.value;
  useMirror.setState((mirror) => ({ runs, problems: without(mirror, 'runs') }));
}

/** Resolves to why they cannot be shown, or null. */
export async function loadAlerts(): Promise<ErrorReport | null> {
  const reply = await call('alerts.list');
  if (!reply.ok) return reply.error;
  keepAlerts(reply.value);
  return null;
}

/** Takes over what main said of alerts. */
export function keepAlerts(alerts: AlertsState): void {
  useMirror.setState({ alerts });
}

/** Loads a run that a screen is about to show. Resolves to why it cannot be shown, or null. */
export async function loadRun(runId: string): Promise<ErrorReport | null> {
  const reply = await call('runs.get', { runId });
  if (!reply.ok) return reply.error;
  keepRun(reply.value);
  return null;
}

/** Takes over what main answered about a run. The lines of a finished command go with its step. */
export function keepRun(detail: RunDetail): void {
  const id = detail.run.run_id;
  useMirror.setState(({ runDetails, progress }) => {
    const before = runDetails[id];
    const moved = before !== undefined && before.current_step_id !== detail.current_step_id;
    return {
      runDetails: { ...runDetails, [id]: detail },
      progress: moved ? { ...progress, [id]: [] } : progress,
    };
  });
}

/** Forgets the lines of the last command of a run, before another begins. */
export function clearProgress(runId: string): void {
  useMirror.setState(({ progress }) => ({ progress: { ...progress, [runId]: [] } }));
}

export function endVerification(): void {
  useMirror.setState({ verifyShare: null });
}

/** Forgets how far the last report came, before another is made or after it ended. */
export function clearReportProgress(): void {
  useMirror.setState({ reportProgress: null });
}

export function clearVerificationShare(): void {
  useMirror.setState({ verificationShare: null });
}

function fail(topic: Topic, error: ErrorReport): void {
  useMirror.setState(({ problems }) => ({ problems: { ...problems, [topic]: error } }));
}

function without({ problems }: Mirror, topic: Topic): Mirror['problems'] {
  const { [topic]: _gone, ...rest } = problems;
  return rest;
}
