import type { AppendLog } from '#electron/storage/append-log.ts';
import type { EventQuery, LogEvent } from '#shared/model/event.ts';
import { parseEventLine } from './event-line.ts';
import { findSequence, linesBackward, linesForward } from './log-lines.ts';

/**
 * One page of events, newest first. Reads backwards and stops when the page is full. Lines that cannot match are
 * skipped without parsing them; lines that are no events (in a damaged log) are skipped too.
 */
export function queryEvents(
  text: AppendLog,
  end: number,
  query: EventQuery,
): { events: LogEvent[]; nextBeforeSeq: number | null } {
  const events: LogEvent[] = [];
  const from = query.beforeSeq === undefined ? end : findSequence(text, query.beforeSeq, end);
  const mayMatch = quickFilter(query);
  for (const { bytes } of linesBackward(text, from)) {
    const line = bytes.toString('utf8');
    if (!mayMatch(line)) continue;
    const event = parseEventLine(line);
    if (event === null || !matches(event, query)) continue;
    events.push(event);
    if (events.length === query.limit) return { events, nextBeforeSeq: event.seq === 0 ? null : event.seq };
  }
  return { events, nextBeforeSeq: null };
}

/** The events from sequence number `from` on, oldest first, read as they are asked for. Lines that are no events are skipped. */
export function* eventsFrom(
  log: { text: AppendLog | null; end: number; nextSequence: number },
  from: number,
): Generator<LogEvent> {
  const { text, end } = log;
  if (text === null || log.nextSequence === from) return;
  const start = from === 0 ? 0 : findSequence(text, from, end);
  for (const line of linesForward(text, start, end)) {
    const event = parseEventLine(line.bytes.toString('utf8'));
    if (event !== null && event.seq >= from) yield event;
  }
}

function matches(event: LogEvent, query: EventQuery): boolean {
  const { environment } = event;
  return (
    (query.environment === undefined ||
      environment?.id === query.environment ||
      environment?.name === query.environment) &&
    (query.type === undefined || event.event_type === query.type) &&
    (query.runId === undefined || event.run_id === query.runId) &&
    (query.since === undefined || Date.parse(event.timestamp) >= Date.parse(query.since)) &&
    (query.until === undefined || Date.parse(event.timestamp) <= Date.parse(query.until)) &&
    (query.text === undefined || containsText(event, query.text.toLowerCase()))
  );
}

/** Whether any value, at any depth, contains the text. */
function containsText(value: unknown, text: string): boolean {
  if (value === null || value === undefined) return false;
  if (typeof value === 'object') return Object.values(value).some((inner) => containsText(inner, text));
  return String(value).toLowerCase().includes(text);
}

/** What a line must contain as text if its event is to match: cheaper than parsing every line. */
function quickFilter(query: EventQuery): (line: string) => boolean {
  const exact = [query.environment, query.runId, query.type]
    .filter((text) => text !== undefined)
    .map(asWritten);
  const folded = query.text === undefined ? null : asWritten(query.text).toLowerCase();
  const since = query.since === undefined ? null : new Date(query.since).toISOString();
  return (line) =>
    (since === null || !line.startsWith(timestampStart) || line.slice(timestampStart.length, 40) >= since) &&
    exact.every((text) => line.includes(text)) &&
    (folded === null || line.toLowerCase().includes(folded));
}

/** The log's timestamps are all of one form, 2026-11-23T08:30:00.000Z, so that they compare as text. */
const timestampStart = '{"timestamp":"';

/** Text as JSON writes it inside a string. */
function asWritten(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}
