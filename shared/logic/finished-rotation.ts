import type { EnvironmentReference } from '../model/environment.ts';
import type { LogEvent } from '../model/event.ts';

/** What `finishedRotation` must know of earlier events. */
export interface RotationsBegun {
  /** When each rotation that has not ended was planned, by its id. */
  planned: Record<string, string>;
  /** Ids of practice environments. */
  practice: string[];
}

export const noRotationsBegun = (): RotationsBegun => ({ planned: {}, practice: [] });

export interface FinishedRotation {
  key: string;
  environment: EnvironmentReference;
  outcome: 'succeeded' | 'failed';
  /** From the plan until the new value was the one in use, milliseconds; null where it never was. */
  duration_ms: number | null;
  /** RFC 3339. */
  ended_at: string;
}

/**
 * The rotation that an event ends, or null. Rolled back and given up is failed. Drills, and whatever else is done in a
 * practice environment, are not counted. Changes `begun`.
 */
export function finishedRotation(begun: RotationsBegun, event: LogEvent): FinishedRotation | null {
  const { planned, practice } = begun;
  const { event_type, action, rotation_id, environment, key_type, timestamp, data, drill } = event;
  if (event_type === 'practice' && environment !== null && !practice.includes(environment.id)) {
    practice.push(environment.id);
  }
  if (event_type !== 'key_rotation' || rotation_id === null || drill === true) return null;
  if (action === 'planned') {
    planned[rotation_id] = timestamp;
    return null;
  }
  if (!['rotated', 'rolled-back', 'abandoned'].includes(action)) return null;
  const from = planned[rotation_id];
  delete planned[rotation_id];
  if (environment === null || key_type === null || practice.includes(environment.id)) return null;
  const activatedAt = action === 'rotated' ? data?.activated_at : null;
  return {
    key: key_type,
    environment,
    outcome: action === 'rotated' ? 'succeeded' : 'failed',
    duration_ms:
      from !== undefined && typeof activatedAt === 'string'
        ? Math.max(0, Date.parse(activatedAt) - Date.parse(from))
        : null,
    ended_at: timestamp,
  };
}
