import { alertKindOf, type Alert as RecordedAlert } from '#shared/model/alert.ts';
import type { KeyStatus } from '#shared/model/key.ts';
import type { Alert } from './alerts-of.ts';

/** The recorded alert that is about the same as a status of keys; null where none is raised for it. */
export function recordedIdOf(status: KeyStatus, environmentId: string): string | null {
  const kind = alertKindOf(status);
  return kind === null ? null : `${kind}/${environmentId}`;
}

/** What the screen does not see by itself: how things stand now says nothing of them. */
const unseenKinds: readonly RecordedAlert['kind'][] = [
  'task-failed',
  'check-missed',
  'automatic-halted',
  'channel-failed',
  'exception-expired',
  'unavailable',
];

/** What is seen now, without what somebody put off, and with what only the record knows. Worst first. */
export function withRecorded(seen: readonly Alert[], recorded: readonly RecordedAlert[]): Alert[] {
  const open = recorded.filter(({ resolved_at }) => resolved_at === null);
  const putOff = new Set(open.filter(({ snoozed }) => snoozed !== null).map(({ id }) => id));
  const known = new Set(seen.map(({ recordedId }) => recordedId));
  const unseen = open.filter(
    ({ id, kind, snoozed }) => unseenKinds.includes(kind) && snoozed === null && !known.has(id),
  );
  const wanted = seen.filter(({ recordedId }) => recordedId === null || !putOff.has(recordedId));
  return [...wanted, ...unseen.map(shown)].sort((a, b) => a.rank - b.rank);
}

function shown({ id, severity, title, detail, environment }: RecordedAlert): Alert {
  return {
    id: `recorded/${id}`,
    recordedId: id,
    tone: severity === 'critical' ? 'danger' : 'warning',
    title,
    stage: environment?.stage ?? null,
    detail,
    rank: severity === 'critical' ? 15 : 45,
    act: { label: 'Look', route: { screen: 'alerts', tab: 'alerts' } },
  };
}
