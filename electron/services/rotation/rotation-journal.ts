import { foldRotation } from '#shared/logic/rotation-fold.ts';
import type { LogEvent } from '#shared/model/event.ts';
import type { ComplianceStatus } from '#shared/model/key.ts';
import type { RotationPlan, RotationRecord } from '#shared/model/rotation.ts';
import type { RunEventAction, RunRecord, RunStartedData } from '#shared/model/run-event.ts';
import type { EventLog } from '../events/event-log.ts';

/**
 * Writes what happens to rotations and their runs. A move that the machine does not allow is refused here, before it
 * reaches the log. When an append throws, the effect that it announces must not be performed.
 */
export class RotationJournal {
  readonly #log: Pick<EventLog, 'append'>;

  constructor(log: Pick<EventLog, 'append'>) {
    this.#log = log;
  }

  planned(run: Pick<RunRecord, 'run_id' | 'drill'>, plan: RotationPlan): LogEvent {
    return this.#log.append({
      event_type: 'key_rotation',
      action: 'planned',
      key_type: plan.key,
      reason: plan.reason,
      environment: plan.environment,
      run_id: run.run_id,
      rotation_id: plan.rotation_id,
      drill: run.drill,
      data: { plan },
    });
  }

  /** Throws `illegal-move` when the machine does not allow it now. */
  record(
    run: Pick<RunRecord, 'drill'>,
    rotation: RotationRecord,
    action: string,
    data: Record<string, unknown>,
    more: {
      reason?: string | null;
      compliance_status?: ComplianceStatus;
      next_rotation_due?: string | null;
    } = {},
  ): LogEvent {
    const reason = more.reason ?? null;
    foldRotation(rotation, {
      timestamp: '',
      action,
      reason,
      run_id: rotation.run_id,
      rotation_id: rotation.rotation_id,
      key_type: rotation.key,
      environment: rotation.environment,
      data,
    });
    return this.#log.append({
      event_type: 'key_rotation',
      action,
      key_type: rotation.key,
      reason,
      environment: rotation.environment,
      run_id: rotation.run_id,
      rotation_id: rotation.rotation_id,
      drill: run.drill,
      data,
      ...(more.compliance_status ? { compliance_status: more.compliance_status } : {}),
      ...(more.next_rotation_due ? { next_rotation_due: more.next_rotation_due } : {}),
    });
  }

  /** The first event of a run; its id is the caller's. */
  started(
    run: Pick<RunRecord, 'run_id' | 'environment' | 'drill' | 'reason'>,
    data: RunStartedData,
  ): LogEvent {
    return this.run(run, 'started', data, run.reason);
  }

  run(
    run: Pick<RunRecord, 'run_id' | 'environment' | 'drill'>,
    action: RunEventAction,
    data: Record<string, unknown> | null = null,
    reason: string | null = null,
  ): LogEvent {
    return this.#log.append({
      event_type: 'run',
      action,
      reason,
      environment: run.environment,
      run_id: run.run_id,
      drill: run.drill,
      data,
    });
  }
}
