import {
  type Alert,
  AlertDeliveredData,
  AlertDeliveryFailedData,
  AlertNamedData,
  type AlertNews,
  AlertRaisedData,
  AlertSnoozedData,
} from '../model/alert.ts';
import type { LogEvent } from '../model/event.ts';

/** What the log tells of alerts and of the channels that tell them. */
export interface AlertRecord {
  /** By id. Those that are resolved are kept for a while, newest last. */
  alerts: Record<string, Alert>;
  /** Of each channel, by its id: what it was told last of each alert, by the alert's id. */
  delivered: Record<string, Record<string, string>>;
  channels: Record<
    string,
    { failing: { since: string; message: string } | null; deliveredAt: string | null }
  >;
}

export const emptyAlertRecord = (): AlertRecord => ({ alerts: {}, delivered: {}, channels: {} });

/** Of those that are resolved: enough for a list of what happened lately. */
const keptResolved = 200;

/** Folds one event in. Changes `record`. What does not fit is passed over: a log may be from a newer version. */
export function foldAlert(record: AlertRecord, event: LogEvent): void {
  if (event.event_type !== 'alert') return;
  const { action, data } = event;
  if (action === 'raised' || action === 'updated') {
    const parsed = AlertRaisedData.safeParse(data);
    if (parsed.success) raise(record, event, parsed.data);
  } else if (action === 'resolved' || action === 'returned') {
    const alert = named(record, AlertNamedData.safeParse(data).data?.id);
    if (alert) change(record, alert, event, action);
  } else if (action === 'snoozed') {
    const parsed = AlertSnoozedData.safeParse(data);
    const alert = named(record, parsed.data?.id);
    if (!alert || !parsed.success) return;
    const { timestamp: at, reason, user_id: by } = event;
    // Whoever put it off knows it.
    record.alerts[alert.id] = {
      ...alert,
      snoozed: { at, until: parsed.data.until, reason: reason ?? '', by },
      notice: null,
    };
  } else if (action === 'delivered') {
    const parsed = AlertDeliveredData.safeParse(data);
    if (!parsed.success) return;
    const { channel, id, notice } = parsed.data;
    const told = record.delivered[channel] ?? {};
    told[id] = notice;
    record.delivered[channel] = told;
    record.channels[channel] = { failing: null, deliveredAt: event.timestamp };
  } else if (action === 'delivery-failed') {
    const parsed = AlertDeliveryFailedData.safeParse(data);
    if (!parsed.success) return;
    const { channel, message } = parsed.data;
    const known = record.channels[channel];
    record.channels[channel] = {
      deliveredAt: known?.deliveredAt ?? null,
      failing: { since: known?.failing?.since ?? event.timestamp, message },
    };
  }
}

function named(record: AlertRecord, id: string | undefined): Alert | null {
  const alert = id === undefined ? undefined : record.alerts[id];
  return alert?.resolved_at === null ? alert : null;
}

function raise(record: AlertRecord, event: LogEvent, data: AlertRaisedData): void {
  const { worse, ...condition } = data;
  const known = named(record, condition.id);
  const { timestamp: at, environment, run_id } = event;
  const isNews = known === null || worse === true;
  // What comes again is last in the list once more.
  if (known === null) delete record.alerts[condition.id];
  record.alerts[condition.id] = {
    ...condition,
    environment,
    run_id,
    raised_at: known?.raised_at ?? at,
    updated_at: at,
    resolved_at: null,
    snoozed: isNews ? null : known.snoozed,
    notice: isNews ? { id: event.id, news: known === null ? 'raised' : 'updated', at } : known.notice,
  };
}

function change(record: AlertRecord, alert: Alert, event: LogEvent, news: AlertNews): void {
  const { id, timestamp: at } = event;
  const isResolved = news === 'resolved';
  record.alerts[alert.id] = {
    ...alert,
    updated_at: at,
    resolved_at: isResolved ? at : null,
    // Who was told that it waits is told nothing when it goes by itself.
    notice: isResolved && alert.snoozed !== null ? null : { id, news, at },
    snoozed: null,
  };
  if (isResolved) forgetOldest(record);
}

function forgetOldest(record: AlertRecord): void {
  const resolved = Object.values(record.alerts).filter(({ resolved_at }) => resolved_at !== null);
  for (const { id } of resolved.slice(0, Math.max(0, resolved.length - keptResolved))) {
    delete record.alerts[id];
    for (const told of Object.values(record.delivered)) delete told[id];
  }
}
