import type { LogEvent } from '../model/event.ts';
import { ExceptionAddedData, ExceptionEndedData, type RiskException } from '../model/exception.ts';

/** An exception as its events tell it; whether it has expired depends on when one asks. */
export type RecordedException = Omit<RiskException, 'state'>;

/** One event folded into the exceptions, by id; `exceptions` is changed in place. Other events change nothing. */
export function foldException(exceptions: Record<string, RecordedException>, event: LogEvent): void {
  if (event.event_type !== 'exception') return;
  if (event.action === 'added') {
    const data = ExceptionAddedData.safeParse(event.data);
    if (!data.success || event.environment === null || Object.hasOwn(exceptions, event.id)) return;
    exceptions[event.id] = {
      id: event.id,
      environment: event.environment,
      key: event.key_type,
      codes: data.data.codes,
      reason: event.reason ?? '',
      accepted_by: event.user_id,
      from: event.timestamp,
      until: new Date(data.data.until).toISOString(),
      ended_at: null,
      ended_by: null,
    };
  } else if (event.action === 'ended') {
    const data = ExceptionEndedData.safeParse(event.data);
    const known = data.success ? exceptions[data.data.exception_id] : undefined;
    if (known === undefined || known.ended_at !== null) return;
    known.ended_at = event.timestamp;
    known.ended_by = event.user_id;
  }
}

/** The exception as it stands at an instant (RFC 3339): one that was ended after it had expired stays expired. */
export function exceptionAt(recorded: RecordedException, now: string): RiskException {
  const { ended_at, until } = recorded;
  const endedInTime = ended_at !== null && Date.parse(ended_at) < Date.parse(until);
  const state = endedInTime ? 'ended' : Date.parse(now) >= Date.parse(until) ? 'expired' : 'active';
  return { ...recorded, state };
}

/** Whether an active exception accepts a finding. Findings without an environment cannot be accepted. */
export function accepts(
  exception: RiskException,
  finding: { code: string; environment: { id: string } | null; key: string | null },
): boolean {
  return (
    exception.state === 'active' &&
    exception.environment.id === finding.environment?.id &&
    (exception.key === null || exception.key === finding.key) &&
    (exception.codes.length === 0 || exception.codes.includes(finding.code))
  );
}
