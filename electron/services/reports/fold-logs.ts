import { statSync } from 'node:fs';
import { join } from 'node:path';
import { AppendLog } from '#electron/storage/append-log.ts';
import { hexOf } from '#shared/logic/bytes.ts';
import { emptyRoot } from '#shared/logic/merkle.ts';
import {
  type ReadLog,
  ReportBuilder,
  type ReportFrame,
  type ReportQuestion,
} from '#shared/logic/report/report-builder.ts';
import { isRekeyError } from '#shared/model/errors.ts';
import type { ReportPreview } from '#shared/model/report-making.ts';
import { parseEventLine } from '../events/event-line.ts';
import { openEarlierLogs, previousFolder } from '../events/log-history.ts';
import { LogSnapshot } from '../events/log-snapshot.ts';
import { textPath } from '../events/log-state.ts';
import { sha256 } from '../events/sha256.ts';
import type { ImportedLogSource, LogSources } from './report-task.ts';

/** A log of the report, open for reading. */
export interface FoldedLog {
  read: ReadLog;
  /** Null for an own log without events. */
  snapshot: LogSnapshot | null;
  /** Its events that name the log which it continues. */
  movedSeqs: number[];
}

export interface FoldedLogs {
  builder: ReportBuilder;
  /** The own log first. */
  logs: FoldedLog[];
  missingLogs: ReportFrame['missingLogs'];
  close: () => void;
}

/** What a log says of the one that it continues. */
interface MovedFrom {
  folder: string;
  size: number | null;
  root: string | null;
  seqs: number[];
}

/**
 * Folds the events of all logs: those that the own one continues, oldest first, the own one, imported ones. Reads each
 * once, in a stream. `scratch`: a folder for hashes that have to be made; the caller removes it. Throws `log-corrupt`
 * when the own log does not fit its hashes, or the system's error.
 */
export function foldLogs(
  sources: LogSources,
  question: ReportQuestion,
  scratch: string,
  onProgress: (share: number) => void,
): FoldedLogs {
  const builder = new ReportBuilder(question);
  const own = ownLog(sources);
  const logs = [own];
  const missingLogs: ReportFrame['missingLogs'][number][] = [];
  const close = () => {
    for (const { snapshot } of logs) snapshot?.close();
  };
  try {
    const earlier = earlierLogs(sources, own, scratch, missingLogs);
    logs.push(...earlier);
    logs.push(...sources.imported.map(importedLog));
    const imported = logs.filter(({ read }) => read.kind === 'imported');
    const order = [...earlier.toReversed(), own, ...imported];
    const total = order.reduce((sum, { read }) => sum + read.size, 0);
    let done = 0;
    for (const { read, snapshot } of order) {
      if (snapshot === null) continue;
      let leaf = 0;
      for (const line of snapshot.lines(snapshot.whole())) {
        const event = parseEventLine(line.bytes.toString('utf8'));
        if (event === null) builder.addUnreadable(read.id, leaf);
        else builder.add(read.id, event, leaf);
        leaf += 1;
        done += 1;
        if (done % 4_096 === 0) onProgress(done / total);
      }
    }
    onProgress(1);
    return { builder, logs, missingLogs, close };
  } catch (error) {
    close();
    throw error;
  }
}

/** All but who signs it, for a preview and for a report. */
export function frameOf(
  folded: FoldedLogs,
  sources: LogSources,
  generated: ReportPreview['generated'],
): ReportFrame {
  return {
    generated,
    logs: folded.logs.map(({ read }) => read),
    missingLogs: folded.missingLogs,
    unconfirmedLogs: sources.imported.filter(({ key_confirmed }) => !key_confirmed).map(({ name }) => name),
    installations: [sources.name, ...sources.imported.map(({ name }) => name)],
  };
}

function ownLog({ own, size, name }: LogSources): FoldedLog {
  if (own === null || size === 0) {
    const root = hexOf(emptyRoot(sha256));
    const read = { id: 'own', kind: 'own', name, folder: 'log', origin: '', size: 0, root } as const;
    return { read: { ...read, anchored_by: 'nothing' }, snapshot: null, movedSeqs: [] };
  }
  const now = LogSnapshot.open(own);
  const snapshot = size === own.size ? now : atSize(now, size);
  const read = readLog('own', 'own', name, snapshot, 'checkpoint');
  return { read, snapshot, movedSeqs: movedFrom(snapshot)?.seqs ?? [] };
}

