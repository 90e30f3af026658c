import { existsSync, readFileSync, statSync } from 'node:fs';
import type { Command } from 'commander';
import { proveInclusion } from '#electron/services/events/log-proofs.ts';
import { LogSnapshot } from '#electron/services/events/log-snapshot.ts';
import { writeFileAtomic } from '#electron/storage/atomic-file.ts';
import { hexOf } from '#shared/logic/bytes.ts';
import { canonicalJson } from '#shared/logic/canonical-json.ts';
import { formatNote, formatVerifierKey } from '#shared/logic/signed-note.ts';
import { RekeyError } from '#shared/model/errors.ts';
import { firstUseExplanation } from '#shared/model/signer.ts';
import type { CommandContext } from '../context.ts';
import type { RunAction } from '../run-action.ts';
import { table } from '../table.ts';

const largestFile = 1024 * 1024;

/** `events checkpoint|cosign|prove|import|imported`: what makes the log's word worth something elsewhere. */
export function registerEventsEvidence(group: Command, run: RunAction): void {
  registerCheckpoint(group, run);
  registerCosign(group, run);
  registerProve(group, run);
  registerImport(group, run);
}

interface CheckpointOptions {
  out?: string;
  since?: string;
  add?: string;
  key?: string;
}

function registerCheckpoint(group: Command, run: RunAction): void {
  group
    .command('checkpoint')
    .option(
      '--out <file>',
      'write it for another installation to cosign, with the proof that the log only grew',
    )
    .option(
      '--since <size>',
      'the size that the cosigner saw last; default: that of the last cosigned checkpoint',
    )
    .option('--add <file>', 'take back a checkpoint that another installation has cosigned')
    .option('--key <vkey>', 'with --add: the cosigner’s key, as it was told by another way')
    .description('sign size and root of the log as they are now')
    .action((options: CheckpointOptions, command: Command) =>
      run(command, async (context) => {
        if (options.add === undefined) await answerCheckpoint(context, options);
        else await answerAdded(context, options.add, options);
      }),
    );
}

async function answerCheckpoint(context: CommandContext, options: CheckpointOptions): Promise<void> {
  if (options.key !== undefined) throw usage('--key goes with --add.');
  if (options.since !== undefined && options.out === undefined) throw usage('--since goes with --out.');
  const { signer, checkpoints, cosignatures } = await context.services();
  const out = options.out === undefined ? null : context.path(options.out);
  if (out !== null) assertFree(out);
  if (signer.facts() === null) for (const line of firstUseExplanation) context.output.progress(line);
  const request =
    out === null
      ? null
      : await cosignatures.request(options.since === undefined ? null : sizeOf(options.since));
  const checkpoint = request?.checkpoint ?? (await checkpoints.make());
  if (request && out !== null) writeFileAtomic(out, request.file, { mode: 0o644 });
  const { origin, size, root, at, note } = checkpoint;
  const key = checkpoints.key();
  const by = cosignatures.of(checkpoint);
  const document = {
    origin,
    size,
    root: hexOf(root),
    at,
    key: key && formatVerifierKey(key),
    cosigned_by: by.map(({ name, keyId, at: when }) => ({ name, key_id: keyId, at: when })),
    since: request?.since ?? null,
    file: out,
    note: formatNote(note),
  };
  const lines = [
    `The log has ${size} events. Root: ${document.root}`,
    `Its key, for whoever checks or cosigns it (tell it by another way than the file): ${document.key}`,
    ...by.map(({ name, at: when }) => `Cosigned by ${name} at ${when}.`),
    ...(request && out !== null
      ? [
          `The checkpoint is in ${out}${request.since > 0 ? `, with the proof that the log only grew since ${request.since} events` : ''}.`,
        ]
      : ['', document.note]),
  ];
  context.output.answer(document, lines.join('\n'));
}

async function answerAdded(context: CommandContext, file: string, options: CheckpointOptions): Promise<void> {
  if (options.out !== undefined || options.since !== undefined) throw usage('--add goes with --key only.');
  const { cosignatures, checkpoints } = await context.services();
  const { checkpoint, by } = await cosignatures.add(readSmall(context.path(file)), options.key ?? null);
  const { origin, size, root, at, note } = checkpoint;
  const key = checkpoints.key();
  const document = {
    origin,
    size,
    root: hexOf(root),
    at,
    key: key && formatVerifierKey(key),
    cosigned_by: by.map(({ name, keyId, at: when }) => ({ name, key_id: keyId, at: when })),
    since: null,
    file: null,
    note: formatNote(note),
  };
  const who = by.map(({ name, at: when }) => `${name} (${when})`).join(', ');
  context.output.answer(document, `The checkpoint of ${size} events is cosigned by ${who}.`);
}

