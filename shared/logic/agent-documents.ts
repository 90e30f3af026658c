import type { HealthDocument, HealthState } from '../model/agent.ts';
import { type Alert, alertKinds } from '../model/alert.ts';
import { type LogHealth, takesNoEvents } from '../model/event.ts';
import { complianceStatus, keyStatuses } from '../model/key.ts';
import type { TaskName } from '../model/schedule.ts';
import type { EnvironmentStatus } from '../model/status.ts';
import type { AutomaticHalt, TaskView } from '../model/task.ts';
import { complianceScore } from './key-status.ts';
import { type Metric, prometheusText, type Sample } from './prometheus-text.ts';
import { durationBounds, type EnvironmentTotals } from './rotation-totals.ts';

/** All that the agent's answers are made of. Practice is not among it. */
export interface AgentLook {
  now: Date;
  /** When environments were read. */
  checkedAt: Date;
  version: string;
  statuses: readonly EnvironmentStatus[];
  log: LogHealth;
  tasks: readonly TaskView[];
  /** When each task last did what it is for, RFC 3339. */
  succeededAt: (task: TaskName) => string | null;
  failingServices: readonly string[];
  /** Those that are not resolved. */
  alerts: readonly Alert[];
  halted: readonly AutomaticHalt[];
  totals: readonly EnvironmentTotals[];
}

/** What `GET /health` answers. Pure. */
export function healthDocument(look: AgentLook): HealthDocument {
  const state = healthState(look);
  const keys = look.statuses.flatMap((status) => status.keys);
  return {
    status: state,
    key_rotation: {
      state,
      checked_at: look.checkedAt.toISOString(),
      version: look.version,
      compliance_score: keys.length === 0 ? null : complianceScore(keys),
      log: { state: look.log.state, size: look.log.size },
      environments: look.statuses.map(({ id, name, stage, reachable, keys: entries }) => ({
        id,
        name,
        stage,
        reachable,
        keys: entries.map(({ key, status, due_at, fingerprint }) => ({
          key,
          status,
          compliance_status: complianceStatus(status),
          due_at,
          fingerprint,
        })),
      })),
      tasks: [...look.tasks],
      alerts: look.alerts.map(
        ({ id, kind, severity, title, keys: about, environment, raised_at, snoozed }) => ({
          id,
          kind,
          severity,
          title,
          keys: about,
          environment,
          raised_at,
          snoozed_until: snoozed?.until ?? null,
        }),
      ),
      halted: [...look.halted],
    },
  };
}

/** What somebody put off on purpose does not wake anybody; a log that takes no alert must. */
function healthState({ alerts, log }: Pick<AgentLook, 'alerts' | 'log'>): HealthState {
  if (takesNoEvents(log.state)) return 'failing';
  if (alerts.some(({ severity, snoozed }) => severity === 'critical' && snoozed === null)) return 'failing';
  return alerts.length > 0 ? 'degraded' : 'ok';
}

const dayMs = 86_400_000;

/** What `GET /metrics` answers, in the text format of Prometheus. Pure. */
export function metricsDocument(look: AgentLook): string {
  return prometheusText([...rotationMetrics(look), ...keyMetrics(look), ...installationMetrics(look)]);
}

function rotationMetrics({ totals }: AgentLook): Metric[] {
  const labelled = totals.map((one) => ({ ...one, labels: { environment: one.environment.name } }));
  return [
    {
      name: 'rekey_rotations_total',
      help: 'Rotations that ended, by what became of them. Drills are not counted.',
      type: 'counter',
      samples: labelled.flatMap(({ labels, succeeded, failed }) => [
        { labels: { ...labels, outcome: 'succeeded' }, value: succeeded },
        { labels: { ...labels, outcome: 'failed' }, value: failed },
      ]),
    },
    {
      name: 'rekey_rotation_duration_seconds',
      help: 'From the plan of a rotation until its new value was in use.',
      type: 'histogram',
      samples: labelled.map(({ labels, atMost, sum, count }) => ({
        labels,
        buckets: durationBounds.map((le, index) => ({ le, count: atMost[index] ?? 0 })),
        sum,
        count,
      })),
    },
  ];
}

