import { base64Of, bytesOfBase64, joinBytes } from './bytes.ts';
import { hashLength } from './merkle.ts';
import {
  NoteError,
  type SignedNote,
  type SignedPart,
  signaturesBy,
  signatureTypes,
  type VerifierKey,
  type VerifyEd25519,
} from './signed-note.ts';

/**
 * Checkpoints (https://c2sp.org/tlog-checkpoint): size and root of a log as the text of a signed note; and
 * cosignatures of them (https://c2sp.org/tlog-cosignature, Ed25519), by which somebody else says to have seen the log
 * only grow.
 */

export interface Checkpoint {
  /** Which log: `rekey/log/` and the id of its first event. */
  readonly origin: string;
  readonly size: number;
  /** 32 bytes. */
  readonly root: Uint8Array;
  /** Further lines. Rekey writes none; nobody may rely on them. */
  readonly extensions: readonly string[];
}

const originPrefix = 'rekey/log/';

/** The origin of the log whose first event has this id. */
export function originOf(firstEventId: string): string {
  return `${originPrefix}${firstEventId}`;
}

/** The id of the log's first event; null for an origin that is not one of Rekey's. */
export function logIdOf(origin: string): string | null {
  const id = origin.startsWith(originPrefix) ? origin.slice(originPrefix.length) : '';
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(id) ? id : null;
}

/** The text of the note, which is what is signed. */
export function formatCheckpoint({ origin, size, root, extensions }: Checkpoint): string {
  return [origin, String(size), base64Of(root), ...extensions].map((line) => `${line}\n`).join('');
}

/** Reads the text of a note. Throws NoteError. */
export function parseCheckpoint(text: string): Checkpoint {
  const lines = text.split('\n');
  const end = lines.pop();
  const [origin, sizeText, rootText, ...extensions] = lines;
  if (end !== '' || lines.includes('') || !origin || !sizeText || !rootText) {
    throw new NoteError('It is no checkpoint: origin, size and root were expected, a line each.');
  }
  const size = Number(sizeText);
  if (!/^(0|[1-9][0-9]*)$/.test(sizeText) || !Number.isSafeInteger(size)) {
    throw new NoteError('It is no checkpoint: its second line is not a size.');
  }
  const root = bytesOfBase64(rootText);
  if (root?.length !== hashLength) throw new NoteError('It is no checkpoint: its third line is not a root.');
  return { origin, size, root, extensions };
}

/** The checkpoint in a note that this log key has signed; the key is named like the origin. Throws NoteError. */
export function openCheckpoint(note: SignedNote, key: VerifierKey, verify: VerifyEd25519): Checkpoint {
  if (key.type !== signatureTypes.ed25519)
    throw new NoteError(`${key.name} is the key of a cosigner, not of a log.`);
  signaturesBy(note, key, verify);
  const checkpoint = parseCheckpoint(note.text);
  if (checkpoint.origin !== key.name) {
    throw new NoteError(`It is a checkpoint of ${checkpoint.origin}, not of ${key.name}.`);
  }
  return checkpoint;
}

/** What a cosigner signs: that the log had this text as its newest checkpoint at that time (seconds since 1970). */
export function cosignedMessage(time: number, text: string): Uint8Array {
  return new TextEncoder().encode(`cosignature/v1\ntime ${time}\n${text}`);
}

/** Time (8 bytes, big-endian) and signature, as they follow the key id in a cosigner's line. */
export function timestampedSignature(time: number, signature: Uint8Array): Uint8Array {
  const stamp = new Uint8Array(8);
  new DataView(stamp.buffer).setBigUint64(0, BigInt(time));
  return joinBytes(stamp, signature);
}

/** The time of a cosignature in seconds since 1970, and its Ed25519 signature; null when it is not formed as one. */
export function parseTimestampedSignature(bytes: Uint8Array): { time: number; signature: Uint8Array } | null {
  if (bytes.length !== 72) return null;
  const time = Number(new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0));
  return Number.isSafeInteger(time) ? { time, signature: bytes.subarray(8) } : null;
}

const cosigned: SignedPart = (key, note, bytes) => {
  const stamped = key.type === signatureTypes.cosignature ? parseTimestampedSignature(bytes) : null;
  return stamped && { message: cosignedMessage(stamped.time, note.text), signature: stamped.signature };
};

/** When this cosigner has signed the note, newest first, in seconds since 1970. Throws NoteError if it has not. */
export function cosignatureTimes(note: SignedNote, key: VerifierKey, verify: VerifyEd25519): number[] {
  return signaturesBy(note, key, verify, cosigned)
    .map(({ signature }) => parseTimestampedSignature(signature)?.time ?? 0)
    .sort((a, b) => b - a);
}
