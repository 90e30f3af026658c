import type { LogEvent } from '#shared/model/event.ts';

/** No event may be longer than this, in bytes: a reader that meets a longer line knows that it is damaged. */
export const maximumLineLength = 1024 * 1024;

/**
 * One event as its line, without the newline. The order of the fields is part of the format: `seq` comes before every
 * field that holds an object, so that the first `,"seq":` of a line is the event's own (see sequenceOf).
 */
export function eventLine(event: LogEvent): Buffer {
  const ordered: LogEvent = {
    timestamp: event.timestamp,
    event_type: event.event_type,
    key_type: event.key_type,
    action: event.action,
    reason: event.reason,
    user_id: event.user_id,
    compliance_status: event.compliance_status,
    next_rotation_due: event.next_rotation_due,
    seq: event.seq,
    id: event.id,
    environment: event.environment && {
      id: event.environment.id,
      name: event.environment.name,
      stage: event.environment.stage,
    },
    run_id: event.run_id,
    rotation_id: event.rotation_id,
    drill: event.drill,
    user_id_source: event.user_id_source,
    host: event.host,
    os_user: event.os_user,
    app_version: event.app_version,
    data: event.data,
  };
  return Buffer.from(JSON.stringify(ordered), 'utf8');
}

/** Reads a line; null for one that is no event. Its fields are trusted as far as the log's own checks go. */
export function parseEventLine(line: string): LogEvent | null {
  try {
    const event = JSON.parse(line) as LogEvent | null;
    const shaped =
      typeof event?.seq === 'number' &&
      Number.isSafeInteger(event.seq) &&
      typeof event.event_type === 'string' &&
      typeof event.action === 'string' &&
      typeof event.timestamp === 'string';
    return shaped ? event : null;
  } catch {
    return null;
  }
}

/**
 * The sequence number of the line in `bytes` from `start` to `end`, without parsing it; -1 when there is none.
 *
 * This is right for every line that is JSON with its fields in the order of `eventLine`: inside a JSON string a
 * quotation mark is always escaped, so `,"seq":` can only be a key; and all fields before it are plain values, so the
 * first one found is the event's own, not one inside `environment` or `data`.
 */
export function sequenceOf(bytes: Uint8Array, start: number, end: number): number {
  const last = end - 8;
  for (let at = start; at <= last; at += 1) {
    if (
      bytes[at] !== 0x2c ||
      bytes[at + 1] !== 0x22 ||
      bytes[at + 2] !== 0x73 ||
      bytes[at + 3] !== 0x65 ||
      bytes[at + 4] !== 0x71 ||
      bytes[at + 5] !== 0x22 ||
      bytes[at + 6] !== 0x3a
    )
      continue;
    let sequence = 0;
    let digits = 0;
    for (let digit = bytes[at + 7]; digit !== undefined && digit >= 0x30 && digit <= 0x39; ) {
      sequence = sequence * 10 + digit - 0x30;
      digits += 1;
      digit = bytes[at + 7 + digits];
    }
    return digits > 0 && digits < 16 && bytes[at + 7 + digits] === 0x2c ? sequence : -1;
  }
  return -1;
}
