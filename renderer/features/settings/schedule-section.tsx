import { CircleAlert, CircleCheck, CircleDashed, CircleX, type LucideIcon } from 'lucide-react';
import { useState } from 'react';
import { useCall } from '#renderer/state/use-call.ts';
import { useLoadedWithLog } from '#renderer/state/use-loaded-with-log.ts';
import { Badge } from '#renderer/ui/badge/badge.tsx';
import type { Tone } from '#renderer/ui/badge/tone.ts';
import { Button } from '#renderer/ui/button/button.tsx';
import { ErrorNotice } from '#renderer/ui/error-notice/error-notice.tsx';
import { Loading } from '#renderer/ui/loading/loading.tsx';
import { Section } from '#renderer/ui/page/page.tsx';
import { Cell, HeadCell, Table } from '#renderer/ui/table/table.tsx';
import { RelativeTime } from '#renderer/ui/time/time.tsx';
import { notify } from '#renderer/ui/toast/notify.ts';
import { type TaskOutcome, taskOutcome, taskSummary } from '#shared/logic/task-words.ts';
import type { TaskRun, TaskView } from '#shared/model/task.ts';
import { ChangeSchedule, isScheduled, type ScheduledTask } from './change-schedule.tsx';
import styles from './settings.module.css';
import { taskWords } from './task-words.ts';

/** What runs by itself: when, and how it went. */
export function ScheduleSection() {
  const { value: tasks, setValue, error, reload } = useLoadedWithLog('tasks.list');
  const run = useCall('tasks.run');
  const [changing, setChanging] = useState<ScheduledTask | null>(null);
  const [running, setRunning] = useState<TaskView['task'] | null>(null);
  async function runNow(task: TaskView['task']) {
    setRunning(task);
    const reply = await run.run({ task });
    setRunning(null);
    if (!reply?.ok) return;
    const { good, summary } = reply.value;
    const { title } = taskWords[task];
    notify({
      title: good ? `${title}: done` : `${title}: needs attention`,
      description: summary,
      tone: good ? 'success' : 'danger',
    });
  }
  return (
    <Section
      title="Schedule"
      hint="Runs by itself while a window or the agent is open and there is an environment. Only automatic rotation changes keys, and only where it is switched on. What was missed is caught up once."
    >
      <div className={styles.stack}>
        {error && <ErrorNotice error={error} actions={<Button onClick={reload}>Try again</Button>} />}
        {run.error && <ErrorNotice error={run.error} />}
        {tasks === null && !error && <Loading label="Reading the schedule" lines={3} />}
        {tasks && (
          <Table label="Schedule">
            <thead>
              <tr>
                <HeadCell>Task</HeadCell>
                <HeadCell>When</HeadCell>
                <HeadCell>Last run</HeadCell>
                <HeadCell>
                  <span className="visually-hidden">Actions</span>
                </HeadCell>
              </tr>
            </thead>
            <tbody>
              {tasks.map((view) => (
                <tr key={view.task}>
                  <th scope="row">
                    {taskWords[view.task].title}
                    <div className={styles.what}>{taskWords[view.task].what}</div>
                  </th>
                  <Cell>
                    <When view={view} />
                  </Cell>
                  <Cell>
                    <LastRun last={view.last} />
                  </Cell>
                  <Cell>
                    <div className={styles.rowButtons}>
                      <Button
                        size="small"
                        busy={running === view.task}
                        aria-label={`Run now: ${taskWords[view.task].title}`}
                        onClick={() => void runNow(view.task)}
                      >
                        Run now
                      </Button>
                      {isScheduled(view) && (
                        <Button
                          size="small"
                          variant="quiet"
                          aria-label={`Change the schedule: ${taskWords[view.task].title}`}
                          onClick={() => setChanging(view)}
                        >
                          Change…
                        </Button>
                      )}
                    </div>
                  </Cell>
                </tr>
              ))}
            </tbody>
          </Table>
        )}
      </div>
      {changing && (
        <ChangeSchedule
          view={changing}
          onClose={() => setChanging(null)}
          onChanged={(changed) => {
            setValue(changed);
            setChanging(null);
          }}
        />
      )}
    </Section>
  );
}

function When({ view: { schedule, next_at } }: { view: TaskView }) {
  if (schedule === null) return <span className={styles.soft}>After a rotation check, inside windows</span>;
  if (!schedule.enabled) return <span className={styles.soft}>Off</span>;
  return (
    <div className={styles.when}>
      <code>{schedule.cron}</code> {schedule.timeZone}
      {next_at && (
        <div className={styles.what}>
          Next <RelativeTime at={next_at} />
        </div>
      )}
    </div>
  );
}

const outcomes: Readonly<Record<TaskOutcome, { word: string; icon: LucideIcon; tone: Tone }>> = {
  good: { word: 'Good', icon: CircleCheck, tone: 'success' },
  'needs attention': { word: 'Needs attention', icon: CircleAlert, tone: 'warning' },
  failed: { word: 'Failed', icon: CircleX, tone: 'danger' },
  begun: { word: 'Begun', icon: CircleDashed, tone: 'neutral' },
};

function LastRun({ last }: { last: TaskRun | null }) {
  if (last === null) return <span className={styles.soft}>Never</span>;
  const { word, icon, tone } = outcomes[taskOutcome(last)];
  return (
    <>
      <Badge tone={tone} icon={icon} look="plain">
        {word}
      </Badge>{' '}
      <RelativeTime at={last.started_at} />
      <div className={styles.what}>{taskSummary(last)}</div>
    </>
  );
}
