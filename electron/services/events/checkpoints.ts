import type { ProcessIdentity } from '#electron/storage/process-identity.ts';
import { equalBytes, hexOf } from '#shared/logic/bytes.ts';
import { type Checkpoint, formatCheckpoint } from '#shared/logic/checkpoint.ts';
import { frontierNodes, storedHashIndex } from '#shared/logic/merkle.ts';
import {
  formatNote,
  makeVerifierKey,
  type NoteSignature,
  type SignedNote,
  signatureTypes,
  type VerifierKey,
} from '#shared/logic/signed-note.ts';
import { type Clock, timestamp } from '#shared/model/clock.ts';
import { isRekeyError } from '#shared/model/errors.ts';
import type { LogEvent } from '#shared/model/event.ts';
import type { SigningKeys } from '../signer/signing-keys.ts';
import { verifyEd25519 } from '../signer/verify-ed25519.ts';
import { compareWithCheckpoints, describeDivergence } from './checkpoint-comparison.ts';
import { CheckpointStore, type StoredCheckpoint } from './checkpoint-store.ts';
import type { FileEventLog } from './file-event-log.ts';
import { corruptError } from './log-errors.ts';
import { LogSnapshot } from './log-snapshot.ts';
import { sha256 } from './sha256.ts';

export interface CheckpointsOptions {
  log: FileEventLog;
  /** Where the log is now. */
  folder: () => string;
  keys: Pick<SigningKeys, 'facts' | 'ensure' | 'sign'>;
  clock: Clock;
  identity: ProcessIdentity;
  /** Told, in a sentence, why a checkpoint that was due could not be made. */
  warn: (line: string) => void;
}

/** After these events a checkpoint is made: a run came to rest, or a report was made. */
const occasions = new Set([
  'run/completed',
  'run/aborted',
  'run/rolled-back',
  'run/paused',
  'report/created',
]);

/**
 * Signed checkpoints of the log: its size and root as a C2SP tlog-checkpoint, signed by the log key, kept beside the
 * log. They are no events: a checkpoint that changed what it counts would ask for the next one. That one left the
 * machine, or came back cosigned, is an event.
 *
 * Automatic ones are made only once there are signing keys, and never hinder anything: one that cannot be made is said
 * and made up for by the next.
 */
export class Checkpoints {
  readonly #options: CheckpointsOptions;
  #pending: Promise<void> = Promise.resolve();
  #due = false;
  #skipped: string | null = null;

  constructor(options: CheckpointsOptions) {
    this.#options = options;
  }

  /** Why the last automatic checkpoint could not be made; null if it was, or none was due. */
  get skipped(): string | null {
    return this.#skipped;
  }

