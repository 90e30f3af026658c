/**
 * Writes DER (ITU-T X.690, section 10): only what certificates, requests and CMS signatures need. Every function takes
 * and gives whole encodings, so that names and keys are carried over byte for byte. Reading is asn1js's (asn1-read.ts).
 */

/** Tag, definite length in the shortest form, content. */
export function der(tag: number, ...content: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(content);
  if (body.length < 0x80) return Buffer.concat([Buffer.from([tag, body.length]), body]);
  const length = unsigned(BigInt(body.length));
  return Buffer.concat([Buffer.from([tag, 0x80 | length.length]), length, body]);
}

export function sequence(...parts: readonly Uint8Array[]): Buffer {
  return der(0x30, ...parts);
}

/** SET OF, in the order that DER asks for. */
export function setOf(...parts: readonly Uint8Array[]): Buffer {
  return der(0x31, ...[...parts].sort(Buffer.compare));
}

/** `[number] EXPLICIT`, or IMPLICIT of something constructed whose content is given. */
export function tagged(number: number, ...content: readonly Uint8Array[]): Buffer {
  return der(0xa0 | number, ...content);
}

/** `[number] IMPLICIT` of something primitive. */
export function taggedPrimitive(number: number, content: Uint8Array): Buffer {
  return der(0x80 | number, content);
}

/** A number from 0 on. */
export function integer(value: bigint | number): Buffer {
  const bytes = unsigned(BigInt(value));
  // The first bit is the sign.
  return (bytes[0] as number) & 0x80 ? der(0x02, Buffer.from([0]), bytes) : der(0x02, bytes);
}

export function objectIdentifier(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  return der(0x06, Buffer.from([40 * first + second, ...rest.flatMap(base128)]));
}

export function octetString(bytes: Uint8Array): Buffer {
  return der(0x04, bytes);
}

/** Whole bytes. */
export function bitString(bytes: Uint8Array): Buffer {
  return der(0x03, Buffer.from([0]), bytes);
}

/** Named bits, by number (X.680, section 22.7): trailing zeros are left out. */
export function namedBits(...numbers: readonly number[]): Buffer {
  const last = Math.max(...numbers);
  const bytes = Buffer.alloc(Math.floor(last / 8) + 1);
  for (const number of numbers) {
    const at = Math.floor(number / 8);
    bytes[at] = (bytes[at] as number) | (0x80 >> (number % 8));
  }
  return der(0x03, Buffer.from([7 - (last % 8)]), bytes);
}

export function utf8String(text: string): Buffer {
  return der(0x0c, Buffer.from(text, 'utf8'));
}

export function boolean(value: boolean): Buffer {
  return der(0x01, Buffer.from([value ? 0xff : 0]));
}

export const nothing = der(0x05);

/** UTCTime until 2049, GeneralizedTime from then on (RFC 5280, section 4.1.2.5); whole seconds, UTC. */
export function time(at: Date): Buffer {
  const digits = at.toISOString().replace(/[-:T]/g, '').slice(0, 14);
  return at.getUTCFullYear() < 2050
    ? der(0x17, Buffer.from(`${digits.slice(2)}Z`))
    : der(0x18, Buffer.from(`${digits}Z`));
}

function unsigned(value: bigint): Buffer {
  if (value < 0n) throw new RangeError('no negative numbers');
  const hex = value.toString(16);
  return Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex');
}

function base128(arc: number): number[] {
  const groups = [arc & 0x7f];
  for (let rest = Math.floor(arc / 128); rest > 0; rest = Math.floor(rest / 128)) {
    groups.unshift((rest & 0x7f) | 0x80);
  }
  return groups;
}
