import type { Alert, AlertCondition, AlertKind } from '../model/alert.ts';

/** What was looked at: an alert about anything else stays as it is. */
export interface AlertScope {
  /** Ids of environments whose keys were read. */
  read: ReadonlySet<string>;
  /** Kinds about the installation, or about what the log tells, that were looked at. */
  kinds: ReadonlySet<AlertKind>;
}

export type AlertChange =
  | { action: 'raised' | 'updated'; condition: AlertCondition; worse: boolean }
  | { action: 'resolved' | 'returned'; alert: Alert };

/** Kinds that only a look at the keys of their environment can settle. */
export const keyKinds: readonly AlertKind[] = ['overdue', 'validation', 'compromised', 'drift'];

/**
 * From what is so now to what happened to the alerts: raised once, updated, come back after a snooze, resolved. Pure.
 * @param alerts - those that are not resolved
 * @param now - RFC 3339, UTC
 */
export function alertChanges(
  alerts: readonly Alert[],
  conditions: readonly AlertCondition[],
  scope: AlertScope,
  now: string,
): AlertChange[] {
  const open = new Map(alerts.map((alert) => [alert.id, alert]));
  const changes: AlertChange[] = [];
  for (const condition of conditions) {
    const alert = open.get(condition.id);
    open.delete(condition.id);
    if (!alert) changes.push({ action: 'raised', condition, worse: false });
    else if (isWorse(alert, condition)) changes.push({ action: 'updated', condition, worse: true });
    else {
      if (isOtherwise(alert, condition)) changes.push({ action: 'updated', condition, worse: false });
      if (isOver(alert, now)) changes.push({ action: 'returned', alert });
    }
  }
  for (const alert of open.values()) {
    if (wasLookedAt(alert, scope)) changes.push({ action: 'resolved', alert });
    else if (isOver(alert, now)) changes.push({ action: 'returned', alert });
  }
  return changes;
}

function wasLookedAt({ kind, environment }: Alert, { read, kinds }: AlertScope): boolean {
  if (!keyKinds.includes(kind)) return kinds.has(kind);
  return environment !== null && read.has(environment.id);
}

function isOver({ snoozed }: Alert, now: string): boolean {
  return snoozed !== null && snoozed.until <= now;
}

/** A key more, or more urgent: who put it off did not know that. */
function isWorse(alert: Alert, { severity, keys }: AlertCondition): boolean {
  return (
    (severity === 'critical' && alert.severity === 'warning') || keys.some((key) => !alert.keys.includes(key))
  );
}

/** Differences in wording, such as a number of days, are no change. */
function isOtherwise(alert: Alert, { severity, keys, run_id }: AlertCondition): boolean {
  return severity !== alert.severity || keys.length !== alert.keys.length || run_id !== alert.run_id;
}
