import type { Command } from 'commander';
import { RekeyError } from '#shared/model/errors.ts';
import type { RunAction } from '../run-action.ts';

/** `welcome`: from nothing to a guided run, for a terminal without a display. */
export function registerWelcome(program: Command, run: RunAction): void {
  program
    .command('welcome')
    .option('--practice', 'go straight to the practice environment')
    .description('set Rekey up and walk through a first rotation, in the terminal')
    .action((options: { practice?: boolean }, command: Command) =>
      run(command, async (context) => {
        if (!process.stdin.isTTY || !process.stdout.isTTY) {
          throw new RekeyError('usage', {
            message: 'The welcome asks questions, and this is not a terminal.',
            remedy: 'Use "rekey env add", "rekey status" and "rekey rotate" instead; see "rekey --help".',
          });
        }
        const { welcomeInTerminal } = await import('../welcome-terminal.ts');
        await welcomeInTerminal(context, { practice: options.practice === true });
      }),
    );
}
