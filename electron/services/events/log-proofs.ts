import { hexOf } from '#shared/logic/bytes.ts';
import { leafHash } from '#shared/logic/merkle.ts';
import { consistencyProof, inclusionProof } from '#shared/logic/merkle-proofs.ts';
import { RekeyError } from '#shared/model/errors.ts';
import type { ConsistencyProof, InclusionProof } from '#shared/model/log-proof.ts';
import type { LogSnapshot } from './log-snapshot.ts';
import { sha256 } from './sha256.ts';

/**
 * That the event with this number is in the log of the snapshot: O(log n) reads. Throws `invalid-input` if there is no
 * such event.
 */
export function proveInclusion(snapshot: LogSnapshot, seq: number): InclusionProof {
  const place = snapshot.event(seq);
  if (place === null) {
    throw new RekeyError('invalid-input', {
      message: `The log has no event ${seq} among its first ${snapshot.size}.`,
      remedy: 'Look for the number with "rekey events".',
      details: { seq, size: snapshot.size },
    });
  }
  return {
    schema_version: 1,
    origin: snapshot.origin,
    seq,
    leaf_index: place.leaf,
    tree_size: snapshot.size,
    leaf_hash: hexOf(leafHash(sha256, place.line.bytes)),
    path: inclusionProof(sha256, place.leaf, snapshot.size, snapshot.read).map(hexOf),
  };
}

/**
 * That the log of the snapshot begins with the log as it was when it had `firstSize` events: O(log n) reads. Throws
 * `invalid-input` if it never had so many.
 */
export function proveConsistency(snapshot: LogSnapshot, firstSize: number): ConsistencyProof {
  if (!(firstSize >= 0 && firstSize <= snapshot.size)) {
    throw new RekeyError('invalid-input', {
      message: `The log has ${snapshot.size} events, so that it cannot be shown to have grown from ${firstSize}.`,
      remedy: 'Give a size that the log had.',
      details: { size: snapshot.size, since: firstSize },
    });
  }
  return {
    schema_version: 1,
    origin: snapshot.origin,
    first_size: firstSize,
    first_root: hexOf(snapshot.rootAt(firstSize)),
    second_size: snapshot.size,
    second_root: hexOf(snapshot.root),
    path: consistencyProof(sha256, firstSize, snapshot.size, snapshot.read).map(hexOf),
  };
}
