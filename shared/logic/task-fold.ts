import type { LogEvent } from '../model/event.ts';
import {
  TaskFailedData,
  type TaskName,
  type TaskRun,
  TaskStartedData,
  TaskSucceededData,
} from '../model/task.ts';

/** The last run of each task. */
export type LastTaskRuns = Partial<Record<TaskName, TaskRun>>;

/** Folds one event in. Changes `runs`. What does not fit is passed over: a log may be from a newer version. */
export function foldTask(runs: LastTaskRuns, event: LogEvent): void {
  if (event.event_type !== 'task') return;
  if (event.action === 'started') {
    const data = TaskStartedData.safeParse(event.data);
    if (!data.success) return;
    const { task } = data.data;
    runs[task] = {
      id: event.id,
      task,
      started_at: event.timestamp,
      by: event.user_id,
      outcome: 'begun',
      ended_at: null,
      good: null,
      summary: null,
    };
    return;
  }
  if (event.action === 'succeeded') {
    const data = TaskSucceededData.safeParse(event.data);
    if (data.success) end(runs, data.data, event, { outcome: 'succeeded', ...data.data });
  } else if (event.action === 'failed') {
    const data = TaskFailedData.safeParse(event.data);
    if (data.success) {
      end(runs, data.data, event, { outcome: 'failed', good: false, summary: data.data.message });
    }
  }
}

function end(
  runs: LastTaskRuns,
  { task, task_run }: { task: TaskName; task_run: string },
  event: LogEvent,
  { outcome, good, summary }: Pick<TaskRun, 'outcome' | 'good' | 'summary'>,
): void {
  const run = runs[task];
  // The end of a run before the last one says nothing about the last.
  if (run?.id === task_run) runs[task] = { ...run, ended_at: event.timestamp, outcome, good, summary };
}
