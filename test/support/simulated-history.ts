import { createHash } from 'node:crypto';
import { dayMilliseconds, dueAt } from '#shared/logic/key-status.ts';
import { foldRotation } from '#shared/logic/rotation-fold.ts';
import { nextStep, type RotationFacts } from '#shared/logic/rotation-machine.ts';
import { type EnvironmentReference, emptyKeyState } from '#shared/model/environment.ts';
import type { EventDraft, LogEvent } from '#shared/model/event.ts';
import type { KeyName } from '#shared/model/key.ts';
import { keyCatalog } from '#shared/model/key-catalog.ts';
import type { ReportObservedData } from '#shared/model/report-event.ts';
import type {
  Adoption,
  RotationMode,
  RotationPlan,
  RotationRecord,
  RotationState,
} from '#shared/model/rotation.ts';

/** What the simulation knows to be true of a key. */
export interface SimulatedKey {
  key: KeyName;
  fingerprint: string;
  activatedAt: string | null;
  compromised: { at: string; reason: string } | null;
  rotationId: string | null;
}

export interface SimulatedEnvironment {
  reference: EnvironmentReference;
  keys: Map<KeyName, SimulatedKey>;
}

export interface SimulatedRotation {
  environment: SimulatedEnvironment;
  key: KeyName;
  mode?: RotationMode;
  adoption?: Adoption;
  /** Stop before the machine reaches this state, and leave the run open. */
  stopAt?: RotationState;
  /** Roll back once this state is reached. */
  rollBackAt?: RotationState;
  drill?: boolean;
  requester?: string;
}

const facts: RotationFacts = {
  now: '2100-01-01T00:00:00.000Z',
  configured: new Set([
    'restart',
    'stop',
    'start',
    'reencrypt',
    'verify',
    'verify-old-refused',
    'accepts-next',
  ]),
  healthConfigured: true,
  valueAtHand: true,
  earlyRetirementReason: null,
  automatic: false,
};

const closing: Readonly<Record<string, string>> = {
  close: 'rotated',
  'back-close': 'rolled-back',
  'abandon-close': 'abandoned',
};

/**
 * Writes a log as the product would: rotations are driven by the real machine, so that each event is one that it
 * allows. Ids come from a counter and times from a clock that only moves when it is told to: the same calls give the
 * same events.
 */
export class SimulatedHistory {
  readonly events: LogEvent[] = [];
  #now: number;
  #ids = 0;
  #seq: number;
  readonly #emit: (event: LogEvent) => void;

  /** `emit`: where events go; default: into `events`. */
  constructor(start: string, options: { firstSeq?: number; emit?: (event: LogEvent) => void } = {}) {
    this.#now = Date.parse(start);
    this.#seq = options.firstSeq ?? 0;
    this.#emit = options.emit ?? ((event) => this.events.push(event));
  }

