import type { Command } from 'commander';
import type { RunAction } from '../run-action.ts';

/** `keychain check`: which store is used, and whether it would survive a reboot. Exit 5 when it cannot be used. */
export function registerKeychain(program: Command, run: RunAction): void {
  const group = program.command('keychain').description('where credentials and the wrapping key are kept');
  group
    .command('check')
    .description('write, read and delete a probe entry')
    .action((_options: unknown, command: Command) =>
      run(command, async (context) => {
        const { keychain } = await context.services();
        const probe = await keychain.probe();
        context.output.answer(
          probe,
          [`${probe.store}: ${probe.state}`, probe.message, probe.remedy ?? '']
            .filter((line) => line !== '')
            .join('\n'),
        );
        if (probe.state !== 'durable') context.exit(5);
      }),
    );
}
