import { base64Of, bytesOfBase64 } from './bytes.ts';
import { hashLength } from './merkle.ts';
import { NoteError } from './signed-note.ts';

/**
 * What a log sends to a cosigner (https://c2sp.org/tlog-witness, the body of add-checkpoint): the size that the
 * cosigner knows, the proof that the log only grew since, an empty line, and the checkpoint.
 *
 *     old 20852014
 *     PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=
 *
 *     rekey/log/0190a000-0000-7000-8000-000000000001
 *     20852163
 *     CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=
 *
 *     — rekey/log/0190a000-0000-7000-8000-000000000001 Az3grlgtzPIC…
 */
export interface CheckpointRequest {
  /** 0: nothing is known to have been seen before, and there is no proof. */
  readonly oldSize: number;
  /** RFC 6962, 2.1.2; 32 bytes each. */
  readonly path: readonly Uint8Array[];
  /** The signed note, byte for byte. */
  readonly note: Uint8Array;
}

const mostProofLines = 63;

export function formatCheckpointRequest({ oldSize, path, note }: CheckpointRequest): Uint8Array {
  const head = [`old ${oldSize}`, ...path.map(base64Of), ''].map((line) => `${line}\n`).join('');
  const encoded = new TextEncoder().encode(head);
  const request = new Uint8Array(encoded.length + note.length);
  request.set(encoded);
  request.set(note, encoded.length);
  return request;
}

/** Reads a request, or a checkpoint alone as one without proof. The note is not looked at. Throws NoteError. */
export function parseCheckpointRequest(bytes: Uint8Array): CheckpointRequest {
  const [first, ...lines] = linesUpToEmpty(bytes);
  if (first === undefined || !first.text.startsWith('old ')) return { oldSize: 0, path: [], note: bytes };
  const sizeText = first.text.slice('old '.length);
  const oldSize = Number(sizeText);
  if (!/^(0|[1-9][0-9]*)$/.test(sizeText) || !Number.isSafeInteger(oldSize)) {
    throw new NoteError('It is no request for a cosignature: its first line does not tell the old size.');
  }
  const last = lines.at(-1);
  if (last?.text !== '')
    throw new NoteError('It is no request for a cosignature: the checkpoint is missing.');
  if (lines.length > mostProofLines + 1)
    throw new NoteError('It is no request for a cosignature: the proof is too long.');
  const path = lines.slice(0, -1).map(({ text }) => {
    const node = bytesOfBase64(text);
    if (node?.length === hashLength) return node;
    throw new NoteError('It is no request for a cosignature: a line of the proof is not a hash.');
  });
  return { oldSize, path, note: bytes.subarray(last.end) };
}

/** The lines up to the first empty one, which is the last of them if there is one; at most what a request can have. */
function linesUpToEmpty(bytes: Uint8Array): { text: string; end: number }[] {
  const lines: { text: string; end: number }[] = [];
  for (let at = 0; lines.length < mostProofLines + 3; ) {
    const end = bytes.indexOf(0x0a, at);
    if (end === -1 || end - at > 200) break;
    const text = String.fromCharCode(...bytes.subarray(at, end));
    at = end + 1;
    lines.push({ text, end: at });
    if (text === '') break;
  }
  return lines;
}