function registerCosign(group: Command, run: RunAction): void {
  group
    .command('cosign')
    .argument('<file>', 'what "events checkpoint --out" of the other installation wrote')
    .option('--key <vkey>', 'the key of its log, as it was told by another way; needed the first time')
    .option('--out <file>', 'default: FILE.cosigned')
    .description('vouch for another installation’s log: that it only grew since it was seen here last')
    .action((file: string, options: { key?: string; out?: string }, command: Command) =>
      run(command, async (context) => {
        const { signer, cosigner } = await context.services();
        const request = readSmall(context.path(file));
        const out = context.path(options.out ?? `${file}.cosigned`);
        assertFree(out);
        if (signer.facts() === null) for (const line of firstUseExplanation) context.output.progress(line);
        const cosigned = await cosigner.cosign(request, options.key ?? null);
        writeFileAtomic(out, cosigned.note, { mode: 0o644 });
        const { origin, size, root, previousSize, at, cosigner: key, note } = cosigned;
        context.output.answer(
          { origin, size, root, previous_size: previousSize, at, cosigner: key, file: out, note },
          [
            previousSize === null
              ? `${origin} was not seen here before. It has ${size} events now.`
              : `${origin} only grew since it was seen here with ${previousSize} events. It has ${size} now.`,
            `Root: ${root}`,
            `The cosigned checkpoint is in ${out}. Give it back: rekey events checkpoint --add FILE.`,
            `The first time with --key, told by another way than the file: ${key}`,
          ].join('\n'),
        );
      }),
    );
}

function registerProve(group: Command, run: RunAction): void {
  group
    .command('prove')
    .argument('<seq>', 'number of the event')
    .option('--size <n>', 'in the log as it was with so many events; default: the newest checkpoint’s')
    .option('--out <file>', 'write the proof there')
    .description('prove that an event is in the log (RFC 6962 inclusion proof)')
    .action((seqText: string, options: { size?: string; out?: string }, command: Command) =>
      run(command, async (context) => {
        const { log, checkpoints } = await context.services();
        const out = options.out === undefined ? null : context.path(options.out);
        if (out !== null) assertFree(out);
        const seq = sizeOf(seqText);
        const now = LogSnapshot.of(log);
        try {
          const place = now.event(seq);
          const newest = checkpoints.newest()?.size ?? 0;
          const covered = place !== null && newest > place.leaf ? newest : now.size;
          const size = options.size === undefined ? covered : sizeOf(options.size);
          if (size < 1 || size > now.size) throw usage(`--size is a number from 1 to ${now.size}.`);
          const then = now.at(size);
          try {
            const proof = proveInclusion(then, seq);
            const text = canonicalJson(proof);
            if (out !== null) writeFileAtomic(out, text, { mode: 0o644 });
            context.output.answer(
              { proof, root: hexOf(then.root), checkpoint: size === newest, file: out },
              out === null
                ? text
                : `Event ${seq} is in the log of ${size} events. Root: ${hexOf(then.root)}\nThe proof is in ${out}.`,
            );
          } finally {
            then.close();
          }
        } finally {
          now.close();
        }
      }),
    );
}

function registerImport(group: Command, run: RunAction): void {
  group
    .command('import')
    .argument('<dir>', 'what "events export" of another installation wrote')
    .option('--name <name>', 'what to call that installation')
    .option('--key <vkey>', 'the key of its log, as it was told by another way')
    .description('take in the log of another installation, read-only, for reports about all of them')
    .action((dir: string, options: { name?: string; key?: string }, command: Command) =>
      run(command, async (context) => {
        const { importedLogs } = await context.services();
        const { log, previousSize } = await importedLogs.import({
          from: context.path(dir),
          name: options.name,
          key: options.key,
        });
        context.output.answer(
          { ...log, previous_size: previousSize },
          [
            `The log of ${log.name} is imported: ${log.size} events${previousSize === null ? '' : `, ${log.size - previousSize} of them new`}. Root: ${log.root}`,
            log.key_confirmed
              ? 'Its key is the one that is known here.'
              : `Its key came with the copy. Compare it with the one that its operator tells you, and import again with --key: ${log.key}`,
          ].join('\n'),
        );
      }),
    );

  group
    .command('imported')
    .description('list the logs of other installations')
    .action((_options: unknown, command: Command) =>
      run(command, async (context) => {
        const { importedLogs } = await context.services();
        const logs = importedLogs.list();
        const rows = logs.map(({ name, id, size, imported_at, key_confirmed }) => [
          name,
          id,
          `${size} events`,
          imported_at.slice(0, 19).replace('T', ' '),
          key_confirmed ? 'key known' : 'key not confirmed',
        ]);
        context.output.answer({ logs }, rows.length === 0 ? 'None was imported.' : table(rows));
      }),
    );
}

function sizeOf(text: string): number {
  const size = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(size)) return size;
  throw usage(`"${text}" is not a number of events.`);
}

function assertFree(path: string): void {
  if (!existsSync(path)) return;
  throw new RekeyError('file-exists', {
    message: `${path} exists already.`,
    remedy: 'Choose another name, or move it away.',
    details: { path },
  });
}

function readSmall(path: string): Buffer {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found?.isFile() && found.size <= largestFile) return readFileSync(path);
  throw new RekeyError('checkpoint-unreadable', {
    message:
      found === undefined ? `There is no file ${path}.` : `${path} is not a small file, as a checkpoint is.`,
    remedy: 'Name the file with the checkpoint.',
    details: { path },
  });
}

function usage(message: string): RekeyError {
  return new RekeyError('usage', { message, remedy: 'Run with --help to see how it is used.' });
}
