import { type AlertCondition, type AlertKind, alertKindOf } from '../model/alert.ts';
import type { EnvironmentReference } from '../model/environment.ts';
import type { LogHealth } from '../model/event.ts';
import type { RiskException } from '../model/exception.ts';
import type { KeychainProbe } from '../model/keychain.ts';
import type { RunRecord } from '../model/run-event.ts';
import type { EnvironmentStatus } from '../model/status.ts';
import type { AutomaticHalt, TaskRun } from '../model/task.ts';
import { namesInWords } from './names-in-words.ts';

/** All that alerts are drawn from. Practice is not among it: whoever drills knows. */
export interface AlertLook {
  now: Date;
  statuses: readonly EnvironmentStatus[];
  openRuns: readonly RunRecord[];
  /** The last run of each task. */
  tasks: readonly TaskRun[];
  /** When a rotation check last succeeded, or since when one could have; null: nothing is to be checked, or not yet. */
  checkedAt: Date | null;
  /** Environments whose service did not answer well at the last health check. */
  failingServices: readonly string[];
  halts: readonly AutomaticHalt[];
  exceptions: readonly RiskException[];
  log: LogHealth;
  /** Null: it was not asked. */
  keychain: Pick<KeychainProbe, 'state' | 'message'> | null;
  failingChannels: readonly { id: string; name: string; message: string }[];
}

const hour = 3_600_000;
const day = 24 * hour;
/** A daily check, and time for a machine that was asleep at two o'clock. */
const longestUncheckedMs = 26 * hour;
/** The schedule finishes its own runs, in the next window. */
const automaticSoakPatienceMs = 2 * day;
const expiredShownMs = 30 * day;

/** What wants a person, from how things stand. Pure. */
export function alertConditions(look: AlertLook): AlertCondition[] {
  return [
    ...look.statuses.flatMap((status) => ofEnvironment(status, look)),
    ...look.openRuns.filter(({ drill }) => !drill).flatMap((run) => ofRun(run, look.now)),
    ...look.tasks.flatMap(ofTask),
    ...ofWatchdog(look),
    ...look.halts.map(ofHalt),
    ...look.exceptions.flatMap((exception) => ofException(exception, look)),
    ...ofInstallation(look),
  ];
}

const keyWords: readonly (readonly [kind: AlertKind, words: string])[] = [
  ['compromised', 'Compromised'],
  ['overdue', 'Overdue'],
  ['validation', 'Missing or invalid'],
  ['drift', 'Changed outside Rekey'],
];

function ofEnvironment(status: EnvironmentStatus, { failingServices }: AlertLook): AlertCondition[] {
  const environment = referenceOf(status);
  const severity = status.stage === 'production' ? 'critical' : 'warning';
  const silent = (status.hosts ?? []).filter(({ reachable }) => !reachable).map(({ host }) => host);
  const about = { environment, run_id: null };
  const found: AlertCondition[] = [];
  if (!status.reachable || silent.length > 0 || failingServices.includes(status.id)) {
    found.push({
      ...about,
      id: `unavailable/${status.id}`,
      kind: 'unavailable',
      severity,
      keys: [],
      title: !status.reachable
        ? `${status.name} cannot be read`
        : silent.length > 0
          ? `Hosts of ${status.name} do not answer: ${namesInWords(silent)}`
          : `The service of ${status.name} does not answer as it should`,
      detail: status.reachable
        ? 'What is known of it may be out of date.'
        : (status.findings[0]?.message ?? 'Nothing is known of its keys.'),
    });
  }
  if (!status.reachable) return found;
  for (const [kind, words] of keyWords) {
    const keys = status.keys.filter((key) => alertKindOf(key.status) === kind).map(({ key }) => key);
    if (keys.length === 0) continue;
    found.push({
      ...about,
      id: `${kind}/${status.id}`,
      kind,
      severity: kind === 'compromised' ? 'critical' : severity,
      keys,
      title: `${words} in ${status.name}: ${namesInWords(keys)}`,
      detail: status.keys.find(({ key }) => key === keys[0])?.problems[0]?.message ?? '',
    });
  }
  return found;
}

