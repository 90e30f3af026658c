import { randomBytes } from 'node:crypto';
import type { EnvironmentReference } from '#shared/model/environment.ts';
import type { LogEvent } from '#shared/model/event.ts';
import { keyCatalog } from '#shared/model/key-catalog.ts';

const dayMs = 86_400_000;

/** Events such as months of use leave: mostly checks, some rotations; valid in form, in order, ending now. */
export class SampleEvents {
  readonly #environments: readonly EnvironmentReference[];
  readonly #now: number;

  constructor(environments: readonly EnvironmentReference[], now: number) {
    this.#environments = environments;
    this.#now = now;
  }

  *take(count: number): Generator<LogEvent> {
    const step = Math.min(60_000, (365 * dayMs) / count);
    for (let seq = 0; seq < count; seq += 1) {
      const at = this.#now - Math.round((count - seq) * step);
      yield seq % 10 === 0 ? this.#rotated(seq, at) : this.#check(seq, at);
    }
  }

  #rotated(seq: number, at: number): LogEvent {
    const rule = keyCatalog[seq % keyCatalog.length];
    return {
      ...this.#common(seq, at),
      event_type: 'access',
      key_type: rule?.name ?? null,
      action: 'viewed',
      reason: 'scheduled_rotation',
      compliance_status: 'compliant',
      next_rotation_due: new Date(at + (rule?.cryptoperiodDays ?? 90) * dayMs).toISOString(),
      data: { screen: 'environment', fingerprint: '0123456789abcdef' },
    };
  }

  #check(seq: number, at: number): LogEvent {
    return {
      ...this.#common(seq, at),
      event_type: seq % 2 === 0 ? 'validation' : 'health_check',
      key_type: null,
      action: 'checked',
      reason: null,
      compliance_status: null,
      next_rotation_due: null,
      data: { reachable: true, healthy: true, http_status: 200, duration_ms: seq % 40, keys: 5, problems: 0 },
    };
  }

  #common(seq: number, at: number) {
    return {
      timestamp: new Date(at).toISOString(),
      user_id: 'benchmark@example.org',
      seq,
      id: uuidV7(at),
      environment: this.#environments[seq % Math.max(1, this.#environments.length)] ?? null,
      run_id: null,
      rotation_id: null,
      drill: null,
      user_id_source: 'declared' as const,
      host: 'benchmark',
      os_user: 'benchmark',
      app_version: '0.1.0',
    };
  }
}

/** RFC 9562, version 7: the time in milliseconds, then random bits. */
function uuidV7(milliseconds: number): string {
  const bytes = randomBytes(16);
  bytes.writeUIntBE(milliseconds, 0, 6);
  bytes.writeUInt8(((bytes[6] ?? 0) & 0x0f) | 0x70, 6);
  bytes.writeUInt8(((bytes[8] ?? 0) & 0x3f) | 0x80, 8);
  const hex = bytes.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
