/** The bytes that a whole value stands for. */
export interface Decoded {
  encoding: 'hexadecimal' | 'base64';
  bytes: Uint8Array;
}

/** Every way in which the value decodes; a value that is no encoding gives none. At least 6 bytes each. */
export function decodings(text: string): Decoded[] {
  const found: Decoded[] = [];
  const hex = text.replace(/^0x/i, '').replaceAll(/[-: ]/g, '');
  if (/^([0-9a-f]{2})+$/i.test(hex)) found.push({ encoding: 'hexadecimal', bytes: hexBytes(hex) });
  const base64 = base64Bytes(text);
  if (base64) found.push({ encoding: 'base64', bytes: base64 });
  return found.filter(({ bytes }) => bytes.length >= 6);
}

/** Bytes of hex digits; the text must have been checked. */
export function hexBytes(hex: string): Uint8Array {
  return Uint8Array.from({ length: hex.length / 2 }, (_, index) =>
    Number.parseInt(hex.slice(index * 2, index * 2 + 2), 16),
  );
}

/** RFC 4648 base64 in either alphabet, with or without padding; null for anything else. */
export function base64Bytes(text: string): Uint8Array | null {
  if (!/^([A-Za-z0-9+/]+|[A-Za-z0-9_-]+)={0,2}$/.test(text)) return null;
  const bare = text.replace(/=+$/, '');
  if (bare.length % 4 === 1 || (text.length !== bare.length && text.length % 4 !== 0)) return null;
  try {
    const binary = atob(bare.replaceAll('-', '+').replaceAll('_', '/'));
    return Uint8Array.from(binary, (character) => character.charCodeAt(0));
  } catch {
    return null;
  }
}

/** Text with `%41` and the like undone; null when there is none, or when it is not valid. */
export function percentDecoded(text: string): string | null {
  if (!/%[0-9a-f]{2}/i.test(text)) return null;
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}
