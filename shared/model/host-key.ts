import { z } from 'zod';

/** What a person must know about the key of a host before it is added. */
export const HostKeyFinding = z
  .object({
    /** `[USER@]HOST[:PORT]`. */
    address: z.string(),
    /** `known`: ssh or Rekey knows its key. `new`: nobody has compared it yet. `refused`: it cannot, or must not, be used. */
    state: z.enum(['known', 'new', 'refused']),
    /** `ssh-ed25519` and the like; with `new`. */
    type: z.string().nullable(),
    /** `SHA256:…`, to be compared; with `new`. */
    fingerprint: z.string().nullable(),
    /** Why it is refused, and what to do. */
    message: z.string().nullable(),
    remedy: z.string().nullable(),
  })
  .strict();
export type HostKeyFinding = z.infer<typeof HostKeyFinding>;
