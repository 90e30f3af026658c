import { z } from 'zod';

/** The proofs that lie beside events in a bundle and in an extract (docs/report-format.md, "JSON files"). */

const Count = z.number().int().min(0);
const Hash = z.string().regex(/^[0-9a-f]{64}$/);

export const ProofSegment = z.discriminatedUnion('kind', [
  z
    .object({
      kind: z.literal('hashes'),
      /** Leaf indexes; `to` is exclusive. */
      from: Count,
      to: Count,
      /** Roots of the maximal complete subtrees of [from, to), in order. */
      nodes: z.array(Hash),
    })
    .strict(),
  z
    .object({
      kind: z.literal('events'),
      from: Count,
      to: Count,
      /** Sequence number of the first event of the segment. */
      first_seq: Count,
    })
    .strict(),
]);
export type ProofSegment = z.infer<typeof ProofSegment>;

/** `proof.json`: the hashes that complete the events of `events.jsonl` to the whole tree. */
export const LogProof = z
  .object({
    schema_version: z.literal(1),
    origin: z.string(),
    size: Count,
    root: Hash,
    segments: z.array(ProofSegment),
  })
  .strict();
export type LogProof = z.infer<typeof LogProof>;

/** That one event is in the log: RFC 6962, 2.1.1. */
export const InclusionProof = z
  .object({
    schema_version: z.literal(1),
    origin: z.string(),
    seq: Count,
    leaf_index: Count,
    tree_size: Count,
    leaf_hash: Hash,
    path: z.array(Hash).max(64),
  })
  .strict();
export type InclusionProof = z.infer<typeof InclusionProof>;

/** That a log only grew from its first to its second size: RFC 6962, 2.1.2. */
export const ConsistencyProof = z
  .object({
    schema_version: z.literal(1),
    origin: z.string(),
    first_size: Count,
    first_root: Hash,
    second_size: Count,
    second_root: Hash,
    path: z.array(Hash).max(128),
  })
  .strict();
export type ConsistencyProof = z.infer<typeof ConsistencyProof>;
