import type { EnvironmentReference } from '../../model/environment.ts';
import type { EventType, LogEvent } from '../../model/event.ts';
import { KeyName } from '../../model/key.ts';
import { type ObservedRule, ReportObservedData } from '../../model/report-event.ts';
import { RotationPlan } from '../../model/rotation.ts';
import type { InPeriod } from './in-period.ts';
import { KeyHistory, referenceOf } from './key-history.ts';
import type { ServiceChecks } from './metrics.ts';
import type { Source } from './traces.ts';

/** What was read of an environment for this report. */
export interface Observation {
  data: ReportObservedData;
  /** RFC 3339. */
  at: string;
  /** Null in a preview, which records nothing. */
  source: Source | null;
}

/** Something that happened in the period and that a reader should know of. */
export interface Incident {
  code: 'policy-lengthened' | 'lock-taken-away' | 'compromise-cleared' | 'environment-removed';
  at: string;
  key: KeyName | null;
  by: string;
  detail: string;
  source: Source;
}

/** What happens only to environments. */
const environmentEvents: ReadonlySet<EventType> = new Set(['environment', 'key', 'key_rotation', 'report']);

/** What the events say about one environment and its keys. */
export class EnvironmentHistory {
  reference: EnvironmentReference;
  /** Drills and everything else there are practice. */
  practice = false;
  addedAt: string | null = null;
  removedAt: string | null = null;
  firstSeen: string;
  /** Known to this installation, not only from an imported log. */
  known = false;
  /** Runs about the installation itself name it where others name their environment: that makes it none. */
  isEnvironment = false;
  readonly keys = new Map<KeyName, KeyHistory>();
  readonly incidents: Incident[] = [];
  readonly sources: { added: Source | null; removed: Source | null; first: Source };
  observation: Observation | null = null;
  /** Health checks in the period that verified rotations. */
  readonly checks: ServiceChecks = { made: 0, healthy: 0 };
  #listed = false;

  constructor(reference: EnvironmentReference, firstSeen: string, source: Source) {
    this.reference = referenceOf(reference);
    this.firstSeen = firstSeen;
    this.sources = { added: null, removed: null, first: source };
  }

  /** From when on it was there, as far as events tell. */
  get since(): string {
    return this.addedAt ?? this.firstSeen;
  }

  add(event: LogEvent, source: Source, inPeriod: InPeriod): void {
    const own = !source.log.startsWith('imported');
    if (event.environment && (own || !this.known)) this.reference = referenceOf(event.environment);
    this.known ||= own;
    if (event.drill === true || event.event_type === 'practice') this.practice = true;
    if (environmentEvents.has(event.event_type)) this.isEnvironment = true;
    switch (event.event_type) {
      case 'environment':
        if (own) this.#environmentEvent(event, source, inPeriod);
        return;
      case 'key':
        this.#keyEvent(event, source, inPeriod);
        return;
      case 'key_rotation':
        this.#rotationEvent(event, source);
        if (event.action === 'verify-done' && typeof event.data?.health === 'boolean') {
          if (!inPeriod(event.timestamp)) return;
          this.checks.made += 1;
          if (event.data.health) this.checks.healthy += 1;
        }
        return;
      case 'report':
        if (event.action === 'observed') {
          const data = ReportObservedData.safeParse(event.data);
          if (data.success) this.list(data.data, event.timestamp, source);
        }
    }
  }

  /** A reading of the whole environment: which keys there are, and which are no longer there. */
  list(data: ReportObservedData, at: string, source: Source | null): void {
    for (const rule of [...data.keys, ...data.expected]) {
      this.#mention(rule.key, at, source).rule = ruleFieldsOf(rule);
    }
    if (!data.reachable) return;
    const present = new Set(data.keys.map(({ key }) => key));
    for (const [name, key] of this.keys) {
      if (present.has(name)) key.goneAt = null;
      else key.goneAt ??= at;
    }
    this.#listed = true;
  }

