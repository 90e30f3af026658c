import type { Command } from 'commander';
import { readTrustPoint } from '#electron/services/signer/replace-signer.ts';
import { readSmallText } from '#electron/storage/small-text-file.ts';
import { fingerprintLines } from '#shared/logic/signer-words.ts';
import { RekeyError } from '#shared/model/errors.ts';
import { firstUseExplanation, type SignerView } from '#shared/model/signer.ts';
import type { CommandContext } from '../context.ts';
import type { RunAction } from '../run-action.ts';
import { registerSignerTrust } from './signer-trust.ts';

/** `signer …`: the keys with which this installation signs, and whose signatures it knows. */
export function registerSigner(program: Command, run: RunAction): void {
  const group = program.command('signer').description('the keys that sign reports and the log');

  group
    .command('show')
    .description('show the fingerprints, and when the keys are due')
    .action((_options: unknown, command: Command) =>
      run(command, async (context) => {
        const { signer } = await context.services();
        const view = signer.view();
        context.output.answer(view, viewText(view));
      }),
    );

  group
    .command('export')
    .option('--out <dir>', 'a folder that does not exist yet', 'rekey-signer')
    .description('write the public keys and a sheet with the fingerprints, for auditors')
    .action((options: { out: string }, command: Command) =>
      run(command, async (context) => {
        const services = await context.services();
        await explainFirstUse(context);
        const exported = await services.exportSigner(context.path(options.out));
        context.output.answer(
          exported,
          `${exported.files.length} files are in ${exported.folder}. Print fingerprints.txt, or read it to your auditors.`,
        );
      }),
    );

  group
    .command('csr')
    .option('--out <file>', 'write it there instead of to standard output')
    .description('request a certificate from your organisation’s CA')
    .action((options: { out?: string }, command: Command) =>
      run(command, async (context) => {
        const services = await context.services();
        await explainFirstUse(context);
        const path = options.out === undefined ? null : context.path(options.out);
        const request = await services.certificateRequest(path);
        context.output.answer(
          { request, path },
          path === null ? request : `Written: ${path}. Then: rekey signer import CHAIN.pem`,
        );
      }),
    );

  group
    .command('import')
    .argument('<chain>', 'PEM file: the issued certificate, each CA above it, the root')
    .description('take the certificate that your organisation’s CA issued')
    .action((path: string, _options: unknown, command: Command) =>
      run(command, async (context) => {
        const { signer } = await context.services();
        const { warnings } = await signer.importChain(readSmallText(context.path(path)));
        const view = signer.view();
        for (const warning of warnings) context.output.progress(`Note: ${warning}`);
        context.output.answer(
          { ...view, warnings },
          `The certificate is in use, and a statement says so.\n${viewText(view)}`,
        );
      }),
    );

  group
    .command('rollover')
    .requiredOption('--reason <reason>', 'why')
    .option('--compromised', 'somebody else may have the private keys')
    .option(
      '--trusted-until <checkpoint>',
      'with --compromised: a checkpoint file that was kept elsewhere, a number of events, or "nothing"',
    )
    .option('--yes', 'really do it')
    .description('replace the keys; "rekey run signing-keys" guides through it')
    .action(
      (
        options: { reason: string; compromised?: boolean; trustedUntil?: string; yes?: boolean },
        command: Command,
      ) => run(command, (context) => rollover(context, options)),
    );

  registerSignerTrust(group, run);
}

async function rollover(
  context: CommandContext,
  options: { reason: string; compromised?: boolean; trustedUntil?: string; yes?: boolean },
): Promise<void> {
  const { replaceSigner, signer } = await context.services();
  const compromised = options.compromised === true;
  if (compromised !== (options.trustedUntil !== undefined)) {
    throw new RekeyError('usage', {
      message: compromised
        ? 'Say what stays trusted of what the compromised keys signed.'
        : 'Only after a compromise something stops being trusted.',
      remedy: compromised
        ? 'Give --trusted-until with a checkpoint file that was kept away from this machine, a number of events, or "nothing".'
        : 'Leave --trusted-until out, or give --compromised.',
    });
  }
  if (options.yes !== true) {
    throw new RekeyError('usage', {
      message:
        'This asks no questions, so it must be told to go on. New keys sign from then on; the old private keys are destroyed, and there is no way back.',
      remedy: 'Tell your auditors first, then give --yes. "rekey run signing-keys" guides through it.',
    });
  }
  const { warning } = await replaceSigner({
    reason: options.reason,
    compromised,
    trustedUntil: options.trustedUntil === undefined ? null : trustPoint(context, options.trustedUntil),
    runId: null,
  });
  if (warning !== null) context.output.progress(`Note: ${warning}`);
  const view = signer.view();
  context.output.answer(
    { ...view, warnings: warning === null ? [] : [warning] },
    `New keys sign from now on. Give the new fingerprint to your auditors.\n${viewText(view)}`,
  );
}

/** Says in three sentences what is about to be made, where it is made now. */
async function explainFirstUse(context: CommandContext): Promise<void> {
  const { signer } = await context.services();
  if (signer.facts() === null) for (const line of firstUseExplanation) context.output.progress(line);
}

function viewText(view: SignerView): string {
  if (!view.keys) {
    return 'There are no signing keys yet. The first report makes them, and so does "rekey signer export".';
  }
  const former = view.former.map(
    ({ report_key, replaced_at, compromised }) =>
      `    ${report_key}  until ${replaced_at.slice(0, 10)}${compromised ? ', compromised' : ''}`,
  );
  return [
    ...fingerprintLines(view),
    '',
    view.message ?? `The keys are due on ${view.due_at?.slice(0, 10)}.`,
    ...(former.length > 0 ? ['Former report keys', ...former] : []),
  ].join('\n');
}

function trustPoint(context: CommandContext, given: string): string {
  return readTrustPoint(/^(\d+|nothing)$/.test(given) ? given : context.path(given));
}
