import type { Command } from 'commander';
import { durationInWords } from '#shared/logic/duration-in-words.ts';
import { shareInWords } from '#shared/logic/share-in-words.ts';
import { RekeyError } from '#shared/model/errors.ts';
import { MetricsDays, type MetricsReport, metricsDays } from '#shared/model/metrics.ts';
import type { RunAction } from '../run-action.ts';
import { table } from '../table.ts';

/** `metrics`: success rate, duration, keys that come due, compliance and availability over time. */
export function registerMetrics(program: Command, run: RunAction): void {
  program
    .command('metrics')
    .option('--days <count>', metricsDays.join(' | '), '30')
    .description('show rotations, due keys, compliance and availability over time')
    .action((options: { days: string }, command: Command) =>
      run(command, async (context) => {
        const days = MetricsDays.safeParse(Number(options.days));
        if (!days.success) {
          throw new RekeyError('usage', {
            message: `"${options.days}" is no range of days.`,
            remedy: `Give one of ${metricsDays.join(', ')}.`,
          });
        }
        const report = (await context.services()).metrics.read(days.data);
        context.output.answer(report, metricsText(report));
      }),
    );
}

function metricsText({ points }: MetricsReport): string {
  const share = (value: number | null) => (value === null ? '' : `${Math.round(100 * value)} %`);
  const known = points.filter(
    ({ rotations, compliance, availability }) =>
      rotations.succeeded + rotations.failed > 0 || compliance !== null || availability !== null,
  );
  if (known.length === 0) return 'Nothing was measured yet: the health check measures, every four hours.';
  return table([
    ['until', 'rotations', 'duration', 'due soon', 'overdue', 'compliance', 'availability'],
    ...known.map(({ to, rotations, due_soon, overdue, compliance, availability }) => [
      to,
      `${rotations.succeeded} of ${rotations.succeeded + rotations.failed}`,
      rotations.duration_ms === null ? '' : durationInWords(rotations.duration_ms),
      due_soon === null ? '' : String(due_soon),
      overdue === null ? '' : String(overdue),
      share(compliance),
      availability === null ? '' : shareInWords(availability),
    ]),
  ]);
}
