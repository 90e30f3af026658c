import { closeSync, fsyncSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { makePrivateFolder, syncFolder, writeFileAtomic } from '#electron/storage/atomic-file.ts';
import { writeAll } from '#electron/storage/write-all.ts';
import { equalBytes, hexOf } from '#shared/logic/bytes.ts';
import { canonicalJson } from '#shared/logic/canonical-json.ts';
import { makeSegments, ProofMismatch, SegmentCheck } from '#shared/logic/log-segments.ts';
import { leafHash } from '#shared/logic/merkle.ts';
import { RekeyError } from '#shared/model/errors.ts';
import type { LogProof } from '#shared/model/log-proof.ts';
import { sequenceOfLine } from './log-lines.ts';
import { proveConsistency, proveInclusion } from './log-proofs.ts';
import type { EventSpan, LogSnapshot } from './log-snapshot.ts';
import { sha256 } from './sha256.ts';

export interface LogPartRequest {
  /** The log at the size of its checkpoint. The caller closes it. */
  snapshot: LogSnapshot;
  /** Which events, by number, both included, in any order; those that overlap or touch become one range. */
  ranges: readonly { firstSeq: number; lastSeq: number }[];
  /** Such as `BUNDLE/log`: made if it is missing; holds none of these files yet. */
  folder: string;
  /** Signed note of the snapshot's size and root; none for a log that another one names. */
  checkpoint?: Uint8Array;
  /** Numbers of the events that get an inclusion proof of their own. */
  inclusion?: readonly number[];
  /** An earlier checkpoint of the same log, and the size in it: with it goes the proof that the log only grew since. */
  previous?: { checkpoint: Uint8Array; size: number };
  signal?: AbortSignal;
  onProgress?: (share: number) => void;
}

/** What was written, for report.json. */
export interface LogPart {
  origin: string;
  size: number;
  /** Hex. */
  root: string;
  /** Events in events.jsonl. */
  events: number;
  /** Of the events that are given; null when there are none. */
  firstSeq: number | null;
  lastSeq: number | null;
  /** Missing numbers within the given ranges, inclusive. */
  gaps: { first: number; last: number }[];
  /** In the order asked for; `file` is relative to the folder. */
  inclusion: { seq: number; leafIndex: number; file: string }[];
}

/** Lines are written in pieces of about this many bytes, and between them others get their turn. */
const pieceLength = 256 * 1024;

/**
 * Writes a part of a log with what proves it (docs/report-format.md): `events.jsonl`, `proof.json`, `checkpoint`,
 * `proofs/inclusion-SEQ.json`, `previous-checkpoint` and `proofs/consistency.json`. The lines are copied byte for byte
 * in a stream, and their hashes are folded to the root on the way: what is written has proven itself.
 *
 * Throws `log-corrupt` when the events do not give the root, `invalid-input` for an event or size that the log does
 * not have, what the signal was aborted with, or the system's error. What was written stays; the caller discards it.
 */
export async function writeLogPart(request: LogPartRequest): Promise<LogPart> {
  const { snapshot, folder } = request;
  makePrivateFolder(folder);
  const spans = spansOf(snapshot, request.ranges);
  const segments = makeSegments(snapshot.size, spans, snapshot.read);
  const proof: LogProof = {
    schema_version: 1,
    origin: snapshot.origin,
    size: snapshot.size,
    root: hexOf(snapshot.root),
    segments,
  };
  const written = await writeEvents(request, spans, proof);
  writeJson(join(folder, 'proof.json'), proof);
  if (request.checkpoint) writeFileAtomic(join(folder, 'checkpoint'), request.checkpoint);
  const inclusion = writeInclusionProofs(request);
  if (request.previous) {
    makePrivateFolder(join(folder, 'proofs'));
    writeFileAtomic(join(folder, 'previous-checkpoint'), request.previous.checkpoint);
    writeJson(join(folder, 'proofs', 'consistency.json'), proveConsistency(snapshot, request.previous.size));
  }
  return { origin: proof.origin, size: proof.size, root: proof.root, ...written, inclusion };
}

/** The ranges as spans of the log, in order, joined where they overlap or touch; what is empty is left out. */
function spansOf(snapshot: LogSnapshot, ranges: LogPartRequest['ranges']): EventSpan[] {
  const spans: EventSpan[] = [];
  const joined: { firstSeq: number; lastSeq: number }[] = [];
  for (const range of [...ranges].sort((a, b) => a.firstSeq - b.firstSeq)) {
    const last = joined.at(-1);
    if (last && range.firstSeq <= last.lastSeq + 1) last.lastSeq = Math.max(last.lastSeq, range.lastSeq);
    else joined.push({ ...range });
  }
  for (const { firstSeq, lastSeq } of joined) {
    const span = snapshot.span(firstSeq, lastSeq);
    if (span !== null) spans.push(span);
  }
  return spans;
}

async function writeEvents(
  { snapshot, folder, signal, onProgress }: LogPartRequest,
  spans: readonly EventSpan[],
  proof: LogProof,
): Promise<Pick<LogPart, 'events' | 'firstSeq' | 'lastSeq' | 'gaps'>> {
  const check = new SegmentCheck(sha256, proof.size, proof.segments);
  const total = spans.reduce((sum, { start, end }) => sum + end - start, 0);
  const part: Pick<LogPart, 'events' | 'firstSeq' | 'lastSeq' | 'gaps'> = {
    events: 0,
    firstSeq: null,
    lastSeq: null,
    gaps: [],
  };
  let done = 0;
  const descriptor = openSync(join(folder, 'events.jsonl'), 'wx', 0o600);
  try {
    for (const span of spans) {
      let expected = span.firstSeq;
      for await (const lines of pieces(snapshot, span)) {
        signal?.throwIfAborted();
        for (const line of lines) {
          check.leaf(leafHash(sha256, line));
          const seq = sequenceOfLine(line);
          if (seq > expected) part.gaps.push({ first: expected, last: seq - 1 });
          expected = Math.max(expected, seq + 1);
          part.events += 1;
        }
        const bytes = Buffer.concat(lines.flatMap((line) => [line, newline]));
        writeAll(descriptor, bytes);
        done += bytes.length;
        onProgress?.(done / total);
      }
      part.firstSeq ??= span.firstSeq;
      part.lastSeq = expected - 1;
    }
    if (!equalBytes(check.finish(), snapshot.root))
      throw new ProofMismatch('The events do not give the root.');
    fsyncSync(descriptor);
  } catch (error) {
    if (error instanceof ProofMismatch) throw alteredLog(error);
    throw error;
  } finally {
    closeSync(descriptor);
  }
  syncFolder(folder);
  return part;
}

const newline = Buffer.from('\n');

/** The lines of a span in pieces; other work gets its turn before each. */
async function* pieces(snapshot: LogSnapshot, span: EventSpan): AsyncGenerator<Buffer[]> {
  let lines: Buffer[] = [];
  let length = 0;
  for (const { bytes } of snapshot.lines(span)) {
    lines.push(bytes);
    length += bytes.length;
    if (length < pieceLength) continue;
    await setImmediate();
    yield lines;
    lines = [];
    length = 0;
  }
  if (lines.length > 0) yield lines;
}

function writeInclusionProofs({ snapshot, folder, inclusion = [] }: LogPartRequest): LogPart['inclusion'] {
  if (inclusion.length > 0) makePrivateFolder(join(folder, 'proofs'));
  return inclusion.map((seq) => {
    const proof = proveInclusion(snapshot, seq);
    const file = `proofs/inclusion-${seq}.json`;
    writeJson(join(folder, file), proof);
    return { seq, leafIndex: proof.leaf_index, file };
  });
}

function writeJson(path: string, document: unknown): void {
  writeFileAtomic(path, canonicalJson(document));
}

function alteredLog(cause: ProofMismatch): RekeyError {
  return new RekeyError('log-corrupt', {
    message: `The events of the log do not give its root: ${cause.message}`,
    unchanged: 'Nothing was signed; the log was left as it is.',
    remedy: 'Check the whole log with "rekey events verify": it says which events are not what was written.',
    cause,
  });
}
