import type { Command } from 'commander';
import type {
  ComplianceReportResult,
  HealthCheckResult,
  RotationCheckResult,
  TaskName,
  TaskResults,
  TaskRun,
} from '#shared/model/task.ts';
import { interruptible } from '../interruptible.ts';
import type { RunAction } from '../run-action.ts';
import { table } from '../table.ts';

/** `task …`: what a schedule runs, now. Each run is recorded in the log. */
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
    .description('show when each task ran last, and how that ended')
    .action((_options: unknown, command: Command) =>
      run(command, async (context) => {
        const { tasks } = await context.services();
        const last = tasks.last();
        context.output.answer({ tasks: last }, runsText(last));
      }),
    );
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

function runsText(runs: readonly TaskRun[]): string {
  if (runs.length === 0) return 'No task has run yet.';
  return table(
    runs.map(({ task, started_at, outcome, good, summary }) => [
      task,
      started_at.slice(0, 16).replace('T', ' '),
      outcome === 'succeeded' ? (good ? 'good' : 'needs attention') : outcome,
      summary ?? 'No end is recorded: it is under way, or was interrupted.',
    ]),
  );
}
