import { complianceStatus, type KeyName, keyStatuses } from '../../model/key.ts';
import type {
  PopulationKey,
  Reconciliation,
  ReportEnvironment,
  ReportPeriod,
  ReportRotation,
} from '../../model/report.ts';
import type { ReportObservedData } from '../../model/report-event.ts';
import { dayMilliseconds } from '../key-status.ts';
import type { EnvironmentHistory } from './environment-history.ts';
import { type KeyHistory, referenceOf } from './key-history.ts';
import { traceOf } from './traces.ts';

export interface Population {
  environments: ReportEnvironment[];
  keys: PopulationKey[];
  reconciliation: Reconciliation;
}

/** A key in the population, and when it came and went: for the counts. */
interface Counted {
  key: PopulationKey;
  appeared: number;
  gone: number | null;
}

export interface PopulationQuestion {
  environments: readonly EnvironmentHistory[];
  /** Rotations of the report: those that were completed in the period are counted at their key. */
  rotations: readonly ReportRotation[];
  period: ReportPeriod;
  /** When the report is made, RFC 3339. */
  now: string;
}

/** Every key that was there at some time of the period, with how the counts follow from each other. */
export function populationOf(question: PopulationQuestion): Population {
  const completed = countCompleted(question);
  const environments: ReportEnvironment[] = [];
  const counted: Counted[] = [];
  for (const environment of question.environments) {
    const keys = keysOf(environment, question, completed);
    counted.push(...keys);
    environments.push(environmentOf(environment, keys));
  }
  const keys = counted.map(({ key }) => key);
  return { environments, keys, reconciliation: reconcile(counted, environments, question, completed) };
}

/** Whether a compliance status counts as good: the seed's compliance score, and Rekey's status, count so. */
export function isGood(key: Pick<PopulationKey, 'compliance_status'>): boolean {
  return key.compliance_status === 'compliant' || key.compliance_status === 'due_soon';
}

function keysOf(
  environment: EnvironmentHistory,
  question: PopulationQuestion,
  completed: ReadonlyMap<string, number>,
): Counted[] {
  const [from, to] = [Date.parse(question.period.from), Date.parse(question.period.to)];
  const observed = new Map(environment.observation?.data.keys.map((key) => [key.key, key]));
  const removedAt = environment.removedAt === null ? null : Date.parse(environment.removedAt);
  const counted: Counted[] = [];
  for (const history of environment.keys.values()) {
    const appeared = Date.parse(history.appearedAt ?? environment.since);
    const goneAt = history.goneAt === null ? null : Date.parse(history.goneAt);
    const seen = observed.get(history.key) ?? null;
    const gone = seen ? null : (goneAt ?? removedAt);
    if (appeared >= to || (gone !== null && gone < from)) continue;
    const key = keyOf(environment, history, seen, question, gone !== null);
    key.rotations = completed.get(placeOf(environment.reference.id, history.key)) ?? 0;
    counted.push({ key, appeared, gone });
  }
  return counted.sort((a, b) => (a.key.key < b.key.key ? -1 : 1));
}

function keyOf(
  environment: EnvironmentHistory,
  history: KeyHistory,
  observed: ReportObservedData['keys'][number] | null,
  { now }: PopulationQuestion,
  gone: boolean,
): PopulationKey {
  const { rule, value } = history;
  const since = observed ? observed.active_since : value.since;
  const due = observed ? observed.due_at : history.dueAt();
  const overdue = due === null ? null : Math.floor((Date.parse(now) - Date.parse(due)) / dayMilliseconds);
  const mark = history.compromised;
  const presence = observed ? 'observed' : gone ? 'removed' : 'not-observed';
  return {
    environment: referenceOf(environment.reference),
    ...rule,
    presence,
    status: observed?.status ?? null,
    compliance_status: observed ? complianceStatus(observed.status) : null,
    fingerprint: observed ? observed.fingerprint : value.fingerprint,
    active_since: instant(since),
    active_since_source: observed ? observed.active_since_source : value.sinceSource,
    due_at: instant(due),
    age_days: observed?.age_days ?? null,
    days_overdue: observed && overdue !== null && overdue >= 0 ? overdue : null,
    compromised: observed
      ? observed.compromised && { ...observed.compromised, at: instant(observed.compromised.at) ?? now }
      : mark && { at: mark.at, reason: mark.reason },
    rotations: 0,
    problems: (observed?.problems ?? []).map(({ code, severity, message }) => ({ code, severity, message })),
    ...traceOf([
      history.lastSource,
      value.source,
      mark?.source ?? null,
      gone ? environment.sources.removed : null,
      observed ? (environment.observation?.source ?? null) : null,
    ]),
  };
}

