import type { LogEvent } from '../model/event.ts';
import type { TaskName } from '../model/schedule.ts';
import {
  type AutomaticHalt,
  TaskFailedData,
  type TaskRun,
  TaskStartedData,
  TaskSucceededData,
} from '../model/task.ts';

/** What the log tells of tasks. */
export interface TaskRecord {
  /** When the log began: nothing was due before. Null: it has no event yet. */
  logBegan: string | null;
  /** Since when there has been an environment to look after, without a break. Null: there is none. */
  watchedSince: string | null;
  /** Ids of the environments that there are. */
  environments: string[];
  /** The last run of each task. */
  last: Partial<Record<TaskName, TaskRun>>;
  /** The last times of its schedule that each task met, oldest first. */
  met: Partial<Record<TaskName, string[]>>;
  /** Ids of environments in which the last rotation check found something to rotate by itself, and nobody did yet. */
  toExecute: string[];
  /** Ids of environments whose service did not answer well at the last health check. */
  failingServices: string[];
  /** When each task last did what it is for, RFC 3339. */
  succeededAt: Partial<Record<TaskName, string>>;
  /** Environments whose automatic rotation stands still, by id. */
  halted: Record<string, AutomaticHalt>;
}

export const emptyTaskRecord = (): TaskRecord => ({
  logBegan: null,
  watchedSince: null,
  environments: [],
  last: {},
  met: {},
  toExecute: [],
  failingServices: [],
  succeededAt: {},
  halted: {},
});

/** Enough for a clock that is set back by days; a task runs a few times a day. */
const keptTimes = 100;

/** Folds one event in. Changes `record`. What does not fit is passed over: a log may be from a newer version. */
export function foldTask(record: TaskRecord, event: LogEvent): void {
  record.logBegan ??= event.timestamp;
  if (event.event_type === 'environment') foldEnvironment(record, event);
  if (event.event_type !== 'task') return;
  if (event.action === 'started') {
    const data = TaskStartedData.safeParse(event.data);
    if (!data.success) return;
    const { task, scheduled_for } = data.data;
    record.last[task] = {
      id: event.id,
      task,
      started_at: event.timestamp,
      scheduled_for,
      by: event.user_id,
      outcome: 'begun',
      ended_at: null,
      code: null,
      good: null,
      summary: null,
    };
    return;
  }
  if (event.action === 'succeeded') {
    const data = TaskSucceededData.safeParse(event.data);
    if (!data.success) return;
    if (!end(record, data.data, event, { outcome: 'succeeded', code: null, ...data.data }, true)) return;
    foldFindings(record, data.data);
    record.succeededAt[data.data.task] = event.timestamp;
  } else if (event.action === 'failed') {
    const data = TaskFailedData.safeParse(event.data);
    if (data.success) {
      // One that was stopped (a window that was closed) is caught up, as if it had been missed.
      const isMet = data.data.code !== 'interrupted';
      const { code, message } = data.data;
      end(record, data.data, event, { outcome: 'failed', code, good: false, summary: message }, isMet);
      // What keeps failing is not tried again and again: the next rotation check asks anew.
      if (data.data.task === 'execute-rotations' && isMet) record.toExecute = [];
    }
  } else {
    foldHalt(record, event);
  }
}

function foldFindings(
  record: TaskRecord,
  { task, environments = [] }: Pick<TaskSucceededData, 'task' | 'environments'>,
): void {
  if (task === 'health-check') record.failingServices = environments;
  if (task === 'rotation-check') record.toExecute = environments;
  if (task === 'execute-rotations') {
    record.toExecute = record.toExecute.filter((id) => !environments.includes(id));
  }
}

function foldHalt(record: TaskRecord, { action, environment, timestamp, reason, run_id }: LogEvent): void {
  if (environment === null) return;
  if (action === 'automatic-halted') {
    record.halted[environment.id] = { environment, at: timestamp, why: reason ?? '', run_id };
  } else if (action === 'automatic-resumed') {
    delete record.halted[environment.id];
  }
}

function foldEnvironment(record: TaskRecord, { action, environment, timestamp }: LogEvent): void {
  if (environment === null || !['added', 'removed'].includes(action)) return;
  const others = record.environments.filter((id) => id !== environment.id);
  record.environments = action === 'added' ? [...others, environment.id] : others;
  if (record.environments.length === 0) record.watchedSince = null;
  else record.watchedSince ??= timestamp;
}

/** Whether it was the last run that ended. */
function end(
  record: TaskRecord,
  { task, task_run }: { task: TaskName; task_run: string },
  event: LogEvent,
  { outcome, code, good, summary }: Pick<TaskRun, 'outcome' | 'code' | 'good' | 'summary'>,
  isMet: boolean,
): boolean {
  const run = record.last[task];
  // The end of a run before the last one says nothing about the last.
  if (run?.id !== task_run) return false;
  record.last[task] = { ...run, ended_at: event.timestamp, outcome, code, good, summary };
  if (run.scheduled_for !== null && isMet) {
    record.met[task] = [...(record.met[task] ?? []), run.scheduled_for].slice(-keptTimes);
  }
  return true;
}
