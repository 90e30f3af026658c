import { bytesOfHex, equalBytes, hexOf } from '#shared/logic/bytes.ts';
import {
  type Checkpoint,
  cosignatureTimes,
  cosignedMessage,
  openCheckpoint,
  timestampedSignature,
} from '#shared/logic/checkpoint.ts';
import { type CheckpointRequest, parseCheckpointRequest } from '#shared/logic/checkpoint-request.ts';
import { verifyConsistency } from '#shared/logic/merkle-proofs.ts';
import {
  formatNote,
  formatVerifierKey,
  makeVerifierKey,
  NoteError,
  parseNote,
  parseVerifierKey,
  type SignedNote,
  signatureTypes,
  type VerifierKey,
} from '#shared/logic/signed-note.ts';
import { type Clock, timestamp } from '#shared/model/clock.ts';
import { RekeyError } from '#shared/model/errors.ts';
import type { EventDraft } from '#shared/model/event.ts';
import type { SignerFacts, SigningKeys } from '../signer/signing-keys.ts';
import { verifyEd25519 } from '../signer/verify-ed25519.ts';
import { givenKey, type KnownLogs, type SeenLog } from './known-logs.ts';
import { sha256 } from './sha256.ts';

export interface CosignerOptions {
  known: KnownLogs;
  keys: Pick<SigningKeys, 'ensure' | 'sign'>;
  clock: Clock;
  append: (draft: EventDraft) => void;
  /** The origin of this installation's own log; null while it has no events. */
  ownOrigin: () => string | null;
}

/** A checkpoint with this installation's cosignature. */
export interface Cosigned {
  origin: string;
  size: number;
  /** Hex. */
  root: string;
  /** What was seen of this log before; null the first time. */
  previousSize: number | null;
  at: string;
  /** The verifier key with which the other installation checks the cosignature. */
  cosigner: string;
  note: string;
}

/**
 * Vouches for the logs of other installations (https://c2sp.org/tlog-cosignature): says with its own log key to have
 * seen a checkpoint that only grew since the last one it saw. It remembers that one, demands the proof, and refuses
 * whatever does not follow: so that nobody can shorten or rewrite a log that somebody else has cosigned.
 */
export class Cosigner {
  readonly #options: CosignerOptions;

  constructor(options: CosignerOptions) {
    this.#options = options;
  }

  /**
   * Cosigns the checkpoint in a request (`events checkpoint --out`). `key`: the log's verifier key, asked for the first
   * time and whenever it was replaced. What was seen is on record before anything is signed.
   *
   * Throws `checkpoint-unreadable`, `log-key-unknown`, `checkpoint-refused` with what does not follow, a keychain error,
   * or that the log cannot be written.
   */
  async cosign(request: Uint8Array, key: string | null = null): Promise<Cosigned> {
    const { known, keys, clock, append } = this.#options;
    const { oldSize, path, note } = readRequest(request);
    const origin = note.text.slice(0, note.text.indexOf('\n'));
    if (origin === this.#options.ownOrigin()) {
      throw refused(origin, 'it is the log of this very installation, which cannot vouch for itself');
    }
    const given = key === null ? null : givenKey(key, signatureTypes.ed25519, `the log ${origin}`);
    const facts = await keys.ensure();
    const at = timestamp(clock);
    let previousSize: number | null = null;
    const seen = known.see(
      origin,
      (before) => {
        previousSize = before?.size ?? null;
        const logKey = keyFor(origin, before, given);
        const checkpoint = opened(note, logKey);
        assertFollows(checkpoint, before, { oldSize, path });
        const { size, root } = checkpoint;
        return { origin, key: formatVerifierKey(logKey), size, root: hexOf(root), at };
      },
      ({ size, root }) =>
        append({
          event_type: 'log',
          action: 'cosigned',
          data: { origin, size, root, previous_size: previousSize, key_given: given !== null },
        }),
    );
    const cosigner = cosignerKey(facts);
    const time = Math.floor(clock.now().getTime() / 1_000);
    const message = cosignedMessage(time, note.text);
    const signature = timestampedSignature(time, await keys.sign('log', message));
    const signatures = [...note.signatures, { name: cosigner.name, keyId: cosigner.keyId, signature }];
    const cosigned = { text: note.text, signatures };
    cosignatureTimes(cosigned, cosigner, verifyEd25519);
    return {
      origin,
      size: seen.size,
      root: seen.root,
      previousSize,
      at,
      cosigner: formatVerifierKey(cosigner),
      note: formatNote(cosigned),
    };
  }
}

