import { createHash } from 'node:crypto';
import { ed25519KeyLength, isUsableEd25519Key, verifyEd25519 } from './ed25519-key.ts';
import { demand, printable } from './outcome.ts';

/** Signature type of an Ed25519 key in a note (C2SP signed-note). */
const ed25519Type = 0x01;
const maximumSignatures = 100;

/** Who signs a log's checkpoints: a name, which is the log's origin, and an Ed25519 key. */
export interface NoteVerifier {
  readonly name: string;
  readonly key: Uint8Array;
  /** First four bytes of SHA-256(name ‖ "\n" ‖ type ‖ key), hex: which lines are this key's. */
  readonly id: string;
}

/** A log's size and root at one time. */
export interface Checkpoint {
  readonly origin: string;
  readonly size: number;
  /** Hex. */
  readonly root: string;
}

export function noteVerifier(name: string, key: Uint8Array): NoteVerifier {
  const typed = Buffer.concat([Buffer.from([ed25519Type]), key]);
  const id = createHash('sha256').update(`${name}\n`).update(typed).digest('hex').slice(0, 8);
  return { name, key, id };
}

/** `NAME+ID+BASE64`, without a line break. */
export function verifierKeyText(verifier: NoteVerifier): string {
  const typed = Buffer.concat([Buffer.from([ed25519Type]), verifier.key]);
  return `${verifier.name}+${verifier.id}+${typed.toString('base64')}`;
}

/** Reads a note verifier key in its only form; null for anything else. */
export function parseVerifierKey(text: string): NoteVerifier | null {
  const [, name, encoded] = /^([^\s+]+)\+[0-9a-f]{8}\+([A-Za-z0-9+/]+=*)$/.exec(text) ?? [];
  const typed = Buffer.from(encoded ?? '', 'base64');
  if (name === undefined || typed.length !== 1 + ed25519KeyLength) return null;
  const verifier = noteVerifier(name, typed.subarray(1));
  return verifierKeyText(verifier) === text && isUsableEd25519Key(verifier.key) ? verifier : null;
}

/**
 * Reads a checkpoint (C2SP tlog-checkpoint in a signed note) that one of `verifiers` signed, and returns it. A line by
 * a key that is not known proves nothing and is passed over; one that claims to be by a known key must be right.
 * `what` names it in the reason.
 */
export function demandCheckpoint(
  what: string,
  bytes: Uint8Array,
  verifiers: readonly NoteVerifier[],
): Checkpoint {
  const note = split(Buffer.from(bytes));
  demand(note !== null, `${what} is no signed note`);
  const checkpoint = parseCheckpoint(note.body);
  demand(checkpoint !== null, `${what} is not a checkpoint: origin, size and root, a line each`);
  const expected = verifiers.filter((verifier) => verifier.name === checkpoint.origin);
  demand(expected.length > 0, `${what} is of the log ${printable(checkpoint.origin)}, which is another one`);

  let signed = false;
  for (const line of note.signatures) {
    const verifier = expected.find(({ name, id }) => name === line.name && id === line.id);
    if (verifier === undefined) continue;
    demand(
      verifyEd25519(verifier.key, note.body, line.signature),
      `the signature of the log's key on ${what} does not fit its text`,
    );
    signed = true;
  }
  demand(signed, `${what} is not signed by the log's key`);
  return checkpoint;
}

interface SignatureLine {
  readonly name: string;
  readonly id: string;
  readonly signature: Buffer;
}

/** Text and signature lines; the text ends with the line break before the empty line. */
function split(note: Buffer): { body: Buffer; signatures: SignatureLine[] } | null {
  const text = note.toString('utf8');
  const border = text.lastIndexOf('\n\n');
  if (border === -1 || !text.endsWith('\n') || !Buffer.from(text).equals(note)) return null;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: a note has none but line breaks
  if (/[\x00-\x09\x0b-\x1f]/.test(text)) return null;
  const lines = text.slice(border + 2, -1).split('\n');
  if (lines.length > maximumSignatures) return null;
  const signatures = lines.map(signatureLine);
  if (signatures.includes(null)) return null;
  return { body: Buffer.from(text.slice(0, border + 1)), signatures: signatures as SignatureLine[] };
}

function signatureLine(line: string): SignatureLine | null {
  const [, name, encoded] = /^— ([^\s+]+) ([A-Za-z0-9+/]+=*)$/.exec(line) ?? [];
  const bytes = Buffer.from(encoded ?? '', 'base64');
  if (name === undefined || bytes.toString('base64') !== encoded || bytes.length < 5) return null;
  const signature = bytes.subarray(4);
  return { name, id: bytes.toString('hex', 0, 4), signature };
}

function parseCheckpoint(body: Buffer): Checkpoint | null {
  const [, origin, size, root] =
    /^([^\n]+)\n(0|[1-9]\d{0,15})\n([A-Za-z0-9+/]{43}=)\n$/.exec(body.toString('utf8')) ?? [];
  if (origin === undefined || size === undefined || root === undefined) return null;
  const hash = Buffer.from(root, 'base64');
  if (hash.toString('base64') !== root || !Number.isSafeInteger(Number(size))) return null;
  return { origin, size: Number(size), root: hash.toString('hex') };
}
