import type { Command } from 'commander';
import { taskOutcome, taskSummary } from '#shared/logic/task-words.ts';
import { RekeyError } from '#shared/model/errors.ts';
import { TaskName, type TaskSchedule, taskNames } from '#shared/model/schedule.ts';
import type {
  ComplianceReportResult,
  HealthCheckResult,
  RotationCheckResult,
  TaskResults,
  TaskView,
} from '#shared/model/task.ts';
import { interruptible } from '../interruptible.ts';
import type { RunAction } from '../run-action.ts';
import { table } from '../table.ts';

interface ScheduleOptions {
  cron?: string;
  timeZone?: string;
  on?: true;
  off?: true;
}

/** `task …`: what a schedule runs, now, and when. Each run is recorded in the log. */
export function registerTask(program: Command, run: RunAction): void {
  const group = program.command('task').description('what a schedule does without a person, now');

  const task = <Name extends TaskName>(
    name: Name,
    description: string,
    text: (result: TaskResults[Name], summary: string) => string,
  ) =>
    group
      .command(name)
      .description(description)
      .action((_options: unknown, command: Command) =>
        run(command, async (context) => {
          const { tasks } = await context.services();
          const { result, good, summary } = await interruptible((signal) => tasks.run(name, signal));
          context.output.answer(result, text(result, summary));
          if (!good) context.exit(1);
        }),
      );

  task(
    'health-check',
    'see whether the log, the keychain, the environments and their services answer. Exit 0 only if all do',
    healthText,
  );
  task(
    'rotation-check',
    'list the keys that are due for rotation. Exit 0 only if none is, and all could be read',
    rotationText,
  );
  task('compliance-report', 'make the signed report on the last seven days (UTC)', reportText);

  group
    .command('list')
    .description('show when each task runs, when it ran last, and how that ended')
    .action((_options: unknown, command: Command) =>
      run(command, async (context) => {
        const { scheduler } = await context.services();
        const tasks = scheduler.view();
        context.output.answer({ tasks }, tasksText(tasks));
      }),
    );

  group
    .command('schedule')
    .argument('<task>', taskNames.join(' | '))
    .option('--cron <pattern>', 'minute, hour, day of month, month, day of week')
    .option('--time-zone <zone>', 'IANA name: whose clocks the pattern means')
    .option('--on', 'run it by itself')
    .option('--off', 'run it only when somebody starts it')
    .description('set when a task runs by itself, while a window is open')
    .action((name: string, options: ScheduleOptions, command: Command) =>
      run(command, async (context) => {
        const task = taskToSchedule(name, options);
        const { scheduler, settings } = await context.services();
        const { enabled, cron, timeZone } = settings.read().schedule[task];
        const tasks = scheduler.set(task, {
          enabled: options.on ?? (options.off ? false : enabled),
          cron: options.cron ?? cron,
          timeZone: options.timeZone ?? timeZone,
        });
        context.output.answer({ tasks }, tasksText(tasks));
      }),
    );
}

/** Which task is meant, of options that make sense together. */
function taskToSchedule(name: string, { cron, timeZone, on, off }: ScheduleOptions): TaskName {
  const parsed = TaskName.safeParse(name);
  if (!parsed.success) {
    throw new RekeyError('usage', {
      message: `There is no task "${name}".`,
      remedy: `The tasks are ${taskNames.join(', ')}.`,
    });
  }
  const isNothing = [cron, timeZone, on, off].every((option) => option === undefined);
  if (isNothing || (on && off)) {
    throw new RekeyError('usage', {
      message: isNothing ? 'Nothing is given that is to change.' : 'Give --on or --off, not both.',
      remedy: 'Give --cron, --time-zone, --on or --off.',
    });
  }
  return parsed.data;
}

function healthText({ environments, problems }: HealthCheckResult, summary: string): string {
  return [
    summary,
    ...problems.map((problem) => `- ${problem}`),
    ...(environments.length === 0 ? [] : ['']),
    table(
      environments.map(({ name, stage, reachable, service }) => [
        name,
        stage,
        reachable ? 'can be read' : 'cannot be read',
        service === 'not-configured' ? 'no health URL' : `service ${service}`,
      ]),
    ),
  ].join('\n');
}

function rotationText({ due, next, unreachable }: RotationCheckResult, summary: string): string {
  const row = ({ environment, key, status, due_at }: RotationCheckResult['due'][number]) => [
    environment.name,
    key,
    status,
    due_at === null ? '' : `due ${due_at.slice(0, 10)}`,
  ];
  return [
    summary,
    ...(due.length === 0 ? [] : [table(due.map(row))]),
    ...unreachable.map(({ name }) => `${name} could not be read: rekey status "${name}" says why.`),
    ...(next === null
      ? []
      : [`Next: ${next.key} of ${next.environment.name}, on ${(next.due_at ?? '').slice(0, 10)}.`]),
  ].join('\n');
}

function reportText({ bundle }: ComplianceReportResult, summary: string): string {
  return [summary, `The report is ${bundle}`].join('\n');
}

function tasksText(tasks: readonly TaskView[]): string {
  return table(
    tasks.map(({ task, schedule, next_at, last }) => [
      task,
      scheduleText(schedule),
      next_at === null ? '' : `next ${minuteOf(next_at)}`,
      ...(last === null
        ? ['never ran', '']
        : [`${minuteOf(last.started_at)} ${taskOutcome(last)}`, taskSummary(last)]),
    ]),
  );
}

function scheduleText({ enabled, cron, timeZone }: TaskSchedule): string {
  return enabled ? `${cron} ${timeZone}` : 'off';
}

/** In UTC. */
function minuteOf(time: string): string {
  return `${time.slice(0, 16).replace('T', ' ')}Z`;
}
