import { existsSync } from 'node:fs';
import type { Command } from 'commander';
import { readSmallText } from '#electron/storage/small-text-file.ts';
import type { RunAction } from '../run-action.ts';
import { table } from '../table.ts';

const kinds = { 'report-key': 'report key', ca: 'CA' } as const;

/** `signer trust|trusted|distrust`: whose reports this installation calls those of a known signer. */
export function registerSignerTrust(group: Command, run: RunAction): void {
  group
    .command('trust')
    .argument('<signer>', 'SHA256:… of a report key, a CA’s SHA-256 fingerprint in hex, or a CA.pem')
    .requiredOption('--name <name>', 'whose reports it signs')
    .description('enrol a signer whose fingerprint you got over another way than its reports')
    .action((given: string, options: { name: string }, command: Command) =>
      run(command, async (context) => {
        const { trustedSigners } = await context.services();
        const path = context.path(given);
        const isFile = !given.startsWith('SHA256:') && existsSync(path);
        const signer = trustedSigners.trust(isFile ? readSmallText(path) : given, options.name);
        context.output.answer(
          { signer },
          `${signer.name} is known from now on: ${kinds[signer.kind]} ${signer.fingerprint}`,
        );
      }),
    );

  group
    .command('trusted')
    .description('list the enrolled signers')
    .action((_options: unknown, command: Command) =>
      run(command, async (context) => {
        const { trustedSigners } = await context.services();
        const signers = trustedSigners.list();
        context.output.answer(
          { signers },
          signers.length === 0
            ? 'Nobody is enrolled. This installation’s own keys are known without that.'
            : table(
                signers.map(({ name, kind, fingerprint, addedAt, addedBy }) => [
                  name,
                  kinds[kind],
                  fingerprint,
                  `${addedAt.slice(0, 10)} by ${addedBy}`,
                ]),
              ),
        );
      }),
    );

  group
    .command('distrust')
    .argument('<signer>', 'its name, or its fingerprint')
    .description('take an enrolled signer away')
    .action((given: string, _options: unknown, command: Command) =>
      run(command, async (context) => {
        const { trustedSigners } = await context.services();
        const signer = trustedSigners.remove(given);
        context.output.answer({ signer }, `${signer.name} is not known any more.`);
      }),
    );
}
