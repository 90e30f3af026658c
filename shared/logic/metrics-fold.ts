import type { LogEvent } from '../model/event.ts';
import type { HealthSample } from '../model/metrics.ts';
import { TaskSucceededData } from '../model/task.ts';
import { finishedRotation, noRotationsBegun, type RotationsBegun } from './finished-rotation.ts';

/** What one day, UTC, has of the five metrics. */
export interface MetricsDay {
  succeeded: number;
  failed: number;
  /** Of the durations that are known, milliseconds. */
  durationSum: number;
  durationCount: number;
  /** The last of the day. */
  sample: HealthSample | null;
  /** Over all samples of the day. */
  asked: number;
  available: number;
}

export interface MetricsRecord {
  begun: RotationsBegun;
  /** By day, YYYY-MM-DD. */
  days: Record<string, MetricsDay>;
}

export const emptyMetricsRecord = (): MetricsRecord => ({ begun: noRotationsBegun(), days: {} });

/** A year, and what a range needs to begin with a whole week. */
const keptDays = 400;

/** Folds one event in. Changes `record`. */
export function foldMetrics(record: MetricsRecord, event: LogEvent): void {
  const finished = finishedRotation(record.begun, event);
  if (finished !== null) {
    const day = dayOf(record, finished.ended_at);
    day[finished.outcome] += 1;
    if (finished.duration_ms !== null) {
      day.durationSum += finished.duration_ms;
      day.durationCount += 1;
    }
    return;
  }
  if (event.event_type !== 'task' || event.action !== 'succeeded') return;
  const data = TaskSucceededData.safeParse(event.data);
  const sample = data.success ? data.data.sample : undefined;
  if (sample === undefined) return;
  const day = dayOf(record, event.timestamp);
  day.sample = sample;
  day.asked += sample.environments;
  day.available += sample.available;
}

function dayOf(record: MetricsRecord, timestamp: string): MetricsDay {
  const date = timestamp.slice(0, 10);
  const known = record.days[date];
  if (known) return known;
  const day: MetricsDay = {
    succeeded: 0,
    failed: 0,
    durationSum: 0,
    durationCount: 0,
    sample: null,
    asked: 0,
    available: 0,
  };
  record.days[date] = day;
  const dates = Object.keys(record.days).sort();
  for (const old of dates.slice(0, Math.max(0, dates.length - keptDays))) delete record.days[old];
  return day;
}