/** The key under which this installation cosigns: its log key, under a name and a kind of its own. */
export function cosignerKey({ installationId, logKey }: SignerFacts): VerifierKey {
  return makeVerifierKey(sha256, `rekey/cosigner/${installationId}`, signatureTypes.cosignature, logKey);
}

function readRequest(bytes: Uint8Array): Omit<CheckpointRequest, 'note'> & { note: SignedNote } {
  try {
    const request = parseCheckpointRequest(bytes);
    return { ...request, note: parseNote(request.note) };
  } catch (error) {
    throw unreadable(error);
  }
}

function opened(note: SignedNote, key: VerifierKey): Checkpoint {
  try {
    return openCheckpoint(note, key, verifyEd25519);
  } catch (error) {
    if (error instanceof NoteError) throw refused(key.name, lowerFirst(error.message.replace(/\.$/, '')));
    throw error;
  }
}

/** The key that counts: the one on record, unless a person gives another one. */
function keyFor(origin: string, known: SeenLog | null, given: VerifierKey | null): VerifierKey {
  if (given !== null && given.name === origin) return given;
  if (given !== null) throw refused(origin, `the key that was given is that of ${given.name}`);
  if (known !== null) return parseVerifierKey(sha256, known.key);
  throw new RekeyError('log-key-unknown', {
    message: `No checkpoint of ${origin} was cosigned here before, and its key is not known.`,
    unchanged: 'Nothing was cosigned.',
    remedy:
      'Have its operator read you the key ("rekey events checkpoint" shows it), by another way than the file, and give it with --key.',
    details: { origin },
  });
}

/** Throws `checkpoint-refused` unless the checkpoint is the one that was seen before, or proven to go on from it. */
function assertFollows(
  { origin, size, root }: Checkpoint,
  known: SeenLog | null,
  { oldSize, path }: Pick<CheckpointRequest, 'oldSize' | 'path'>,
): void {
  if (known === null) return;
  const before = bytesOfHex(known.root) as Uint8Array;
  const seen = `it had ${known.size} events when it was cosigned here on ${known.at}`;
  if (size < known.size)
    throw refused(origin, `it has only ${size} events now; ${seen}. Events were removed`);
  if (size === known.size) {
    if (equalBytes(root, before)) return;
    throw refused(
      origin,
      `${seen}, with another root. Events were changed, or there are two logs of this name`,
    );
  }
  if (oldSize !== known.size) {
    throw refused(
      origin,
      `${seen}, and the file does not prove that it only grew since`,
      `Ask for a file that does: rekey events checkpoint --since ${known.size} --out FILE.`,
    );
  }
  const claim = { firstSize: known.size, firstRoot: before, secondSize: size, secondRoot: root, path };
  if (!verifyConsistency(sha256, claim)) {
    throw refused(
      origin,
      `${seen}, and the proof does not lead from there to this checkpoint. Events were changed or removed`,
    );
  }
}

function refused(
  origin: string,
  why: string,
  remedy = 'Ask its operator what happened. Do not vouch for this log until that is known.',
): RekeyError {
  return new RekeyError('checkpoint-refused', {
    message: `The checkpoint of ${origin} is refused: ${why}.`,
    unchanged: 'Nothing was cosigned, and what is remembered of the log stays.',
    remedy,
    details: { origin },
  });
}

/** Whatever cannot be read as a checkpoint. */
export function unreadable(error: unknown): unknown {
  if (!(error instanceof NoteError)) return error;
  return new RekeyError('checkpoint-unreadable', {
    message: `The file is no checkpoint. ${error.message}`,
    remedy: 'Use the file that "rekey events checkpoint --out" wrote, as it is.',
  });
}

function lowerFirst(text: string): string {
  return `${text.charAt(0).toLowerCase()}${text.slice(1)}`;
}