  get now(): string {
    return new Date(this.#now).toISOString();
  }

  get size(): number {
    return this.#seq;
  }

  advance(milliseconds: number): this {
    this.#now += milliseconds;
    return this;
  }

  /** As if a hole had been torn into the log. */
  skipNumbers(count: number): this {
    this.#seq += count;
    return this;
  }

  id(): string {
    this.#ids += 1;
    const hex = createHash('sha256').update(`id ${this.#ids}`).digest('hex');
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-7${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
  }

  append(draft: EventDraft): LogEvent {
    const event: LogEvent = {
      timestamp: this.now,
      event_type: draft.event_type,
      key_type: draft.key_type ?? null,
      action: draft.action,
      reason: draft.reason ?? null,
      user_id: draft.by?.user_id ?? 'ada@example.org',
      compliance_status: draft.compliance_status ?? null,
      next_rotation_due: draft.next_rotation_due ?? null,
      seq: this.#seq,
      id: this.id(),
      environment: draft.environment ?? null,
      run_id: draft.run_id ?? null,
      rotation_id: draft.rotation_id ?? null,
      drill: draft.drill ?? null,
      user_id_source: draft.by?.source ?? 'declared',
      host: 'host',
      os_user: 'ada',
      app_version: '0.1.0',
      data: draft.data === undefined || draft.data === null ? null : JSON.parse(JSON.stringify(draft.data)),
    };
    this.#seq += 1;
    this.#emit(event);
    return event;
  }

  addEnvironment(
    name: string,
    keys: readonly KeyName[],
    options: {
      stage?: EnvironmentReference['stage'];
      practice?: boolean;
      activatedAt?: string | null;
      /** One that exists already; default: a new one. */
      id?: string;
    } = {},
  ): SimulatedEnvironment {
    const { id = this.id(), stage = 'production' } = options;
    const reference = { id, name, stage };
    const environment: SimulatedEnvironment = { reference, keys: new Map() };
    for (const key of keys) this.addKey(environment, key, options.activatedAt ?? null);
    this.append({
      event_type: 'environment',
      action: 'added',
      environment: reference,
      data: { path: `/srv/${name}/.env`, parser: 'dotenv', practice: options.practice === true },
    });
    return environment;
  }

  addKey(environment: SimulatedEnvironment, key: KeyName, activatedAt: string | null = null): SimulatedKey {
    const made = { key, fingerprint: this.#fingerprint(), activatedAt, compromised: null, rotationId: null };
    environment.keys.set(key, made);
    return made;
  }

  removeEnvironment({ reference, keys }: SimulatedEnvironment): void {
    const data = { keys: [...keys.keys()] };
    this.append({ event_type: 'environment', action: 'removed', environment: reference, data });
  }

  mark({ reference, keys }: SimulatedEnvironment, key: KeyName, reason: string): void {
    const known = keys.get(key);
    if (known) known.compromised ??= { at: this.now, reason };
    const common = { event_type: 'key' as const, key_type: key, reason, environment: reference };
    this.append({ ...common, action: 'mark-compromised-intended' });
    this.append({ ...common, action: 'marked-compromised', compliance_status: 'non_compliant' });
  }

  /** A whole run of one rotation; `stepMs` passes between events. Returns what the machine made of it. */
  rotate(rotation: SimulatedRotation, stepMs = 1_000): RotationRecord {
    const { environment, key } = rotation;
    const run_id = this.id();
    const rotation_id = this.id();
    const drill = rotation.drill === true;
    const common = { environment: environment.reference, run_id, drill };
    const mode = rotation.mode ?? 'planned';
    this.append({
      ...common,
      event_type: 'run',
      action: 'started',
      reason: 'scheduled_rotation',
      data: {
        runbook: 'rotate',
        title: 'Rotation',
        mode,
        dry_run: false,
        keys: [key],
        runbook_sha256: null,
        runbook_version: null,
      },
    });
    const known = environment.keys.get(key) ?? this.addKey(environment, key);
    const plan = this.#plan(environment, known, rotation, rotation_id, mode);
    let record: RotationRecord | null = null;
    const write = (action: string, data: Record<string, unknown>, more: Partial<EventDraft> = {}) => {
      this.advance(stepMs);
      const draft = { ...common, ...more, event_type: 'key_rotation' as const, key_type: key, rotation_id };
      const event = this.append({ ...draft, action, data });
      record = foldRotation(record, event);
      return record;
    };
    let now = write('planned', { plan }, { reason: plan.reason });
    let rolledBack = false;
    for (let count = 0; count < 200; count += 1) {
      if (now.state === rotation.stopAt) return now;
      if (!rolledBack && now.state === rotation.rollBackAt) {
        rolledBack = true;
        now = write('rollback-requested', {}, { reason: 'it did not work' });
      }
      const decision = nextStep(now, facts);
      if (decision.kind === 'ended') break;
      if (decision.kind !== 'effect' && decision.kind !== 'record' && decision.kind !== 'skip') return now;
      const { step } = decision;
      if (decision.kind === 'record') {
        const action = closing[step.id] ?? '';
        const due = dueAt(
          { activatedAt: now.activated_at, baseline: null },
          { cryptoperiodDays: plan.cryptoperiod_days },
        );
        const data = { old_fingerprint: now.old_fingerprint, new_fingerprint: now.new_fingerprint };
        const isRotated = action === 'rotated';
        now = write(action, data, { next_rotation_due: isRotated ? (due?.toISOString() ?? null) : null });
      } else if (decision.kind === 'skip') {
        now = write(`${step.effect}-skipped`, { step: step.id });
      } else {
        const data: Record<string, unknown> = { step: step.id };
        if (step.id === 'seal') data.new_fingerprint = this.#fingerprint();
        if (step.id === 'activate') data.activated_at = this.now;
        if (step.effect === 'soak') data.retire_after = this.now;
        if (step.effect === 'verify') data.adoption = rotation.adoption ?? 'proven';
        if (step.effect === 'verify') data.health = true;
        if (step.effect === 'reencrypt') data.counts = { total: 3, changed: 3, remaining_old: 0 };
        write(`${step.effect}-intended`, data);
        now = write(`${step.effect}-done`, data);
        if (step.id === 'activate') {
          known.fingerprint = now.new_fingerprint ?? known.fingerprint;
          known.activatedAt = now.activated_at;
          known.compromised = null;
          known.rotationId = rotation_id;
        }
        if (step.id === 'roll-back') {
          known.fingerprint = plan.old_fingerprint ?? known.fingerprint;
          known.activatedAt = plan.old_state?.activatedAt ?? null;
          known.compromised = plan.old_state?.compromised ?? null;
          known.rotationId = plan.old_state?.rotationId ?? null;
        }
      }
    }
    this.append({
      ...common,
      event_type: 'run',
      action: now.state === 'closed' ? 'completed' : now.state === 'rolled-back' ? 'rolled-back' : 'aborted',
    });
    return now;
  }

  /** What status would read of the environment now. */
  observation(environment: SimulatedEnvironment, reportId: string): ReportObservedData {
    const keys = [...environment.keys.values()].map((known): ReportObservedData['keys'][number] => {
      const rule = keyCatalog.find(({ name }) => name === known.key);
      const cryptoperiod = rule?.cryptoperiodDays ?? 180;
      const since = known.activatedAt;
      const due =
        since === null ? null : new Date(Date.parse(since) + cryptoperiod * dayMilliseconds).toISOString();
      const overdue = due !== null && Date.parse(due) <= this.#now;
      return {
        key: known.key,
        purpose: rule?.purpose ?? 'Custom key',
        protects: rule?.protects ?? 'messages',
        slots: rule?.slots ?? 'one',
        owner: null,
        cryptoperiod_days: cryptoperiod,
        policy_source: rule?.policySource ?? 'Organisation policy',
        required: rule?.requiredInProduction ?? false,
        protects_account_data: false,
        warning_days: 14,
        status: known.compromised
          ? 'compromised'
          : overdue
            ? 'overdue'
            : since === null
              ? 'unrecorded'
              : 'ok',
        fingerprint: known.fingerprint,
        active_since: since,
        active_since_source: since === null ? 'unknown' : 'rotation',
        due_at: due,
        age_days: since === null ? null : Math.floor((this.#now - Date.parse(since)) / dayMilliseconds),
        rotation_id: known.rotationId,
        compromised: known.compromised,
        problems: [],
      };
    });
    return { report_id: reportId, reachable: true, expected: [], compliance_score: 0, findings: [], keys };
  }

  /** `report`/`begun` and an `observed` for each environment. Returns the report's id. */
  beginReport(environments: readonly SimulatedEnvironment[]): LogEvent {
    const begun = this.append({ event_type: 'report', action: 'begun', data: {} });
    for (const environment of environments) {
      this.append({
        event_type: 'report',
        action: 'observed',
        environment: environment.reference,
        data: { ...this.observation(environment, begun.id) },
      });
    }
    return begun;
  }

  #plan(
    environment: SimulatedEnvironment,
    known: SimulatedKey,
    { requester }: SimulatedRotation,
    rotation_id: string,
    mode: RotationMode,
  ): RotationPlan {
    const rule = keyCatalog.find(({ name }) => name === known.key);
    return {
      rotation_id,
      key: known.key,
      environment: environment.reference,
      protects: rule?.protects ?? 'messages',
      slots: 'one',
      mode,
      reason: mode === 'emergency' ? 'leak' : 'scheduled_rotation',
      requester: requester ?? 'ada@example.org',
      issuer: 'generated',
      variables: { previous: `${known.key}_PREVIOUS`, next: `${known.key}_NEXT` },
      soak_ms: 0,
      revision: 'r1',
      old_fingerprint: known.fingerprint,
      old_compromised: known.compromised !== null || mode === 'emergency',
      old_state: {
        ...emptyKeyState,
        fingerprint: known.fingerprint,
        activatedAt: known.activatedAt,
        rotationId: known.rotationId,
        compromised: known.compromised,
      },
      cryptoperiod_days: rule?.cryptoperiodDays ?? 180,
      consequences: [],
    };
  }

  #fingerprint(): string {
    this.#ids += 1;
    return createHash('sha256').update(`value ${this.#ids}`).digest('hex').slice(0, 16);
  }
}
