import type { Command } from 'commander';
import { taskOutcome, taskSummary } from '#shared/logic/task-words.ts';
import { RekeyError } from '#shared/model/errors.ts';
import {
  ScheduledTaskName,
  scheduledTaskNames,
  type TaskName,
  type TaskSchedule,
} from '#shared/model/schedule.ts';
import {
  type AutomaticHalt,
  type ComplianceReportResult,
  defaultMaxRotations,
  type ExecuteRotationsResult,
  type HealthCheckResult,
  type RotationCheckResult,
  type TaskResults,
  type TaskView,
} from '#shared/model/task.ts';
import { interruptible } from '../interruptible.ts';
import { requireChange } from '../require-change.ts';
import type { RunAction } from '../run-action.ts';
import { table } from '../table.ts';

interface ScheduleOptions {
  cron?: string;
  timeZone?: string;
  on?: true;
  off?: true;
}

/** What a task has just read is not read once more for alerts. */
const justReadMs = 10_000;

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
          const { tasks, alerts } = await context.services();
          const { result, good, summary } = await interruptible((signal) => tasks.run(name, { signal }));
          await alerts.look({ maxAgeMs: justReadMs, probe: name === 'health-check' });
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
  registerExecution(group, run);
  task('compliance-report', 'make the signed report on the last seven days (UTC)', reportText);

  group
    .command('list')
    .description('show when each task runs, when it ran last, and how that ended')
    .action((_options: unknown, command: Command) =>
      run(command, async (context) => {
        const { scheduler, automaticHalts } = await context.services();
        const tasks = scheduler.view();
        const halted = automaticHalts.list();
        context.output.answer({ tasks, halted }, [tasksText(tasks), ...halted.map(haltText)].join('\n'));
      }),
    );

  group
    .command('schedule')
    .argument('<task>', scheduledTaskNames.join(' | '))
    .option('--cron <pattern>', 'minute, hour, day of month, month, day of week')
    .option('--time-zone <zone>', 'IANA name: whose clocks the pattern means')
    .option('--on', 'run it by itself')
    .option('--off', 'run it only when somebody starts it')
    .description('set when a task runs by itself, while a window is open or an agent runs')
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

/** What is rotated by itself, now; and its going on after a failure. */
function registerExecution(group: Command, run: RunAction): void {
  group
    .command('execute-rotations')
    .option('--max <count>', `begin at most so many keys (default: ${defaultMaxRotations})`, wholeNumber)
    .description(
      'rotate what is due and switched on (env set: keys.NAME.automatic), inside windows, as far as that may go without a person. Exit 4 if anything waits for one',
    )
    .action((options: { max?: number }, command: Command) =>
      run(command, async (context) => {
        const { tasks, alerts } = await context.services();
        const { result, good, summary } = await interruptible((signal) =>
          tasks.run('execute-rotations', { signal, maxRotations: options.max }),
        );
        await alerts.look({ maxAgeMs: justReadMs });
        context.output.answer(result, executionText(result, summary));
        if (!good) context.exit(4);
      }),
    );

  group
    .command('resume-automatic')
    .argument('<env>', 'name or id')
    .requiredOption('--reason <reason>', 'why it may go on')
    .description('let automatic rotation of an environment go on after a failure')
    .action((env: string, { reason }: { reason: string }, command: Command) =>
      run(command, async (context) => {
        const { environments, automaticHalts } = await context.services();
        const { id, name, stage } = environments.find(env);
        await automaticHalts.resume({ id, name, stage }, reason);
        context.output.answer({ environment: { id, name, stage } }, `Automatic rotation of ${name} goes on.`);
      }),
    );
}

function wholeNumber(text: string): number {
  const count = Number(text);
  if (Number.isInteger(count) && count >= 1 && count <= 1000) return count;
  throw new RekeyError('usage', {
    message: `"${text}" is no number of keys.`,
    remedy: 'Give a whole number from 1 to 1000.',
  });
}

/** Which task is meant, of options that make sense together. */
function taskToSchedule(name: string, { cron, timeZone, on, off }: ScheduleOptions): ScheduledTaskName {
  const parsed = ScheduledTaskName.safeParse(name);
  if (!parsed.success) {
    throw new RekeyError('usage', {
      message: `There is no task "${name}" that runs at set times.`,
      remedy: `Those are ${scheduledTaskNames.join(', ')}.`,
    });
  }
  requireChange({ on, off }, { '--cron': cron, '--time-zone': timeZone });
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

function executionText({ runs, left }: ExecuteRotationsResult, summary: string): string {
  return [
    summary,
    ...runs.map(
      ({ environment, keys, outcome, run_id, waits_for, why }) =>
        `${environment.name}: ${keys.join(', ')} ${outcome === 'waits' ? `waits for ${waits_for ?? 'a person'}` : outcome}. Run ${run_id}.${why === null ? '' : ` ${why}`}`,
    ),
    ...left.map(
      ({ environment, key, why }) =>
        `${environment.name}${key === null ? '' : `, ${key}`}: left alone. ${why}`,
    ),
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

function haltText({ environment, at, why }: AutomaticHalt): string {
  return `Automatic rotation of ${environment.name} stands still since ${minuteOf(at)}: ${why} Go on with: rekey task resume-automatic "${environment.name}" --reason REASON`;
}

function scheduleText(schedule: TaskSchedule | null): string {
  if (schedule === null) return 'after a rotation check, inside windows';
  const { enabled, cron, timeZone } = schedule;
  return enabled ? `${cron} ${timeZone}` : 'off';
}

/** In UTC. */
function minuteOf(time: string): string {
  return `${time.slice(0, 16).replace('T', ' ')}Z`;
}