  /** The key under which the log signs, as others are told of it; null while there are no signing keys or no events. */
  key(): VerifierKey | null {
    const facts = this.#options.keys.facts();
    const origin = LogSnapshot.originOf(this.#options.log);
    return facts === null || origin === null ? null : logKey(origin, facts.logKey);
  }

  /** The newest checkpoint beside the log; null if there is none. */
  newest(): StoredCheckpoint | null {
    return this.#store().newest();
  }

  /** All of them, newest first. */
  list(): StoredCheckpoint[] {
    return [...this.#store().list()];
  }

  /**
   * Makes a checkpoint of the log as it is now, or returns the one that was made of it already. Makes the signing keys
   * on first use. Throws `log-corrupt` if the log differs from its newest checkpoint, a keychain error, or the
   * system's error.
   */
  async make(): Promise<StoredCheckpoint> {
    const { keys, log } = this.#options;
    await keys.ensure();
    // Under the lock: an event that is being appended may yet be taken back.
    const snapshot = log.holding(() => LogSnapshot.of(log));
    try {
      return await this.#sign(snapshot);
    } finally {
      snapshot.close();
    }
  }

  /** The checkpoint over so many events: the one beside the log, or one signed anew. Throws as `make` does, RangeError. */
  async at(size: number): Promise<StoredCheckpoint> {
    const { keys, log } = this.#options;
    await keys.ensure();
    const now = LogSnapshot.of(log);
    try {
      const then = now.at(size);
      try {
        return await this.#sign(then);
      } finally {
        then.close();
      }
    } finally {
      now.close();
    }
  }

  /** Takes note of an event; after some a checkpoint is due, and is made as soon as nothing else is being done. */
  notice({ event_type, action }: Pick<LogEvent, 'event_type' | 'action'>): void {
    if (occasions.has(`${event_type}/${action}`)) this.makeSoon();
  }

  /** Makes one when nothing else is being done, if there are signing keys. Never throws. */
  makeSoon(): void {
    if (this.#due) return;
    this.#due = true;
    this.#pending = this.#pending.then(() => this.#makeDue());
  }

  /** Resolves when nothing is being made any more. */
  settled(): Promise<void> {
    return this.#pending;
  }

  /** Adds signatures of others to the checkpoint that they signed. */
  addSignatures(checkpoint: StoredCheckpoint, signatures: readonly NoteSignature[]): StoredCheckpoint {
    const known = this.#store().get(checkpoint.size) ?? checkpoint;
    const added = signatures.filter(
      ({ name, keyId, signature }) =>
        !known.note.signatures.some(
          (other) => other.name === name && other.keyId === keyId && equalBytes(other.signature, signature),
        ),
    );
    const note = { text: known.note.text, signatures: [...known.note.signatures, ...added] };
    this.#store().put(known, note, known.at ?? timestamp(this.#options.clock), known.subtrees ?? []);
    return { ...known, note };
  }

  async #makeDue(): Promise<void> {
    this.#due = false;
    try {
      if (this.#options.keys.facts() === null) return;
      await this.make();
      this.#skipped = null;
    } catch (error) {
      const why = isRekeyError(error) ? error.message : (error as Error).message;
      this.#skipped = why;
      this.#options.warn(`No checkpoint of the log was made: ${why} The next one makes up for it.`);
    }
  }

  async #sign(snapshot: LogSnapshot): Promise<StoredCheckpoint> {
    const { keys, clock } = this.#options;
    const store = this.#store();
    this.#assertGrown(snapshot, store);
    const { origin, size, root } = snapshot;
    const checkpoint: Checkpoint = { origin, size, root, extensions: [] };
    const text = formatCheckpoint(checkpoint);
    const key = logKey(origin, (await keys.ensure()).logKey);
    const known = store.get(size);
    const isSigned = known?.note.signatures.some(
      ({ name, keyId }) => name === key.name && keyId === key.keyId,
    );
    if (known?.note.text === text && isSigned) return known;

    const message = new TextEncoder().encode(text);
    const signature = await keys.sign('log', message);
    if (!verifyEd25519(key.publicKey, message, signature)) {
      throw new Error('The log key made a signature that does not verify');
    }
    const others = known?.note.text === text ? known.note.signatures : [];
    const note: SignedNote = {
      text,
      signatures: [{ name: key.name, keyId: key.keyId, signature }, ...others],
    };
    const subtrees = frontierNodes(size).map(({ level, index }) =>
      snapshot.read(storedHashIndex(level, index)),
    );
    const at = timestamp(clock);
    store.put(checkpoint, note, at, subtrees);
    return { ...checkpoint, note, at, subtrees };
  }

  /** A log must never sign what is inconsistent with what it signed before. */
  #assertGrown(snapshot: LogSnapshot, store: CheckpointStore): void {
    const divergence = compareWithCheckpoints(snapshot, upTo(snapshot.size, store.list()));
    if (divergence === null) return;
    const offset = this.#options.log.tip().nextSeq - this.#options.log.size();
    const problem = describeDivergence(divergence, snapshot.size, (leaf) => leaf + offset);
    throw corruptError(this.#options.folder(), [problem]);
  }

  #store(): CheckpointStore {
    const { folder, identity, clock } = this.#options;
    return new CheckpointStore(folder(), { identity, clock });
  }
}

/** The log key under the name of its log, as a note's verifier key. */
export function logKey(origin: string, publicKey: Uint8Array): VerifierKey {
  return makeVerifierKey(sha256, origin, signatureTypes.ed25519, publicKey);
}

/** What one says about a checkpoint: to people, in reports, in JSON. */
export function describeCheckpoint(checkpoint: StoredCheckpoint): {
  origin: string;
  size: number;
  root: string;
  at: string | null;
  note: string;
} {
  const { origin, size, root, at, note } = checkpoint;
  return { origin, size, root: hexOf(root), at, note: formatNote(note) };
}

function* upTo(size: number, checkpoints: Iterable<StoredCheckpoint>): Generator<StoredCheckpoint> {
  for (const checkpoint of checkpoints) if (checkpoint.size <= size) yield checkpoint;
}
