import { useForm } from 'react-hook-form';
import { useCall } from '#renderer/state/use-call.ts';
import { Button } from '#renderer/ui/button/button.tsx';
import { Dialog } from '#renderer/ui/dialog/dialog.tsx';
import { ErrorNotice } from '#renderer/ui/error-notice/error-notice.tsx';
import { Checkbox, TextField } from '#renderer/ui/field/field.tsx';
import { z, zodResolver } from '#renderer/ui/form/schemas.ts';
import { notify } from '#renderer/ui/toast/notify.ts';
import type { ScheduledTaskName, TaskSchedule } from '#shared/model/schedule.ts';
import type { TaskView } from '#shared/model/task.ts';
import styles from './settings.module.css';
import { taskWords } from './task-words.ts';

const ScheduleForm = z.object({
  enabled: z.boolean(),
  cron: z
    .string()
    .trim()
    .refine((text) => text.split(/\s+/).length === 5, 'Five fields, with a space between them.')
    .max(100, 'At most 100 characters.'),
  timeZone: z.string().trim().min(1, 'Such as UTC or Europe/Berlin.').max(64, 'At most 64 characters.'),
});
type ScheduleForm = z.infer<typeof ScheduleForm>;

/** A task that runs at set times. */
export type ScheduledTask = TaskView & { task: ScheduledTaskName; schedule: TaskSchedule };

export function isScheduled(view: TaskView): view is ScheduledTask {
  return view.schedule !== null;
}

/** When a task runs by itself. */
export function ChangeSchedule({
  view: { task, schedule },
  onClose,
  onChanged,
}: {
  view: ScheduledTask;
  onClose: () => void;
  onChanged: (tasks: TaskView[]) => void;
}) {
  const { run, pending, error } = useCall('tasks.schedule');
  const { register, handleSubmit, formState } = useForm<ScheduleForm>({
    resolver: zodResolver(ScheduleForm),
    defaultValues: schedule,
  });
  const { title } = taskWords[task];
  return (
    <Dialog
      open
      onClose={onClose}
      busy={pending}
      title={`Schedule: ${title}`}
      description="What was missed before the change is not caught up."
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" form="change-schedule" variant="primary" busy={pending}>
            Save
          </Button>
        </>
      }
    >
      <form
        id="change-schedule"
        noValidate
        className={styles.stack}
        onSubmit={handleSubmit(async ({ enabled, cron, timeZone }) => {
          const reply = await run({ task, enabled, cron, timeZone });
          if (!reply?.ok) return;
          notify({ title: 'Schedule saved' });
          onChanged(reply.value);
        })}
      >
        <Checkbox label="Run it by itself" {...register('enabled')} />
        <TextField
          mono
          label="When"
          hint="Minute, hour, day of month, month, day of week: “0 2 * * *” is every day at 02:00, “0 6 * * 0” on Sundays at 06:00."
          {...register('cron')}
          error={formState.errors.cron?.message}
        />
        <TextField
          label="Time zone"
          hint="Whose clocks are meant: UTC, Europe/Berlin, …"
          {...register('timeZone')}
          error={formState.errors.timeZone?.message}
        />
      </form>
      {error && <ErrorNotice error={error} />}
    </Dialog>
  );
}
