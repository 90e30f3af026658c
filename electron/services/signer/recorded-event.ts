import { timeOfUuid } from '#shared/logic/uuid-v7.ts';
import type { EventType } from '#shared/model/event.ts';
import type { EventLog } from '../events/event-log.ts';

/** So far may the wall clock have been set back since the id was made. */
const clockTolerance = 24 * 60 * 60 * 1000;

/**
 * Whether the log has an event of this type and action about this id (`rotation_id`, UUIDv7). For finishing what a
 * crash left, without writing the same thing down twice.
 */
export function recordedEvent(log: EventLog, type: EventType, action: string, id: string): boolean {
  const made = timeOfUuid(id);
  const since = made ? { since: new Date(made.getTime() - clockTolerance).toISOString() } : {};
  for (let beforeSeq: number | null = log.tip().nextSeq; beforeSeq !== null; ) {
    const page = log.query({ type, ...since, text: id, beforeSeq, limit: 100 });
    if (page.events.some((event) => event.action === action && event.rotation_id === id)) return true;
    beforeSeq = page.nextBeforeSeq;
  }
  return false;
}
