import type { Command } from 'commander';
import type { RiskException } from '#shared/model/exception.ts';
import type { RunAction } from '../run-action.ts';
import { table } from '../table.ts';

interface AddOptions {
  reason: string;
  until: string;
  code?: string[];
}

/** `exception add|list|end`: risks that somebody accepts for a time. */
export function registerException(program: Command, run: RunAction): void {
  const group = program
    .command('exception')
    .description('findings that somebody accepts, why and until when');

  group
    .command('add')
    .argument('<env>', 'name or id')
    .argument('[key]', 'the key; default: all of the environment')
    .requiredOption('--reason <reason>', 'why the risk is accepted')
    .requiredOption('--until <day>', 'YYYY-MM-DD, at most a year away; expires by itself at its end (UTC)')
    .option('--code <code...>', 'only these findings, by their codes; default: all')
    .description('accept findings of an environment or a key for a time')
    .action((env: string, key: string | undefined, options: AddOptions, command: Command) =>
      run(command, async (context) => {
        const { risks } = await context.services();
        const added = await risks.add({
          environment: env,
          key: key ?? null,
          codes: options.code ?? [],
          reason: options.reason,
          until: options.until,
        });
        context.output.answer(added, `Accepted until ${added.until.slice(0, 16)} UTC: ${added.id}`);
      }),
    );

  group
    .command('list')
    .option('--env <env>', 'name or id')
    .option('--all', 'also those that expired or were ended')
    .description('show what is accepted')
    .action((options: { env?: string; all?: boolean }, command: Command) =>
      run(command, async (context) => {
        const { exceptions, environments } = await context.services();
        const listed = exceptions.list({
          ...(options.env === undefined ? {} : { environmentId: environments.find(options.env).id }),
          ...(options.all ? {} : { state: 'active' as const }),
        });
        context.output.answer({ exceptions: listed }, exceptionsText(listed));
      }),
    );

  group
    .command('end')
    .argument('<id>', 'the id, or its beginning or end')
    .requiredOption('--reason <reason>', 'why it ends before its time')
    .description('end an accepted risk before its time')
    .action((id: string, options: { reason: string }, command: Command) =>
      run(command, async (context) => {
        const { risks } = await context.services();
        const ended = await risks.end(id, options.reason);
        context.output.answer(ended, `${ended.id} is ended.`);
      }),
    );
}

function exceptionsText(exceptions: readonly RiskException[]): string {
  if (exceptions.length === 0) return 'No risk is accepted.';
  return table(
    exceptions.map(({ id, environment, key, codes, state, until, accepted_by, reason }) => [
      id,
      environment.name,
      key ?? 'all keys',
      codes.length === 0 ? 'all findings' : codes.join(', '),
      `${state}, until ${until.slice(0, 10)}`,
      accepted_by,
      reason,
    ]),
  );
}
