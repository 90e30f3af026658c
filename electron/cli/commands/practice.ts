import type { Command } from 'commander';
import type { CommandContext } from '../context.ts';
import type { RunAction } from '../run-action.ts';

/** `practice start|reset`: the practice environment and its service, from the terminal. */
export function registerPractice(program: Command, run: RunAction): void {
  const group = program.command('practice').description('the practice environment');
  group
    .command('start')
    .description('create it when it is missing, and start its service')
    .action((_options: unknown, command: Command) =>
      run(command, async (context) => {
        const { practice } = await context.services();
        await answer(context, await practice.start(), 'The practice environment runs.');
      }),
    );
  group
    .command('reset')
    .description('put it back to its beginning, with new values')
    .action((_options: unknown, command: Command) =>
      run(command, async (context) => {
        const { practice } = await context.services();
        await answer(context, await practice.reset(), 'The practice environment is new again, and runs.');
      }),
    );
}

async function answer(
  context: CommandContext,
  practice: { environmentId: string; running: boolean; url: string | null },
  text: string,
): Promise<void> {
  context.output.answer(
    { id: practice.environmentId, running: practice.running, url: practice.url },
    `${text}\nSee it with "rekey status Practice", rotate with "rekey run planned Practice --drill".`,
  );
}