function ofRun(run: RunRecord, now: Date): AlertCondition[] {
  const about = { environment: run.environment, keys: run.keys, run_id: run.run_id };
  const what = `${run.title}, ${run.environment.name}`;
  if (run.state === 'blocked') {
    const why = run.rotations.find(({ blocked_reason }) => blocked_reason !== null)?.blocked_reason;
    return [
      {
        ...about,
        id: `run-blocked/${run.run_id}`,
        kind: 'run-blocked',
        severity: 'critical',
        title: `Blocked: ${what}`,
        detail: why ?? 'The result of an effect is not known.',
      },
    ];
  }
  if (run.state === 'soaking' && run.waits_for === 'soak' && run.resume_after !== null) {
    const over = now.getTime() - Date.parse(run.resume_after);
    if (over < (run.automatic ? automaticSoakPatienceMs : 0)) return [];
    return [
      {
        ...about,
        id: `soak-over/${run.run_id}`,
        kind: 'soak-over',
        severity: 'warning',
        title: `The soak is over, and the old value still accepted: ${what}`,
        detail: `It could have been retired since ${run.resume_after}.`,
      },
    ];
  }
  // A run that a person began, they know.
  if (run.automatic && run.state === 'paused') {
    return [
      {
        ...about,
        id: `run-waits/${run.run_id}`,
        kind: 'run-waits',
        severity: 'warning',
        title: `Waits for a person: ${what}`,
        detail: 'It was begun by itself, and what comes next is for a person to decide.',
      },
    ];
  }
  return [];
}

function ofTask({ task, outcome, code, summary }: TaskRun): AlertCondition[] {
  // What was stopped is made up for.
  if (outcome !== 'failed' || code === 'interrupted') return [];
  return [
    {
      ...nothing,
      id: `task-failed/${task}`,
      kind: 'task-failed',
      severity: 'warning',
      title: `The task ${task} failed`,
      detail: summary ?? '',
    },
  ];
}

/** Whatever keeps the check from running keeps it from telling so: this looks at the clock alone. */
function ofWatchdog({ checkedAt, now }: AlertLook): AlertCondition[] {
  if (checkedAt === null || now.getTime() - checkedAt.getTime() <= longestUncheckedMs) return [];
  return [
    {
      ...nothing,
      id: 'check-missed',
      kind: 'check-missed',
      severity: 'critical',
      title: 'No rotation check has succeeded for 26 hours',
      detail: `None has since ${checkedAt.toISOString()}: nobody knows which keys are due.`,
    },
  ];
}

function ofHalt({ environment, why, run_id }: AutomaticHalt): AlertCondition {
  return {
    id: `automatic-halted/${environment.id}`,
    kind: 'automatic-halted',
    severity: 'critical',
    environment,
    keys: [],
    run_id,
    title: `Automatic rotation of ${environment.name} stands still`,
    detail: why,
  };
}

function ofException(exception: RiskException, { exceptions, now }: AlertLook): AlertCondition[] {
  const { id, environment, key, until, state, ended_at, reason } = exception;
  const isRecent = now.getTime() - Date.parse(until) < expiredShownMs;
  if (state !== 'expired' || ended_at !== null || !isRecent) return [];
  const isAcceptedAgain = exceptions.some(
    (other) => other.state === 'active' && other.environment.id === environment.id && other.key === key,
  );
  if (isAcceptedAgain) return [];
  return [
    {
      id: `exception-expired/${id}`,
      kind: 'exception-expired',
      severity: 'warning',
      environment,
      keys: key === null ? [] : [key],
      run_id: null,
      title: `An accepted risk of ${environment.name} has expired`,
      detail: `It was accepted until ${until}: ${reason}`,
    },
  ];
}

function ofInstallation({ log, keychain, failingChannels }: AlertLook): AlertCondition[] {
  const found: AlertCondition[] = [];
  // A log that takes no events takes no alert either: AlertDelivery tells of it without one.
  if (log.state === 'corrupt-acknowledged') {
    found.push({
      ...nothing,
      id: 'log',
      kind: 'log',
      severity: 'warning',
      title: 'The event log goes on after damage',
      detail: log.message ?? '',
    });
  }
  if (keychain !== null && keychain.state !== 'durable') {
    found.push({
      ...nothing,
      id: 'keychain',
      kind: 'keychain',
      severity: 'critical',
      title: `The keychain is ${keychain.state}`,
      detail: keychain.message,
    });
  }
  for (const { id, name, message } of failingChannels) {
    found.push({
      ...nothing,
      id: `channel-failed/${id}`,
      kind: 'channel-failed',
      severity: 'warning',
      title: `Alerts do not reach ${name}`,
      detail: message,
    });
  }
  return found;
}

const nothing: Pick<AlertCondition, 'environment' | 'keys' | 'run_id'> = {
  environment: null,
  keys: [],
  run_id: null,
};

function referenceOf({ id, name, stage }: EnvironmentStatus): EnvironmentReference {
  return { id, name, stage };
}
