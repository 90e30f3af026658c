import { closeSync, existsSync, fsyncSync, openSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { AppendLog } from '#electron/storage/append-log.ts';
import { makePrivateFolder, syncFolder, writeFileAtomic } from '#electron/storage/atomic-file.ts';
import { writeAll } from '#electron/storage/write-all.ts';
import { RekeyError } from '#shared/model/errors.ts';
import type { FileEventLog } from './file-event-log.ts';

/** What `events export` writes beside the copy. */
export interface LogExport {
  folder: string;
  size: number;
  root: string;
}

/**
 * Copies the complete log into a new or empty folder (0700): `events.jsonl` byte for byte, and `root.json` with its
 * size and RFC 6962 root. The export itself is the last event of the copy, unless the log is damaged: a damaged log
 * can be copied too, and says so in `root.json`.
 */
export function exportLog(log: FileEventLog, to: string, now: string): LogExport {
  const folder = resolve(to);
  for (const name of ['events.jsonl', 'root.json']) {
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
  const snapshot = log.snapshot();
  copyPrefix(snapshot, join(folder, 'events.jsonl'));
  const size = snapshot?.size ?? 0;
  const root = snapshot?.root ?? log.root();
  const summary = { schema_version: 1, exported_at: now, size, root, state };
  writeFileAtomic(join(folder, 'root.json'), `${JSON.stringify(summary, null, 2)}\n`);
  return { folder, size, root };
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