function keyMetrics({ statuses, now }: AgentLook): Metric[] {
  const all = statuses.flatMap(({ keys }) => keys);
  return [
    {
      name: 'rekey_keys',
      help: 'Keys by how they stand.',
      type: 'gauge',
      samples: statuses.flatMap(({ name, stage, keys: entries }) =>
        keyStatuses.flatMap((status) => {
          const value = entries.filter((entry) => entry.status === status).length;
          return value === 0 ? [] : [{ labels: { environment: name, stage, status }, value }];
        }),
      ),
    },
    {
      name: 'rekey_key_due_timestamp_seconds',
      help: 'When a key is due.',
      type: 'gauge',
      samples: ofDueKeys(statuses, (due) => Math.floor(due / 1_000)),
    },
    {
      // What the procedures ask for, although Prometheus would rather count seconds.
      name: 'rekey_key_days_to_due',
      help: 'Days until a key is due; negative: since when it is overdue.',
      type: 'gauge',
      samples: ofDueKeys(statuses, (due) => Math.round((100 * (due - now.getTime())) / dayMs) / 100),
    },
    {
      name: 'rekey_compliance_score',
      help: 'Share of keys that are compliant, from 0 to 1.',
      type: 'gauge',
      samples: all.length === 0 ? [] : [{ value: complianceScore(all) / 100 }],
    },
  ];
}

function ofDueKeys(statuses: readonly EnvironmentStatus[], value: (dueMs: number) => number): Sample[] {
  return statuses.flatMap(({ name, stage, keys }) =>
    keys.flatMap(({ key, due_at }) =>
      due_at === null
        ? []
        : [{ labels: { environment: name, stage, key }, value: value(Date.parse(due_at)) }],
    ),
  );
}

function installationMetrics(look: AgentLook): Metric[] {
  const { statuses, tasks, alerts, log, succeededAt, failingServices, version, checkedAt, halted } = look;
  const seconds = (time: string) => Math.floor(Date.parse(time) / 1_000);
  return [
    {
      name: 'rekey_environment_up',
      help: 'Whether an environment could be read and its service answered well at the last health check.',
      type: 'gauge',
      samples: statuses.map(({ id, name, stage, reachable, hosts = [] }) => ({
        labels: { environment: name, stage },
        value: reachable && hosts.every((host) => host.reachable) && !failingServices.includes(id) ? 1 : 0,
      })),
    },
    {
      name: 'rekey_task_last_success_timestamp_seconds',
      help: 'When a task last did what it is for.',
      type: 'gauge',
      samples: tasks.flatMap(({ task }) => {
        const time = succeededAt(task);
        return time === null ? [] : [{ labels: { task }, value: seconds(time) }];
      }),
    },
    {
      name: 'rekey_task_last_run_good',
      help: 'Whether the last run of a task ended well and found nothing that wants a person.',
      type: 'gauge',
      samples: tasks.flatMap(({ task, last }) =>
        last === null || last.outcome === 'begun' ? [] : [{ labels: { task }, value: last.good ? 1 : 0 }],
      ),
    },
    {
      name: 'rekey_alerts',
      help: 'Alerts that are open, those that are put off included.',
      type: 'gauge',
      samples: alertKinds.map((kind) => ({
        labels: { kind },
        value: alerts.filter((alert) => alert.kind === kind).length,
      })),
    },
    {
      name: 'rekey_automatic_halted',
      help: 'Environments whose automatic rotation stands still after a failure.',
      type: 'gauge',
      samples: [{ value: halted.length }],
    },
    {
      name: 'rekey_log_ok',
      help: 'Whether the event log can be written and is whole.',
      type: 'gauge',
      samples: [{ value: log.state === 'ok' || log.state === 'repaired' ? 1 : 0 }],
    },
    {
      name: 'rekey_log_events',
      help: 'Events in the log.',
      type: 'gauge',
      samples: [{ value: log.size }],
    },
    {
      name: 'rekey_checked_timestamp_seconds',
      help: 'When environments were last read.',
      type: 'gauge',
      samples: [{ value: seconds(checkedAt.toISOString()) }],
    },
    {
      name: 'rekey_build_info',
      help: 'The version that answers.',
      type: 'gauge',
      samples: [{ labels: { version }, value: 1 }],
    },
  ];
}
