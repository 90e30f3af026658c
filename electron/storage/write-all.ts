import { writeSync } from 'node:fs';

/**
 * Writes all bytes, however many calls it takes: write(2) may take fewer than it was given (a disk that fills up, a
 * signal), and only the next call says why. At `position`, or at the descriptor's own place when it is null.
 */
export function writeAll(descriptor: number, bytes: Uint8Array, position: number | null = null): void {
  let written = 0;
  while (written < bytes.length) {
    written += writeSync(
      descriptor,
      bytes,
      written,
      bytes.length - written,
      position === null ? null : position + written,
    );
  }
}
