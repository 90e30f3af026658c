import { hash } from 'node:crypto';

/**
 * SHA-256 as the tree wants it. One-shot, and by way of a string of bytes, because handing back a Buffer costs the
 * runtime twice as much as the hashing itself.
 */
export function sha256(bytes: Uint8Array): Buffer {
  return Buffer.from(hash('sha256', bytes, 'binary'), 'latin1');
}

/** A hash as text: lower-case hex. */
export function hex(hash: Uint8Array): string {
  return Buffer.from(hash).toString('hex');
}