function atSize(now: LogSnapshot, size: number): LogSnapshot {
  try {
    return now.at(size);
  } finally {
    now.close();
  }
}

function importedLog({ name, folder, size, root }: ImportedLogSource, index: number): FoldedLog {
  const path = textPath(folder);
  const snapshot = LogSnapshot.open({ path, end: statSync(path).size, size, root });
  return {
    read: readLog(`imported-${index + 1}`, 'imported', name, snapshot, 'checkpoint'),
    snapshot,
    movedSeqs: movedFrom(snapshot)?.seqs ?? [],
  };
}

/** The logs that the own one continues, the latest first, as far as they can be read. */
function earlierLogs(
  { own }: LogSources,
  ownLog: FoldedLog,
  scratch: string,
  missing: ReportFrame['missingLogs'][number][],
): FoldedLog[] {
  if (own === null || ownLog.snapshot === null) return [];
  const text = AppendLog.openForReading(own.path);
  if (text === null) return [];
  const found: FoldedLog[] = [];
  let later: LogSnapshot = ownLog.snapshot;
  const earlier = openEarlierLogs(text);
  try {
    for (const { folder } of earlier.logs) {
      const id = `earlier-${found.length + 1}`;
      const named = movedFrom(later);
      const snapshot = snapshotOf(folder, named?.size ?? null, join(scratch, `${id}.hashes`));
      if (snapshot === null) {
        missing.push({ name: folder, why: 'it cannot be read whole any more.', differs: false });
        return found;
      }
      const told = named?.root ?? null;
      const holds = told !== null && told === hexOf(snapshot.root) && named?.size === snapshot.size;
      if (told !== null && !holds) {
        const why = 'its events do not give the root that it had when it was continued elsewhere.';
        missing.push({ name: folder, why, differs: true });
      }
      const read = readLog(id, 'earlier', folder, snapshot, holds ? 'moved-event' : 'nothing');
      found.push({ read, snapshot, movedSeqs: movedFrom(snapshot)?.seqs ?? [] });
      later = snapshot;
    }
    if (earlier.unreadable !== null) {
      missing.push({ name: earlier.unreadable, why: 'its folder cannot be read now.', differs: false });
    }
    return found;
  } catch (error) {
    for (const { snapshot } of found) snapshot?.close();
    throw error;
  } finally {
    earlier.close();
    text.close();
  }
}

/** Null when it is damaged or gone: what is left of it cannot be proven. */
function snapshotOf(folder: string, size: number | null, scratch: string): LogSnapshot | null {
  try {
    return LogSnapshot.ofFolder(folder, size, scratch);
  } catch (error) {
    if (isRekeyError(error, 'log-corrupt') || (error as NodeJS.ErrnoException).code !== undefined)
      return null;
    throw error;
  }
}

function readLog(
  id: string,
  kind: ReadLog['kind'],
  name: string,
  snapshot: LogSnapshot,
  anchoredBy: ReadLog['anchored_by'],
): ReadLog {
  const folder = kind === 'own' ? 'log' : `logs/${id}`;
  const { origin, size } = snapshot;
  return { id, kind, name, folder, origin, size, root: hexOf(snapshot.root), anchored_by: anchoredBy };
}

/** What the first events of a log say; the last of them counts, because an interrupted move is repeated. */
function movedFrom(snapshot: LogSnapshot): MovedFrom | null {
  let found = null as MovedFrom | null;
  for (const line of snapshot.lines(snapshot.whole())) {
    const event = parseEventLine(line.bytes.toString('utf8'));
    const folder = event && previousFolder(event);
    if (event === null || folder === null || (found !== null && found.folder !== folder)) return found;
    const { previous_size: size, previous_root: root } = event.data ?? {};
    found = {
      folder,
      size: typeof size === 'number' ? size : null,
      root: typeof root === 'string' ? root : null,
      seqs: [...(found?.seqs ?? []), event.seq],
    };
  }
  return found;
}
