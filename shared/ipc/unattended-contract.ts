import { z } from 'zod';
import { ChannelChoice, WebhookChannel } from '../model/alert-channel.ts';
import { AlertsState } from '../model/alerts-state.ts';
import { CommandConfig } from '../model/environment.ts';
import { MetricsDays, MetricsReport } from '../model/metrics.ts';
import { ScheduledTaskName, TaskName, TaskSchedule } from '../model/schedule.ts';
import { TaskView } from '../model/task.ts';
import { done, EnvironmentId, Reason } from './contract-parts.ts';
import { type ChannelContract, none } from './first-contract.ts';
import { TypedSecret } from './typed-secret.ts';

const AlertId = z.string().min(1).max(300);
const ChannelId = z.string().min(1).max(64);

/** The part of the contract about what goes on without a person: tasks, what they measured, and alerts. */
export const unattendedContract = {
  'tasks.list': { in: none, out: z.array(TaskView) },
  'tasks.run': {
    in: z.object({ task: TaskName }).strict(),
    out: z.object({ good: z.boolean(), summary: z.string() }),
  },
  'tasks.schedule': {
    in: TaskSchedule.omit({ since: true }).extend({ task: ScheduledTaskName }).strict(),
    out: z.array(TaskView),
  },
  'tasks.resume-automatic': { in: EnvironmentId.extend({ reason: Reason }), out: done },

  'metrics.read': { in: z.object({ days: MetricsDays }).strict(), out: MetricsReport },

  'alerts.list': { in: none, out: AlertsState },
  'alerts.snooze': {
    in: z.object({ id: AlertId, until: z.iso.datetime(), reason: Reason }).strict(),
    out: AlertsState,
  },
  'alerts.wake': { in: z.object({ id: AlertId }).strict(), out: AlertsState },
  'alerts.add-webhook': {
    in: z
      .object({
        ...ChannelChoice.shape,
        format: WebhookChannel.shape.format,
        url: TypedSecret,
        secret: TypedSecret.nullable(),
      })
      .strict(),
    out: AlertsState,
  },
  'alerts.add-command': {
    in: z.object({ ...ChannelChoice.shape, command: CommandConfig }).strict(),
    out: AlertsState,
  },
  'alerts.change-channel': {
    in: z
      .object({ id: ChannelId, ...ChannelChoice.partial().shape, enabled: z.boolean().optional() })
      .strict(),
    out: AlertsState,
  },
  'alerts.remove-channel': { in: z.object({ id: ChannelId }).strict(), out: AlertsState },
  /** Sends a message that says that it is a test. */
  'alerts.test-channel': { in: z.object({ id: ChannelId }).strict(), out: done },
} as const satisfies Record<string, ChannelContract>;
