import { keyStatusWords } from '#renderer/features/status/key-status-words.ts';
import { isOpenRun, runStateWord, waitsForWords } from '#renderer/features/status/run-state-mark.tsx';
import { byImportance, silentHosts } from '#renderer/features/status/standing.ts';
import type { Overlay } from '#renderer/state/overlay.ts';
import type { Route } from '#renderer/state/route.ts';
import { localDateTime } from '#renderer/ui/time/format-time.ts';
import { namesInWords } from '#shared/logic/names-in-words.ts';
import type { Stage } from '#shared/model/environment.ts';
import type { KeyStatus } from '#shared/model/key.ts';
import type { RunSummary } from '#shared/model/run.ts';
import type { SignerStatus } from '#shared/model/signer.ts';
import type { EnvironmentStatus } from '#shared/model/status.ts';
import { recordedIdOf } from './recorded-alerts.ts';

export interface Alert {
  id: string;
  /** Of the alert that is recorded about it (shared/model/alert.ts); null where none is. */
  recordedId: string | null;
  tone: 'danger' | 'warning' | 'info';
  title: string;
  /** Null for what is about the installation itself. */
  stage: Stage | null;
  detail: string;
  /** Smaller comes first. */
  rank: number;
  act: { label: string; route: Route } | { label: string; overlay: Overlay };
}

/** Everything that wants a person, worst first. Keys of one environment with one status are one alert. */
export function alertsOf({
  environments,
  runs,
  signer,
  now,
}: {
  environments: readonly EnvironmentStatus[];
  runs: readonly RunSummary[];
  signer: SignerStatus;
  now: number;
}): Alert[] {
  const found = [
    ...runs.filter(({ state }) => isOpenRun(state)).map((run) => runAlert(run, now)),
    ...byImportance(environments).flatMap((environment) => environmentAlerts(environment, runs)),
    ...signerAlerts(signer),
  ];
  return found.sort((a, b) => a.rank - b.rank);
}

/** Signing keys have a cryptoperiod too, and are shown like any other key that is due. */
function signerAlerts({ state, message }: SignerStatus): Alert[] {
  if (message === null) return [];
  const overdue = state === 'overdue';
  const words = { overdue: 'Overdue', 'due-soon': 'Due soon', none: 'Not readable', ok: 'In order' };
  return [
    {
      id: 'signer',
      recordedId: null,
      tone: overdue ? 'danger' : 'warning',
      title: `${words[state]}: the signing keys`,
      stage: null,
      detail: message,
      rank: overdue ? 10 + keyStatusWords.overdue.rank : 60,
      act: { label: 'Look', route: { screen: 'reports', tab: 'signing' } },
    },
  ];
}

function runAlert(run: RunSummary, now: number): Alert {
  const soakOver =
    run.state === 'soaking' && run.resume_after !== null && new Date(run.resume_after).getTime() <= now;
  const state = soakOver ? 'Ready to finish' : runStateWord(run.state);
  const detail = soakOver
    ? 'The old value may be retired now.'
    : run.state === 'soaking' && run.resume_after !== null
      ? `Come back on ${localDateTime(run.resume_after)}.`
      : run.waits_for !== null
        ? `${waitsForWords(run.waits_for)}.`
        : run.current_step !== null
          ? `At “${run.current_step}”.`
          : 'It can go on.';
  const urgent =
    run.state === 'blocked' || (run.state === 'running' && run.mode === 'emergency' && !run.drill);
  return {
    id: `run/${run.run_id}`,
    recordedId: soakOver
      ? `soak-over/${run.run_id}`
      : `run-${run.state === 'blocked' ? 'blocked' : 'waits'}/${run.run_id}`,
    tone: urgent ? 'danger' : run.state === 'soaking' && !soakOver ? 'info' : 'warning',
    title: `${state}: ${run.drill ? 'drill of ' : ''}${run.title}, ${run.environment.name}`,
    stage: run.environment.stage,
    detail,
    rank: urgent ? 0 : run.state === 'soaking' && !soakOver ? 90 : 40,
    act: { label: soakOver ? 'Finish' : 'Open', route: { screen: 'run', id: run.run_id } },
  };
}

function environmentAlerts(environment: EnvironmentStatus, runs: readonly RunSummary[]): Alert[] {
  const page: Route = { screen: 'environment', id: environment.id, tab: 'keys' };
  const alerts: Alert[] = [];
  if (!environment.reachable) {
    alerts.push({
      id: `unreachable/${environment.id}`,
      recordedId: `unavailable/${environment.id}`,
      tone: 'danger',
      title: `${environment.name} cannot be read`,
      stage: environment.stage,
      detail:
        environment.findings.find(({ severity }) => severity === 'error')?.message ?? 'Its keys are unknown.',
      rank: environment.stage === 'production' ? 12 : 30,
      act: { label: 'Look', route: { ...page, tab: 'connection' } },
    });
  }
  const silent = silentHosts(environment);
  if (environment.reachable && silent.length > 0) {
    alerts.push({
      id: `silent/${environment.id}`,
      recordedId: `unavailable/${environment.id}`,
      tone: 'danger',
      title: `${namesInWords(silent)} of ${environment.name} ${silent.length === 1 ? 'does' : 'do'} not answer`,
      stage: environment.stage,
      detail:
        environment.hosts?.find(({ reachable }) => !reachable)?.problem ??
        'Nothing is known of the keys there.',
      rank: environment.stage === 'production' ? 12 : 30,
      act: { label: 'Look', route: page },
    });
  }
  for (const status of new Set(environment.keys.map((key) => key.status))) {
    const keys = environment.keys.filter(
      (key) =>
        key.status === status && !(status === 'blocked' && isBlockedRun(runs, environment.id, key.key)),
    );
    if (keys.length === 0) continue;
    const words = keyStatusWords[status];
    if (!words.alert) continue;
    const names = keys.map(({ key }) => key);
    alerts.push({
      id: `${status}/${environment.id}`,
      recordedId: recordedIdOf(status, environment.id),
      tone: 'danger',
      title: `${words.word} in ${environment.name}: ${namesInWords(names)}`,
      stage: environment.stage,
      detail: keys.length === 1 ? (keys[0]?.problems[0]?.message ?? words.meaning) : words.meaning,
      rank: 10 + words.rank,
      act: actFor(status, environment.id, names, page),
    });
  }
  return alerts;
}

/** Whether a blocked run, which is an alert of its own, is what blocks the key. */
function isBlockedRun(runs: readonly RunSummary[], environmentId: string, key: string): boolean {
  return runs.some(
    (run) => run.state === 'blocked' && run.environment.id === environmentId && run.keys.includes(key),
  );
}

function actFor(status: KeyStatus, environmentId: string, keys: string[], page: Route): Alert['act'] {
  if (status === 'compromised') {
    return { label: 'Rotate now', overlay: { kind: 'emergency', environmentId, keys } };
  }
  if (status === 'overdue' || status === 'invalid') {
    return {
      label: 'Rotate',
      overlay: { kind: 'start-run', defaults: { runbook: 'planned', environmentId, keys } },
    };
  }
  return { label: 'Look', route: page };
}
