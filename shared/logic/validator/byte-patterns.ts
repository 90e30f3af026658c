import type { Pattern } from './patterns.ts';
import { repetitions } from './repetitions.ts';

/** Bytes as a string of one character each, and what is regular in them: runs of one step, and repetitions. */
export function bytePatterns(bytes: Uint8Array): { text: string; patterns: Pattern[] } {
  const text = Array.from(bytes, (byte) => String.fromCharCode(byte + 0x100)).join('');
  const patterns = repetitions(text);
  for (let start = 0; start + 2 < bytes.length; start += 1) {
    const step = difference(bytes, start);
    let end = start + 1;
    while (end + 1 < bytes.length && difference(bytes, end) === step) end += 1;
    for (let last = start + 2; last <= end; last += 1) {
      // Any first byte, any step, and how long.
      const bits = 8 + 8 + Math.log2(last - start + 1);
      patterns.push({ kind: 'sequence', start, end: last + 1, bits });
    }
  }
  return { text, patterns };
}

function difference(bytes: Uint8Array, index: number): number {
  return ((bytes[index + 1] ?? 0) - (bytes[index] ?? 0) + 256) % 256;
}