function environmentOf(environment: EnvironmentHistory, counted: readonly Counted[]): ReportEnvironment {
  const { observation, sources } = environment;
  const observed = counted.filter(({ key }) => key.presence === 'observed');
  const good = observed.filter(({ key }) => isGood(key));
  const removed = environment.removedAt !== null;
  return {
    ...referenceOf(environment.reference),
    state: removed ? 'removed' : 'active',
    added_at: environment.addedAt,
    removed_at: environment.removedAt,
    reachable: removed ? null : (observation?.data.reachable ?? false),
    keys_listed: observed.length,
    keys_good: good.length,
    compliance_score: observed.length === 0 ? null : Math.round((100 * good.length) / observed.length),
    ...traceOf([sources.first, sources.added, sources.removed, observation?.source ?? null]),
  };
}

function countCompleted({ rotations, period }: PopulationQuestion): Map<string, number> {
  const counts = new Map<string, number>();
  const [from, to] = [Date.parse(period.from), Date.parse(period.to)];
  for (const { environment, key, outcome, ended_at } of rotations) {
    if (outcome !== 'rotated' || ended_at === null) continue;
    const at = Date.parse(ended_at);
    if (at < from || at >= to) continue;
    const place = placeOf(environment.id, key);
    counts.set(place, (counts.get(place) ?? 0) + 1);
  }
  return counts;
}

function reconcile(
  counted: readonly Counted[],
  environments: readonly ReportEnvironment[],
  { period }: PopulationQuestion,
  completed: ReadonlyMap<string, number>,
): Reconciliation {
  const [from, to] = [Date.parse(period.from), Date.parse(period.to)];
  const having = (presence: PopulationKey['presence']) =>
    counted.filter(({ key }) => key.presence === presence).length;
  const keys = counted.length;
  const [observed, notObserved, removed] = [having('observed'), having('not-observed'), having('removed')];
  const byStatus = keyStatuses.map((status) => ({
    status,
    keys: counted.filter(({ key }) => key.status === status).length,
  }));
  const atStart = counted.filter(({ appeared }) => appeared < from).length;
  const appeared = counted.filter((one) => one.appeared >= from && one.appeared < to).length;
  const disappeared = counted.filter(({ gone }) => gone !== null && gone < to).length;
  const removedLater = counted.filter(({ gone }) => gone !== null && gone >= to).length;
  const atEnd = counted.filter(({ gone }) => gone === null || gone >= to).length;
  const statuses = sum(byStatus.map((entry) => entry.keys));
  const listed = sum(environments.map(({ keys_listed }) => keys_listed));
  const good = sum(environments.map(({ keys_good }) => keys_good));
  const isGoodCount = counted.filter(({ key }) => isGood(key)).length;
  const atKeys = sum(counted.map(({ key }) => key.rotations));
  const rotated = sum([...completed.values()]);
  const equations: [string, boolean][] = [
    [
      `${keys} keys = ${observed} observed + ${notObserved} not observed + ${removed} removed`,
      keys === observed + notObserved + removed,
    ],
    [`${observed} observed = sum over all statuses (${statuses})`, observed === statuses],
    [`${observed} observed = sum over ${environments.length} environments (${listed})`, observed === listed],
    [`${keys} keys = ${atStart} at the start + ${appeared} appeared`, keys === atStart + appeared],
    [
      `${atEnd} at the end = ${atStart} at the start + ${appeared} appeared − ${disappeared} disappeared`,
      atEnd === atStart + appeared - disappeared,
    ],
    [
      `${removed} removed = ${disappeared} in the period + ${removedLater} after it`,
      removed === disappeared + removedLater,
    ],
    [
      `${atEnd} at the end = ${observed} observed + ${notObserved} not observed + ${removedLater} removed after it`,
      atEnd === observed + notObserved + removedLater,
    ],
    [`${good} compliant or due soon = sum over the environments (${isGoodCount})`, good === isGoodCount],
    [`${rotated} completed rotations = sum over all keys (${atKeys})`, rotated === atKeys],
  ];
  return {
    keys,
    observed,
    not_observed: notObserved,
    removed,
    by_status: byStatus,
    at_start: atStart,
    appeared,
    disappeared,
    at_end: atEnd,
    equations: equations.map(([text, holds]) => ({ text, holds })),
  };
}

function placeOf(environmentId: string, key: KeyName): string {
  return `${environmentId}/${key}`;
}

/** As reports write instants, whatever form a state file had. */
export function instant(time: string | null): string | null {
  if (time === null) return null;
  const at = new Date(time);
  return Number.isNaN(at.getTime()) ? null : at.toISOString();
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
