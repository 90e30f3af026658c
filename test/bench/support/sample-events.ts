import { randomUUID } from 'node:crypto';
import type { EnvironmentReference } from '#shared/model/environment.ts';
import type { LogEvent } from '#shared/model/event.ts';
import { keyCatalog } from '#shared/model/key-catalog.ts';
import type { RunStartedData } from '#shared/model/run-event.ts';

const dayMs = 86_400_000;
/** One run of 30 events in 500: ten environments whose keys are rotated on time and checked every few hours. */
const blockLength = 500;
const runLength = 30;

/** Events such as years of use leave: mostly checks, some runs that ended; valid, in order, ending now. */
export class SampleEvents {
  readonly #environments: readonly EnvironmentReference[];
  readonly #now: number;
  #run = { id: '', environment: null as EnvironmentReference | null };

  constructor(environments: readonly EnvironmentReference[], now: number) {
    this.#environments = environments;
    this.#now = now;
  }

  /** `count`: a multiple of 500, or the last run stays open. */
  *take(count: number): Generator<LogEvent> {
    const step = Math.min(60_000, (3_650 * dayMs) / count);
    for (let seq = 0; seq < count; seq += 1) {
      const at = this.#now - Math.round((count - seq) * step);
      const position = seq % blockLength;
      yield position < runLength ? this.#ofRun(seq, at, position) : this.#check(seq, at);
    }
  }

  #ofRun(seq: number, at: number, position: number): LogEvent {
    if (position === 0) this.#run = { id: uuidV7(at), environment: this.#environmentOf(seq / blockLength) };
    const key = keyCatalog[((seq / blockLength) % keyCatalog.length) | 0]?.name ?? '';
    const started: RunStartedData = {
      runbook: 'planned',
      title: 'Planned rotation',
      mode: 'planned',
      dry_run: false,
      keys: [key],
      runbook_sha256: '0'.repeat(64),
      runbook_version: '1.0',
    };
    const [action, data] =
      position === 0
        ? ['started', started]
        : position === runLength - 1
          ? ['completed', null]
          : ['note', { text: `Step ${position}: looked at what the service says, and went on.` }];
    return {
      ...this.#common(seq, at),
      event_type: 'run',
      action,
      reason: position === 0 ? 'scheduled_rotation' : null,
      environment: this.#run.environment,
      run_id: this.#run.id,
      drill: false,
      data,
    };
  }

  #check(seq: number, at: number): LogEvent {
    return {
      ...this.#common(seq, at),
      event_type: seq % 2 === 0 ? 'validation' : 'health_check',
      action: 'checked',
      reason: null,
      environment: this.#environmentOf(seq),
      run_id: null,
      drill: null,
      data: { reachable: true, healthy: true, http_status: 200, duration_ms: seq % 40, keys: 5, problems: 0 },
    };
  }

  #environmentOf(number: number): EnvironmentReference | null {
    return this.#environments[Math.floor(number) % Math.max(1, this.#environments.length)] ?? null;
  }

  #common(seq: number, at: number) {
    return {
      timestamp: new Date(at).toISOString(),
      key_type: null,
      user_id: 'benchmark@example.org',
      compliance_status: null,
      next_rotation_due: null,
      seq,
      id: uuidV7(at),
      rotation_id: null,
      user_id_source: 'declared' as const,
      host: 'benchmark',
      os_user: 'benchmark',
      app_version: '0.1.0',
    };
  }
}

/** RFC 9562, version 7: the time in milliseconds, then what version 4 has. */
function uuidV7(milliseconds: number): string {
  const time = milliseconds.toString(16).padStart(12, '0');
  return `${time.slice(0, 8)}-${time.slice(8)}-7${randomUUID().slice(15)}`;
}
