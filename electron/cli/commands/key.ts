import type { Command } from 'commander';
import { z } from 'zod';
import { RekeyError } from '#shared/model/errors.ts';
import type { CommandContext } from '../context.ts';
import type { RunAction } from '../run-action.ts';

/** `baseline` and `mark`: what people know about a key that Rekey cannot see. */
export function registerKey(program: Command, run: RunAction): void {
  program
    .command('baseline')
    .argument('<env>', 'name or id')
    .argument('<key>', 'the key')
    .requiredOption('--date <date>', 'YYYY-MM-DD on which it was last rotated')
    .requiredOption('--reason <reason>', 'how this is known')
    .description('record when a key was last rotated, before Rekey knew it')
    .action((env: string, key: string, options: { date: string; reason: string }, command: Command) =>
      run(command, async (context) => {
        const date = z.iso.date().safeParse(options.date);
        if (!date.success) {
          throw new RekeyError('usage', {
            message: `"${options.date}" is not a date.`,
            remedy: 'Give a day as YYYY-MM-DD.',
          });
        }
        const { environments } = await context.services();
        const { id } = environments.find(env);
        await environments.baseline(id, key, date.data, options.reason);
        await answerKey(context, id, key, `The baseline of ${key} is recorded.`);
      }),
    );

  program
    .command('mark')
    .argument('<env>', 'name or id')
    .argument('<key>', 'the key')
    .option('--compromised', 'someone else may know the value')
    .option('--cleared', 'it turned out that nobody does')
    .requiredOption('--reason <reason>', 'what is known')
    .description('mark a key as compromised, or take that back')
    .action(
      (
        env: string,
        key: string,
        options: { compromised?: boolean; cleared?: boolean; reason: string },
        command: Command,
      ) =>
        run(command, async (context) => {
          if ((options.compromised === true) === (options.cleared === true)) {
            throw new RekeyError('usage', {
              message: 'Give either --compromised or --cleared.',
              remedy: 'Use --compromised when someone else may know the value, --cleared to take that back.',
            });
          }
          const { environments } = await context.services();
          const { id } = environments.find(env);
          if (options.compromised) {
            await environments.markCompromised(id, key, options.reason);
            await answerKey(
              context,
              id,
              key,
              `${key} is marked as compromised. Rotate it: rekey run emergency "${env}" --key ${key}`,
            );
          } else {
            await environments.clearCompromised(id, key, options.reason);
            await answerKey(context, id, key, `${key} is no longer marked as compromised.`);
          }
        }),
    );
}

async function answerKey(
  context: CommandContext,
  environmentId: string,
  key: string,
  text: string,
): Promise<void> {
  const { environments, status } = await context.services();
  const config = environments.find(environmentId);
  const report = await status.report([environmentId]);
  const entry = report.environments[0]?.keys.find((candidate) => candidate.key === key);
  context.output.answer(
    {
      environment: { id: config.id, name: config.name, stage: config.stage },
      key,
      status: entry?.status ?? 'missing',
    },
    text,
  );
}
