import type { Command } from 'commander';
import { KeychainBackend, type KeychainProbe } from '#shared/model/keychain.ts';
import type { CommandContext } from '../context.ts';
import type { RunAction } from '../run-action.ts';

/**
 * `keychain check`: which store is used, and whether it would survive a reboot. `keychain use`: moves everything to
 * the other store. Exit 5 when a store cannot be used.
 */
export function registerKeychain(program: Command, run: RunAction): void {
  const group = program.command('keychain').description('where credentials and the wrapping key are kept');
  group
    .command('check')
    .description('write, read and delete a probe entry')
    .action((_options: unknown, command: Command) =>
      run(command, async (context) => {
        const { keychain } = await context.services();
        await keychain.settle();
        answer(context, await keychain.probe());
      }),
    );
  group
    .command('use')
    .addArgument(group.createArgument('<store>', 'os or vault').choices(KeychainBackend.options))
    .description('move the wrapping key and the credentials to that store')
    .action((backend: KeychainBackend, _options: unknown, command: Command) =>
      run(command, async (context) => {
        const { keychain } = await context.services();
        answer(context, await keychain.choose(backend));
      }),
    );
}

function answer({ output, exit }: CommandContext, probe: KeychainProbe): void {
  const lines = [`${probe.store}: ${probe.state}`, probe.message, probe.remedy ?? ''];
  output.answer(probe, lines.filter((line) => line !== '').join('\n'));
  if (probe.state !== 'durable') exit(5);
}
