import { chmodSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { AppendLog } from '#electron/storage/append-log.ts';
import { makePrivateFolder, syncFolder, writeFileAtomic } from '#electron/storage/atomic-file.ts';
import { ExclusiveSection } from '#electron/storage/exclusive-section.ts';
import type { ProcessIdentity } from '#electron/storage/process-identity.ts';
import { bytesOfHex, equalBytes, hexOf } from '#shared/logic/bytes.ts';
import { formatVerifierKey, parseVerifierKey, sameKey, signatureTypes } from '#shared/logic/signed-note.ts';
import { type Clock, timestamp } from '#shared/model/clock.ts';
import { RekeyError } from '#shared/model/errors.ts';
import type { EventDraft, EventQuery, LogEvent } from '#shared/model/event.ts';
import { eventsFrom, queryEvents } from './event-query.ts';
import {
  type ImportedLog,
  type ImportRecord,
  listImportedLogs,
  readImportedLog,
} from './imported-log-records.ts';
import { givenKey, type KnownLogs } from './known-logs.ts';
import { copyExtract, type ExtractHead, readExtractHead, refusedExtract } from './log-extract.ts';
import { LogSnapshot } from './log-snapshot.ts';
import { textPath } from './log-state.ts';
import { sha256 } from './sha256.ts';

export interface ImportedLogsOptions {
  /** `<data>/imported-logs`. */
  folder: string;
  known: KnownLogs;
  clock: Clock;
  identity: ProcessIdentity;
  append: (draft: EventDraft) => void;
  /** The origin of this installation's own log; null while it has no events. */
  ownOrigin: () => string | null;
}

export interface ImportRequest {
  /** A folder that `events export` of another installation wrote. */
  from: string;
  /** Default: the name it has, or the machine that wrote its last event. */
  name?: string | undefined;
  /** The log's verifier key, told by another way. */
  key?: string | undefined;
  signal?: AbortSignal;
  onProgress?: (share: number) => void;
}

/**
 * Logs of other installations, verified and kept read-only: so that a report covers all machines of a team, and a
 * rotation done elsewhere is one with a history. A newer copy takes the place of an older one only if it goes on from
 * it; nothing imported ever shrinks.
 */
export class ImportedLogs {
  readonly #options: ImportedLogsOptions;
  readonly #section: ExclusiveSection;

  constructor(options: ImportedLogsOptions) {
    this.#options = options;
    const { folder, identity, clock } = options;
    this.#section = new ExclusiveSection(
      { path: `${folder}.lock`, identity, clock },
      'The folder of imported logs',
    );
  }

  /** By name, then id. One whose record cannot be read is left out. */
  list(): ImportedLog[] {
    return listImportedLogs(this.#options.folder);
  }

  /** By its name or the beginning of its id. Throws `invalid-input`. */
  find(nameOrId: string): ImportedLog {
    const all = this.list();
    const found = all.filter(
      ({ name, id }) => name === nameOrId || (nameOrId !== '' && id.startsWith(nameOrId)),
    );
    if (found[0] && found.length === 1) return found[0];
    throw new RekeyError('invalid-input', {
      message: `${found.length === 0 ? 'No' : 'More than one'} imported log is called "${nameOrId}".`,
      remedy:
        all.length === 0
          ? 'None was imported yet: rekey events import DIR.'
          : `These are there: ${all.map(({ name, id }) => `${name} (${id})`).join(', ')}.`,
    });
  }

  /** Its events, oldest first, read as they are asked for. */
  *scan(log: ImportedLog): Generator<LogEvent> {
    const text = openText(log);
    try {
      yield* eventsFrom({ text, end: text.size(), nextSequence: -1 }, 0);
    } finally {
      text.close();
    }
  }

  /** One page of its events, newest first. */
  query(log: ImportedLog, query: EventQuery): { events: LogEvent[]; nextBeforeSeq: number | null } {
    const text = openText(log);
    try {
      return queryEvents(text, text.size(), query);
    } finally {
      text.close();
    }
  }

  /** For proofs and parts; the caller closes it. Throws `log-corrupt` when the files are not what was imported. */
  snapshot(log: ImportedLog): LogSnapshot {
    const path = textPath(log.folder);
    const text = openText(log);
    const end = text.size();
    text.close();
    return LogSnapshot.open({ path, end, size: log.size, root: log.root });
  }

  /** The signed note of its size and root, byte for byte. */
  checkpoint(log: ImportedLog): Buffer {
    return readFileSync(join(log.folder, 'checkpoint'));
  }

  /**
   * Imports a copy of another installation's log, or a newer one in the place of what is there. The same copy again
   * changes nothing but the name. Recorded as an event before it counts.
   *
   * Throws `extract-unreadable`; `extract-refused` when signature or root are wrong, or when it does not go on from what
   * was imported before; `log-key-unknown` when its key is not the one known; or that the log cannot be written.
   */
  import(request: ImportRequest): Promise<{ log: ImportedLog; previousSize: number | null }> {
    makePrivateFolder(this.#options.folder);
    return this.#section.run(() => this.#import(request));
  }

  async #import(request: ImportRequest): Promise<{ log: ImportedLog; previousSize: number | null }> {
    const { folder, clock, append, ownOrigin } = this.#options;
    const head = readExtractHead(resolve(request.from));
    const { id, checkpoint } = head;
    const root = hexOf(checkpoint.root);
    if (checkpoint.origin === ownOrigin()) {
      throw refusedExtract(head.folder, 'it is a copy of this installation’s own log');
    }
    const before = readImportedLog(folder, id);
    const keyConfirmed = this.#confirmKey(head, before, request.key);
    if (before && checkpoint.size < before.size) {
      throw refusedExtract(
        head.folder,
        `it has ${checkpoint.size} events, and ${before.size} were imported before. It is an older copy, or events were removed`,
      );
    }

    const target = join(folder, id);
    makePrivateFolder(target);
    clearLeftovers(target, before);
    const unfinished = join(target, `unfinished-${process.pid}`);
    mkdirSync(unfinished, { mode: 0o700 });
    try {
      const { earlierRoot, host } = await copyExtract(head, unfinished, {
        earlierSize: before?.size ?? null,
        ...(request.signal ? { signal: request.signal } : {}),
        ...(request.onProgress ? { onProgress: request.onProgress } : {}),
      });
      if (before && !(earlierRoot && equalBytes(earlierRoot, bytesOfHex(before.root) ?? new Uint8Array(0)))) {
        throw refusedExtract(
          head.folder,
          `its first ${before.size} events are not those that were imported before: one of the two was rewritten, or forked`,
        );
      }
      const record: ImportRecord = {
        schema_version: 1,
        name: request.name ?? before?.name ?? (host || id.slice(0, 8)),
        origin: checkpoint.origin,
        key: formatVerifierKey(head.key),
        key_confirmed: keyConfirmed,
        size: checkpoint.size,
        root,
        imported_at: timestamp(clock),
        part: `events-${checkpoint.size}-${clock.now().getTime()}`,
      };
      append({
        event_type: 'log',
        action: 'imported',
        data: {
          origin: record.origin,
          name: record.name,
          size: record.size,
          root,
          previous_size: before?.size ?? null,
          key_confirmed: keyConfirmed,
        },
      });
      moveIntoPlace(unfinished, join(target, record.part));
      writeFileAtomic(join(target, 'log.json'), `${JSON.stringify(record, null, 2)}\n`);
      const log = readImportedLog(folder, id) as ImportedLog;
      clearLeftovers(target, log);
      return { log, previousSize: before?.size ?? null };
    } finally {
      rmSync(unfinished, { recursive: true, force: true });
    }
  }

  /** Whether the key is known from elsewhere; throws `log-key-unknown` when it is not the known one. */
  #confirmKey(head: ExtractHead, before: ImportedLog | null, given: string | undefined): boolean {
    const { origin } = head.checkpoint;
    const known = this.#options.known.log(origin);
    const expected =
      given !== undefined
        ? givenKey(given, signatureTypes.ed25519, `the log ${origin}`)
        : parseKnown(known?.key ?? before?.key);
    if (expected === null) return false;
    if (sameKey(expected, head.key))
      return given !== undefined || known !== null || before?.key_confirmed === true;
    throw new RekeyError('log-key-unknown', {
      message: `The copy in ${head.folder} is signed by another key than ${given === undefined ? 'the one that is known' : 'the one that was given'} for ${origin}.`,
      unchanged: 'Nothing was imported.',
      remedy:
        'If the other installation has replaced its signing keys, have its operator read you the new key, by another way than the copy, and give it with --key.',
      details: { origin, key: head.key.keyId, expected: expected.keyId },
    });
  }
}

function parseKnown(key: string | undefined) {
  return key === undefined ? null : parseVerifierKey(sha256, key);
}

/** What an import left that came to nothing, and what a newer copy has replaced. */
function clearLeftovers(target: string, current: ImportedLog | null): void {
  for (const name of readdirSync(target)) {
    const path = join(target, name);
    if (name === 'log.json' || path === current?.folder) continue;
    rmSync(path, { recursive: true, force: true });
  }
}

function moveIntoPlace(from: string, to: string): void {
  for (const name of readdirSync(from)) chmodSync(join(from, name), 0o400);
  syncFolder(from);
  renameSync(from, to);
  syncFolder(dirname(to));
}

function openText({ folder, name }: ImportedLog): AppendLog {
  const text = AppendLog.openForReading(textPath(folder));
  if (text !== null) return text;
  throw new RekeyError('log-corrupt', {
    message: `The imported log of ${name} is not there any more: ${textPath(folder)} is missing.`,
    remedy: 'Import it again: rekey events import DIR.',
  });
}
