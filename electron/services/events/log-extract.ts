import { closeSync, existsSync, fsyncSync, openSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { AppendLog } from '#electron/storage/append-log.ts';
import { writeFileAtomic } from '#electron/storage/atomic-file.ts';
import { writeAll } from '#electron/storage/write-all.ts';
import { equalBytes } from '#shared/logic/bytes.ts';
import { type Checkpoint, logIdOf, openCheckpoint } from '#shared/logic/checkpoint.ts';
import { leafHash, TreeFrontier } from '#shared/logic/merkle.ts';
import {
  formatVerifierKey,
  NoteError,
  parseNote,
  parseVerifierKey,
  type SignedNote,
  type VerifierKey,
} from '#shared/logic/signed-note.ts';
import { RekeyError } from '#shared/model/errors.ts';
import { verifyEd25519 } from '../signer/verify-ed25519.ts';
import { maximumLineLength, parseEventLine } from './event-line.ts';
import { linesForward } from './log-lines.ts';
import { sha256 } from './sha256.ts';
import { StoredHashes } from './stored-hashes.ts';

/** What says about itself, before its events were read: nothing of it is proven but the signature. */
export interface ExtractHead {
  readonly folder: string;
  /** Id of the log's first event, as the origin names it. */
  readonly id: string;
  readonly key: VerifierKey;
  readonly note: SignedNote;
  readonly checkpoint: Checkpoint;
}

/** What its events say, once they have given the root. */
export interface ExtractContent {
  /** The root when the log had that many events, if it was asked for. */
  earlierRoot: Uint8Array | null;
  /** Machine that wrote the last event. */
  host: string;
}

/** A checkpoint and a key are small texts. */
const largestHead = 1024 * 1024;
/** Other work gets its turn after so much of a copy. */
const bytesBetweenTurns = 1024 * 1024;

/**
 * Reads checkpoint and key of a folder that another installation's `events export` wrote, and checks the signature.
 * Throws `extract-unreadable` for anything else, and `extract-refused` when the signature is wrong.
 */
export function readExtractHead(folder: string): ExtractHead {
  if (!existsSync(join(folder, 'events.jsonl'))) throw noExtract(folder, 'it has no file events.jsonl');
  const [noteBytes, keyBytes] = [smallFile(folder, 'checkpoint'), smallFile(folder, 'log.vkey')];
  try {
    const key = parseVerifierKey(sha256, keyBytes.toString('utf8').trimEnd());
    const id = logIdOf(key.name);
    if (id === null) throw noExtract(folder, `${key.name} is not the name of a log of Rekey`);
    const note = parseNote(noteBytes);
    return { folder, id, key, note, checkpoint: openCheckpoint(note, key, verifyEd25519) };
  } catch (error) {
    if (!(error instanceof NoteError)) throw error;
    throw refusedExtract(folder, `its checkpoint does not hold. ${error.message}`);
  }
}

/**
 * Copies the events of an extract into an empty folder, with their hashes, checkpoint, key and the rotations they tell
 * of, while checking that they give the checkpoint's root. Throws `extract-refused`; then the copy is to be discarded.
 */
export async function copyExtract(
  head: ExtractHead,
  target: string,
  options: { earlierSize: number | null; signal?: AbortSignal; onProgress?: (share: number) => void },
): Promise<ExtractContent> {
  const { folder, checkpoint } = head;
  const path = join(folder, 'events.jsonl');
  if (!statSync(path).isFile()) throw noExtract(folder, 'events.jsonl is not a file');
  const text = AppendLog.openForReading(path);
  if (text === null) throw noExtract(folder, 'it has no file events.jsonl');
  const descriptor = openSync(join(target, 'events.jsonl'), 'wx', 0o400);
  const hashes = new StoredHashes(join(target, 'hashes'));
  try {
    const frontier = new TreeFrontier(sha256);
    const rotations = new Set<string>();
    let earlierRoot: Uint8Array | null = null;
    let host = '';
    let [end, flushed, stored] = [0, 0, 0];
    let lines: Buffer[] = [];
    let nodes: Uint8Array[] = [];
    const total = text.size();
    const flush = () => {
      writeAll(descriptor, Buffer.concat(lines));
      hashes.write(stored, Buffer.concat(nodes));
      stored += nodes.length;
      flushed = end;
      [lines, nodes] = [[], []];
    };
    for (const { bytes, start } of linesForward(text, 0, total)) {
      if (frontier.size === checkpoint.size || bytes.length > maximumLineLength) break;
      lines.push(bytes, newline);
      nodes.push(...frontier.add(leafHash(sha256, bytes)));
      if (frontier.size === options.earlierSize) earlierRoot = frontier.root();
      const event = parseEventLine(bytes.toString('utf8'));
      if (frontier.size === 1 && event?.id !== head.id) {
        throw refusedExtract(folder, 'its first event is not the one that the log is named after');
      }
      if (typeof event?.host === 'string') host = event.host;
      if (event?.event_type === 'key_rotation' && typeof event.rotation_id === 'string') {
        rotations.add(event.rotation_id);
      }
      end = start + bytes.length + 1;
      if (end - flushed < bytesBetweenTurns) continue;
      flush();
      options.onProgress?.(end / total);
      await setImmediate();
      options.signal?.throwIfAborted();
    }
    flush();
    if (frontier.size !== checkpoint.size || end !== total) {
      throw refusedExtract(
        folder,
        `it holds ${frontier.size < checkpoint.size ? `only ${frontier.size}` : 'more'} events, and its checkpoint counts ${checkpoint.size}`,
      );
    }
    if (!equalBytes(frontier.root(), checkpoint.root)) {
      throw refusedExtract(folder, 'its events do not give the root of its checkpoint: they were changed');
    }
    fsyncSync(descriptor);
    writeFileAtomic(join(target, 'checkpoint'), readFileSync(join(folder, 'checkpoint')), { mode: 0o400 });
    writeFileAtomic(join(target, 'log.vkey'), `${formatVerifierKey(head.key)}\n`, { mode: 0o400 });
    writeFileAtomic(join(target, 'rotations.json'), JSON.stringify([...rotations]), { mode: 0o400 });
    return { earlierRoot, host };
  } finally {
    closeSync(descriptor);
    hashes.close();
    text.close();
  }
}

const newline = Buffer.from('\n');

function smallFile(folder: string, name: string): Buffer {
  const path = join(folder, name);
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined) throw noExtract(folder, `it has no file ${name}`);
  if (!found.isFile() || found.size > largestHead) throw noExtract(folder, `${name} is not a small file`);
  return readFileSync(path);
}

function noExtract(folder: string, why: string): RekeyError {
  return new RekeyError('extract-unreadable', {
    message: `${folder} is no signed copy of a log: ${why}.`,
    unchanged: 'Nothing was imported.',
    remedy:
      'Let the other installation write one: rekey events export --out DIR. It is signed once that installation has signing keys ("rekey events checkpoint" makes them).',
    details: { folder },
  });
}

export function refusedExtract(folder: string, why: string): RekeyError {
  return new RekeyError('extract-refused', {
    message: `The copy of a log in ${folder} is refused: ${why}.`,
    unchanged: 'Nothing was imported; what was imported before stays.',
    remedy:
      'Have it exported again. If it is refused again, ask the other installation’s operator what happened.',
    details: { folder },
  });
}
