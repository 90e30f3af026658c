import { bytesOfHex } from '#shared/logic/bytes.ts';
import { cosignatureTimes, parseCheckpoint } from '#shared/logic/checkpoint.ts';
import { formatCheckpointRequest } from '#shared/logic/checkpoint-request.ts';
import {
  formatNote,
  NoteError,
  parseNote,
  type SignedNote,
  signatureTypes,
  type VerifierKey,
} from '#shared/logic/signed-note.ts';
import { type Clock, timestamp } from '#shared/model/clock.ts';
import { RekeyError } from '#shared/model/errors.ts';
import type { EventDraft } from '#shared/model/event.ts';
import { verifyEd25519 } from '../signer/verify-ed25519.ts';
import type { StoredCheckpoint } from './checkpoint-store.ts';
import type { Checkpoints } from './checkpoints.ts';
import { unreadable } from './cosigner.ts';
import type { FileEventLog } from './file-event-log.ts';
import { givenKey, type KnownLogs } from './known-logs.ts';
import { proveConsistency } from './log-proofs.ts';
import { LogSnapshot } from './log-snapshot.ts';

export interface CosignaturesOptions {
  log: FileEventLog;
  checkpoints: Checkpoints;
  known: KnownLogs;
  clock: Clock;
  append: (draft: EventDraft) => void;
}

/** Who vouches for a checkpoint, and since when. */
export interface Cosignature {
  readonly name: string;
  readonly keyId: string;
  /** RFC 3339. */
  readonly at: string;
}

/** The cosignatures of others for this installation's log: asking for one by file, and taking it back. */
export class Cosignatures {
  readonly #options: CosignaturesOptions;

  constructor(options: CosignaturesOptions) {
    this.#options = options;
  }

  /**
   * A fresh checkpoint as a file for a cosigner, with the proof that the log only grew since it had `since` events;
   * null: since the newest checkpoint that was cosigned. That it leaves the machine is an event. Throws as
   * `Checkpoints.make` does, and `invalid-input` for a size that the log never had.
   */
  async request(
    since: number | null,
  ): Promise<{ checkpoint: StoredCheckpoint; since: number; file: Uint8Array }> {
    const { log, checkpoints, append } = this.#options;
    const checkpoint = await checkpoints.make();
    const now = LogSnapshot.of(log);
    const snapshot = now.at(checkpoint.size);
    try {
      const oldSize = since ?? this.#newestCosigned()?.size ?? 0;
      const path = proveConsistency(snapshot, oldSize).path.map((node) => bytesOfHex(node) as Uint8Array);
      const note = new TextEncoder().encode(formatNote(checkpoint.note));
      append({
        event_type: 'log',
        action: 'checkpoint-exported',
        data: { size: checkpoint.size, root: log.rootAt(checkpoint.size), since: oldSize },
      });
      return { checkpoint, since: oldSize, file: formatCheckpointRequest({ oldSize, path, note }) };
    } finally {
      snapshot.close();
      now.close();
    }
  }

  /**
   * Takes back a checkpoint of this log that another installation has cosigned, and keeps the signature beside the log.
   * `key`: the cosigner's verifier key, asked for the first time.
   *
   * Throws `checkpoint-unreadable`, `checkpoint-refused` when it is not a checkpoint of this log or a signature is wrong,
   * `log-key-unknown` when nobody known has cosigned it.
   */
  async add(
    file: Uint8Array,
    key: string | null = null,
  ): Promise<{ checkpoint: StoredCheckpoint; by: Cosignature[] }> {
    const { checkpoints, known, clock, append } = this.#options;
    const given = key === null ? null : givenKey(key, signatureTypes.cosignature, 'a cosigner');
    const { note, size } = readNote(file);
    const own = await this.#own(note, size);
    const candidates = given === null ? known.cosigners() : [given];
    const by = candidates.flatMap((cosigner) => cosignaturesBy(note, cosigner));
    if (by.length === 0) throw nobodyKnown(note, given);
    const wanted = new Set(by.map(({ name, keyId }) => `${name} ${keyId}`));
    const signatures = note.signatures.filter(({ name, keyId }) => wanted.has(`${name} ${keyId}`));
    append({
      event_type: 'log',
      action: 'cosignature-added',
      data: { size, root: this.#options.log.rootAt(size), cosigners: by },
    });
    const checkpoint = checkpoints.addSignatures(own, signatures);
    if (given !== null) known.addCosigner(given, timestamp(clock));
    return { checkpoint, by };
  }

  /** Who of the known cosigners vouches for this checkpoint. A signature that is wrong counts for nothing. */
  of(checkpoint: StoredCheckpoint): Cosignature[] {
    return this.#options.known.cosigners().flatMap((cosigner) => {
      try {
        return cosignaturesBy(checkpoint.note, cosigner);
      } catch {
        return [];
      }
    });
  }

  #newestCosigned(): StoredCheckpoint | null {
    return this.#options.checkpoints.list().find((checkpoint) => this.of(checkpoint).length > 0) ?? null;
  }

  /** This log's own checkpoint of that size, when the note is one of it. */
  async #own(note: SignedNote, size: number): Promise<StoredCheckpoint> {
    const { log, checkpoints } = this.#options;
    const own = size > 0 && size <= log.size() ? await checkpoints.at(size) : null;
    if (own?.note.text === note.text) return own;
    throw new RekeyError('checkpoint-refused', {
      message: 'The file holds a checkpoint that is none of this log as it is now.',
      unchanged: 'No cosignature was stored.',
      remedy:
        'If it was made here, the log was changed since: check it with "rekey events verify". If it was made by another installation, give the file back there.',
    });
  }
}

function readNote(file: Uint8Array): { note: SignedNote; size: number } {
  try {
    const note = parseNote(file);
    return { note, size: parseCheckpoint(note.text).size };
  } catch (error) {
    throw unreadable(error);
  }
}

/** Empty when this key has not signed; throws `checkpoint-refused` when a signature of it is wrong. */
function cosignaturesBy(note: SignedNote, key: VerifierKey): Cosignature[] {
  const { name, keyId } = key;
  if (!note.signatures.some((signature) => signature.name === name && signature.keyId === keyId)) return [];
  try {
    const [newest] = cosignatureTimes(note, key, verifyEd25519);
    return [{ name, keyId, at: new Date((newest as number) * 1_000).toISOString() }];
  } catch (error) {
    if (!(error instanceof NoteError)) throw error;
    throw new RekeyError('checkpoint-refused', {
      message: `The checkpoint is refused. ${error.message}`,
      unchanged: 'No cosignature was stored.',
      remedy: 'Ask the cosigner for the file again, and compare its key with the one that you were given.',
    });
  }
}

function nobodyKnown(note: SignedNote, given: VerifierKey | null): RekeyError {
  const names = [...new Set(note.signatures.map(({ name, keyId }) => `${name} (key ${keyId})`))];
  return new RekeyError('log-key-unknown', {
    message:
      given === null
        ? 'No cosigner that is known here has signed this checkpoint.'
        : `${given.name} (key ${given.keyId}) has not signed this checkpoint.`,
    unchanged: 'No cosignature was stored.',
    remedy: `It is signed by ${names.join(', ')}. Have the cosigner tell you its key by another way than the file, and give it with --key.`,
  });
}
