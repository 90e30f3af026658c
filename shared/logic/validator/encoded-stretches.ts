import { base64Bytes, hexBytes } from './encodings.ts';
import type { Pattern } from './patterns.ts';

/** Fewest bytes of readable text that count. */
const shortestText = 6;

/**
 * Stretches of base64 or hexadecimal that hold readable text: worth what the text is worth.
 * @param measure bits of a decoded text
 */
export function encodedStretches(text: string, measure: (decoded: string) => number): Pattern[] {
  return [
    ...stretches(text, /[A-Za-z0-9+/_-]{8,}/g, { characters: 4, bytes: 3 }, base64Bytes, measure),
    ...stretches(
      text,
      /(?:[0-9a-f]{2}){6,}|(?:[0-9A-F]{2}){6,}/g,
      { characters: 2, bytes: 1 },
      hexBytes,
      measure,
    ),
  ];
}

function stretches(
  text: string,
  run: RegExp,
  group: { characters: number; bytes: number },
  decode: (encoded: string) => Uint8Array | null,
  measure: (decoded: string) => number,
): Pattern[] {
  const found: Pattern[] = [];
  const charactersPerByte = group.characters / group.bytes;
  for (const { 0: encoded, index } of text.matchAll(run)) {
    for (let offset = 0; offset < group.characters; offset += 1) {
      const whole = encoded.length - offset - ((encoded.length - offset) % group.characters);
      // A text of any length: base64 may end in the middle of a group.
      const taken =
        group.bytes === 3 && (encoded.length - offset) % 4 !== 1 ? encoded.length - offset : whole;
      const bytes = decode(encoded.slice(offset, offset + taken));
      if (bytes === null) continue;
      const decoded = Array.from(bytes, (byte) => String.fromCharCode(byte)).join('');
      for (const readable of decoded.matchAll(/[\t\n\r\x20-\x7e]{6,}/g)) {
        if (readable[0].length < shortestText) continue;
        const start = index + offset + Math.floor(readable.index * charactersPerByte);
        const end = index + offset + Math.ceil((readable.index + readable[0].length) * charactersPerByte);
        // Which encoding, at which offset.
        const bits = measure(readable[0]) + 3;
        found.push({ kind: 'encoding', start, end: Math.min(end, index + encoded.length), bits });
      }
    }
  }
  return found;
}
