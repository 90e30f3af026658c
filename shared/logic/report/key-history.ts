import { type EnvironmentReference, emptyKeyState } from '../../model/environment.ts';
import type { LogEvent } from '../../model/event.ts';
import type { Fingerprint, KeyName } from '../../model/key.ts';
import { customKeyRule, keyCatalog } from '../../model/key-catalog.ts';
import type { ObservedRule } from '../../model/report-event.ts';
import type { RotationPlan } from '../../model/rotation.ts';
import { activeSince, dayMilliseconds } from '../key-status.ts';
import type { Source } from './traces.ts';

/** The value that is in place, as far as events tell it. */
interface KnownValue {
  fingerprint: Fingerprint | null;
  since: string | null;
  sinceSource: 'rotation' | 'baseline' | 'unknown';
  rotationId: string | null;
  source: Source | null;
}

export interface KeyMark {
  at: string;
  reason: string;
  source: Source;
}

/** What the events say about one key of one environment, whether or not it can be read now. */
export class KeyHistory {
  readonly key: KeyName;
  rule: ObservedRule;
  value: KnownValue = {
    fingerprint: null,
    since: null,
    sinceSource: 'unknown',
    rotationId: null,
    source: null,
  };
  /** The value, and its mark, that the last activation replaced: what rolling back restores. */
  #replaced: { value: KnownValue; compromised: KeyMark | null } | null = null;
  compromised: KeyMark | null = null;
  /** When it first appeared; null: with its environment. */
  appearedAt: string | null = null;
  /** When it was first seen to be missing, or taken out of the configuration; null while it is there. */
  goneAt: string | null = null;
  lastSource: Source;

  constructor(key: KeyName, source: Source) {
    this.key = key;
    this.rule = ruleOfCatalog(key);
    this.lastSource = source;
  }

  planned(plan: RotationPlan): void {
    const { protects, slots, cryptoperiod_days } = plan;
    this.rule = { ...this.rule, protects, slots, cryptoperiod_days };
    if (this.value.source !== null || plan.old_state === null) return;
    // What was known of the value before this installation did anything to it.
    const since = activeSince(plan.old_state ?? emptyKeyState)?.toISOString() ?? null;
    const sinceSource = since === null ? 'unknown' : plan.old_state.activatedAt ? 'rotation' : 'baseline';
    const { rotationId } = plan.old_state;
    this.value = {
      fingerprint: plan.old_fingerprint,
      since,
      sinceSource,
      rotationId,
      source: this.lastSource,
    };
  }

  activated(event: LogEvent, source: Source, fingerprint: Fingerprint | null): void {
    const at = event.data?.activated_at;
    this.#replaced = { value: this.value, compromised: this.compromised };
    this.value = {
      fingerprint,
      since: typeof at === 'string' ? at : event.timestamp,
      sinceSource: 'rotation',
      rotationId: event.rotation_id,
      source,
    };
    this.compromised = null;
  }

  rolledBack(source: Source): void {
    if (this.#replaced === null) return;
    this.value = { ...this.#replaced.value, source };
    this.compromised = this.#replaced.compromised;
    this.#replaced = null;
  }

  baseline(event: LogEvent, source: Source): void {
    const date = event.data?.date;
    const since = typeof date === 'string' ? `${date}T00:00:00.000Z` : null;
    const { fingerprint } = this.value;
    this.value = { fingerprint, since, sinceSource: 'baseline', rotationId: null, source };
  }

  dueAt(): string | null {
    const { since } = this.value;
    if (since === null) return null;
    return new Date(Date.parse(since) + this.rule.cryptoperiod_days * dayMilliseconds).toISOString();
  }
}

/** The rule of a key of which no event has told more than its name. */
export function ruleOfCatalog(key: KeyName): ObservedRule {
  const rule = keyCatalog.find(({ name }) => name === key) ?? customKeyRule(key);
  return {
    key,
    purpose: rule.purpose,
    protects: rule.protects,
    slots: rule.slots,
    owner: rule.owner,
    cryptoperiod_days: rule.cryptoperiodDays,
    policy_source: rule.policySource,
    required: false,
    protects_account_data: rule.protectsAccountData === true,
  };
}

/** The three fields by which events, runs and reports name an environment. */
export function referenceOf({ id, name, stage }: EnvironmentReference): EnvironmentReference {
  return { id, name, stage };
}