  #environmentEvent(event: LogEvent, source: Source, inPeriod: InPeriod): void {
    const data = event.data ?? {};
    switch (event.action) {
      case 'added':
        this.practice = data.practice === true;
        this.addedAt ??= event.timestamp;
        this.removedAt = null;
        this.sources.added = source;
        this.sources.removed = null;
        return;
      case 'removed':
        this.removedAt = event.timestamp;
        this.sources.removed = source;
        for (const name of keyNames(data.keys)) this.#mention(name, event.timestamp, source);
        if (inPeriod(event.timestamp)) {
          this.#incident('environment-removed', event, source, null, 'It is no longer watched by Rekey.');
        }
        return;
      case 'changed':
        this.#changed(Array.isArray(data.changes) ? data.changes : [], event, source, inPeriod);
        return;
      case 'unlocked':
        if (inPeriod(event.timestamp)) {
          const holder = typeof data.operator === 'string' ? data.operator : 'someone';
          this.#incident(
            'lock-taken-away',
            event,
            source,
            null,
            `The lock of ${holder} was taken away: ${event.reason ?? 'no reason given'}`,
          );
        }
    }
  }

  #changed(changes: readonly unknown[], event: LogEvent, source: Source, inPeriod: InPeriod): void {
    for (const change of changes) {
      const { field, from, to } = change as { field?: unknown; from?: unknown; to?: unknown };
      const [, name, part] = /^keys\.([^.]+)\.(.+)$/.exec(String(field)) ?? [];
      if (name === undefined || !KeyName.safeParse(name).success) continue;
      const known = this.keys.get(name);
      if (part !== 'cryptoperiodDays' || known === undefined) continue;
      const before = typeof from === 'number' ? from : known.rule.cryptoperiod_days;
      if (typeof to !== 'number' || to <= before || !inPeriod(event.timestamp)) continue;
      const detail = `Its cryptoperiod was changed from ${before} to ${to} days.`;
      this.#incident('policy-lengthened', event, source, name, detail);
    }
  }

  #keyEvent(event: LogEvent, source: Source, inPeriod: InPeriod): void {
    const name = KeyName.safeParse(event.key_type);
    if (!name.success) return;
    const key = this.#mention(name.data, event.timestamp, source);
    if (event.action === 'baseline-recorded') key.baseline(event, source);
    if (event.action === 'marked-compromised') {
      key.compromised = { at: key.compromised?.at ?? event.timestamp, reason: event.reason ?? '', source };
    }
    if (event.action === 'cleared-compromised') {
      key.compromised = null;
      if (inPeriod(event.timestamp)) {
        const detail = `The mark "compromised" was taken back: ${event.reason ?? 'no reason given'}`;
        this.#incident('compromise-cleared', event, source, name.data, detail);
      }
    }
  }

  #rotationEvent(event: LogEvent, source: Source): void {
    const name = KeyName.safeParse(event.key_type);
    if (!name.success) return;
    const key = this.#mention(name.data, event.timestamp, source);
    switch (event.action) {
      case 'planned': {
        const plan = RotationPlan.safeParse(event.data?.plan);
        if (plan.success) key.planned(plan.data);
        return;
      }
      case 'activate-done':
        key.goneAt = null;
        key.activated(event, source, null);
        return;
      case 'roll-back-done':
        key.rolledBack(source);
        return;
      case 'rotated':
        if (key.value.rotationId === event.rotation_id && typeof event.data?.new_fingerprint === 'string') {
          key.value.fingerprint = event.data.new_fingerprint;
        }
    }
  }

  #mention(name: KeyName, at: string, source: Source | null): KeyHistory {
    let key = this.keys.get(name);
    if (key === undefined) {
      key = new KeyHistory(name, source ?? this.sources.first);
      // Before a first reading of the whole file, a key that nobody had mentioned may have been there all the time.
      if (this.#listed) key.appearedAt = at;
      this.keys.set(name, key);
    }
    if (source) key.lastSource = source;
    return key;
  }

  #incident(
    code: Incident['code'],
    event: LogEvent,
    source: Source,
    key: KeyName | null,
    detail: string,
  ): void {
    this.incidents.push({ code, at: event.timestamp, key, by: event.user_id, detail, source });
  }
}

function keyNames(list: unknown): KeyName[] {
  if (!Array.isArray(list)) return [];
  return list.flatMap((name) => {
    const parsed = KeyName.safeParse(name);
    return parsed.success ? [parsed.data] : [];
  });
}

function ruleFieldsOf(rule: ObservedRule): ObservedRule {
  const { key, purpose, protects, slots, owner, cryptoperiod_days, policy_source, required } = rule;
  const { protects_account_data } = rule;
  return {
    key,
    purpose,
    protects,
    slots,
    owner,
    cryptoperiod_days,
    policy_source,
    required,
    protects_account_data,
  };
}
