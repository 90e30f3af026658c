import { closeSync, existsSync, fsyncSync, openSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { AppendLog } from '#electron/storage/append-log.ts';
import { makePrivateFolder, syncFolder, writeFileAtomic } from '#electron/storage/atomic-file.ts';
import { writeAll } from '#electron/storage/write-all.ts';
import { formatNote, formatVerifierKey } from '#shared/logic/signed-note.ts';
import { type Clock, timestamp } from '#shared/model/clock.ts';
import { isRekeyError, RekeyError } from '#shared/model/errors.ts';
import type { Checkpoints } from './checkpoints.ts';
import type { FileEventLog } from './file-event-log.ts';
import { type LogExtent, LogSnapshot } from './log-snapshot.ts';

/** What `events export` wrote. */
export interface LogExport {
  folder: string;
  size: number;
  root: string;
  /** With a checkpoint, so that another installation can import it. */
  signed: boolean;
  /** Why not; null if it is. */
  unsigned_because: string | null;
}

export interface LogExportOptions {
  log: FileEventLog;
  checkpoints: Checkpoints;
  clock: Clock;
}

const files = ['events.jsonl', 'root.json', 'checkpoint', 'log.vkey'] as const;

/**
 * Copies the complete log into a new or empty folder (0700): `events.jsonl` byte for byte, and `root.json` with its
 * size and RFC 6962 root; where there are signing keys also `checkpoint`, the signed note of both, and `log.vkey`, the
 * key. The export itself is the last event of the copy, unless the log is damaged: a damaged log can be copied too, and
 * says so in `root.json`; it is not signed.
 */
export async function exportLog(
  { log, checkpoints, clock }: LogExportOptions,
  to: string,
): Promise<LogExport> {
  const folder = resolve(to);
  for (const name of files) {
    if (!existsSync(join(folder, name))) continue;
    throw new RekeyError('file-exists', {
      message: `${join(folder, name)} exists already.`,
      remedy: 'Choose an empty folder, or one that does not exist yet.',
      details: { path: join(folder, name) },
    });
  }
  makePrivateFolder(folder);
  const { state } = log.health();
  if (state !== 'corrupt') log.note('exported', { folder });
  const signed = await writeCheckpoint(checkpoints, folder, state === 'corrupt');
  const extent = signed.size === null ? log.snapshot() : extentAt(log, signed.size);
  copyPrefix(extent, join(folder, 'events.jsonl'));
  const size = extent?.size ?? 0;
  const root = extent?.root ?? log.root();
  const summary = { schema_version: 1, exported_at: timestamp(clock), size, root, state };
  writeFileAtomic(join(folder, 'root.json'), `${JSON.stringify(summary, null, 2)}\n`);
  return { folder, size, root, signed: signed.size !== null, unsigned_because: signed.reason };
}

/** Writes checkpoint and key if they can be had. `size`: that of the checkpoint; null if there is none, with the reason. */
async function writeCheckpoint(
  checkpoints: Checkpoints,
  folder: string,
  damaged: boolean,
): Promise<{ size: number | null; reason: string | null }> {
  if (damaged) return { size: null, reason: 'The log is damaged.' };
  if (checkpoints.key() === null) return { size: null, reason: 'There are no signing keys yet.' };
  try {
    const { size, note } = await checkpoints.make();
    const key = checkpoints.key();
    if (key === null) return { size: null, reason: 'There are no signing keys any more.' };
    writeFileAtomic(join(folder, 'checkpoint'), formatNote(note));
    writeFileAtomic(join(folder, 'log.vkey'), `${formatVerifierKey(key)}\n`);
    return { size, reason: null };
  } catch (error) {
    // A copy without signature is better than none; what stands against it is said.
    if (!isRekeyError(error)) throw error;
    return { size: null, reason: error.message };
  }
}

function extentAt(log: FileEventLog, size: number): LogExtent {
  const now = LogSnapshot.of(log);
  try {
    return now.extentAt(size);
  } finally {
    now.close();
  }
}

function copyPrefix(snapshot: { path: string; end: number } | null, target: string): void {
  const source = snapshot && AppendLog.openForReading(snapshot.path);
  const descriptor = openSync(target, 'wx', 0o600);
  try {
    const end = source === null ? 0 : (snapshot?.end ?? 0);
    for (let at = 0; source !== null && at < end; ) {
      const bytes = source.read(at, Math.min(end, at + 1024 * 1024));
      if (bytes.length === 0) break;
      writeAll(descriptor, bytes);
      at += bytes.length;
    }
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
    source?.close();
  }
  syncFolder(dirname(target));
}
