import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { RekeyError } from '#shared/model/errors.ts';
import { Secret } from '#shared/model/secret.ts';
import type { CommandContext } from '../context.ts';
import { readSecret } from '../read-secret.ts';
import type { RunAction } from '../run-action.ts';

/** `recover` and `recovery-file`: what to do when the file, or this machine, is gone. */
export function registerRecover(program: Command, run: RunAction): void {
  program
    .command('recover')
    .argument('<env>', 'name or id')
    .option('--from <file>', 'a recovery file; its passphrase is read from the terminal or standard input')
    .option('--identity <file>', 'the age identity for which the recovery file was made')
    .description('restore keys of a lost file from what is sealed here, or from a recovery file')
    .action((env: string, options: { from?: string; identity?: string }, command: Command) =>
      run(command, async (context) => {
        const { environments, recovery } = await context.services();
        const config = environments.find(env);
        const result = await recovery.recover(
          config.id,
          options.from === undefined
            ? null
            : {
                path: context.path(options.from),
                unlock:
                  options.identity === undefined
                    ? { passphrase: await readSecret('Passphrase of the recovery file') }
                    : { identity: readIdentity(context.path(options.identity)) },
              },
        );
        const text = [
          result.restored.length > 0 ? `Restored: ${result.restored.join(', ')}` : 'Nothing was restored.',
          result.missing.length > 0
            ? `Not sealed here, restore by other means: ${result.missing.join(', ')}`
            : '',
          result.silent.length > 0 ? `Not reached, so not looked at: ${result.silent.join(', ')}` : '',
        ];
        context.output.answer(result, text.filter((line) => line !== '').join('\n'));
        if (result.missing.length > 0 || result.silent.length > 0) context.exit(4);
      }),
    );

  program
    .command('recovery-file')
    .argument('<run>', 'id, or its beginning')
    .requiredOption('--out <file>', 'where to write it; must not exist')
    .option('--recipient <age1…>', 'the age public key of a second operator; else a passphrase is read')
    .description('write a sealed recovery file with the old and new values of a run')
    .action((id: string, options: { out: string; recipient?: string }, command: Command) =>
      run(command, async (context) => {
        const { runs, recovery } = await context.services();
        const path = context.path(options.out);
        const protection =
          options.recipient === undefined
            ? { passphrase: await newPassphrase(context) }
            : { recipient: options.recipient };
        await recovery.writeFile(runs.get(id).run_id, path, protection);
        context.output.answer(
          { path },
          `The recovery file is ${path}. Keep it away from this machine; it opens only with its passphrase or identity.`,
        );
      }),
    );
}

function readIdentity(path: string): Secret {
  try {
    return new Secret(readFileSync(path, 'utf8'));
  } catch (cause) {
    throw new RekeyError('invalid-input', {
      message: `The identity file ${path} cannot be read.`,
      remedy: 'Give the file that age-keygen wrote, and that you may read.',
      cause,
    });
  }
}

async function newPassphrase(context: CommandContext): Promise<Secret> {
  const first = await readSecret('New passphrase for the recovery file');
  if (process.stdin.isTTY) {
    const second = await readSecret('The same passphrase again');
    if (!first.equals(second)) {
      throw new RekeyError('invalid-input', {
        message: 'The two passphrases differ.',
        remedy: 'Run the command again.',
      });
    }
  } else {
    context.output.progress('The passphrase was read from standard input.');
  }
  return first;
}
