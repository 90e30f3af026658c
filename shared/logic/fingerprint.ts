import type { Fingerprint } from '#shared/model/key.ts';
import type { Secret } from '#shared/model/secret.ts';

/**
 * HMAC-SHA-256 under a key: of a message, 32 bytes. Passed in, because hashing differs between platforms; the key
 * comes first, because it is prepared once for many messages.
 */
export type HmacSha256 = (key: Uint8Array) => (message: Uint8Array) => Uint8Array;

const encoder = new TextEncoder();

/**
 * The fingerprint of a value: the first 16 hex digits of HMAC-SHA-256 (RFC 2104) under the environment's fingerprint
 * key (32 bytes, in hex in the state file) over the UTF-8 bytes of the value as its consumer parses it. One key per
 * environment: a fingerprint in a report says nothing about a weak value, and equal values of two environments do
 * not show.
 *
 * The same with Python alone; the value is read from stdin, so that it stands in no argument list:
 *
 *     import hmac, json, sys
 *     key = bytes.fromhex(json.load(open(sys.argv[1]))["fingerprintKey"])
 *     print(hmac.new(key, sys.stdin.buffer.read().rstrip(b"\r\n"), "sha256").hexdigest()[:16])
 */
export function fingerprint(hmac: HmacSha256, fingerprintKey: string, value: Secret): Fingerprint {
  return fingerprinter(hmac, fingerprintKey)(value);
}

/** The same for many values under one key. Throws a RangeError for a key that is not in hex. */
export function fingerprinter(hmac: HmacSha256, fingerprintKey: string): (value: Secret) => Fingerprint {
  const digest = hmac(bytesOfHex(fingerprintKey));
  return (value) => hexOfBytes(digest(encoder.encode(value.reveal())).subarray(0, 8));
}

function bytesOfHex(hex: string): Uint8Array {
  if (!/^(?:[0-9a-f]{2})+$/.test(hex)) throw new RangeError('the fingerprint key is not in hex');
  const bytes = new Uint8Array(hex.length / 2);
  for (let at = 0; at < bytes.length; at++) {
    bytes[at] = digit(hex.charCodeAt(2 * at)) * 16 + digit(hex.charCodeAt(2 * at + 1));
  }
  return bytes;
}

/** Value of a lower-case hex digit by its character code. */
function digit(code: number): number {
  return code < 58 ? code - 48 : code - 87;
}

function hexOfBytes(bytes: Uint8Array): string {
  let hex = '';
  for (let at = 0; at < bytes.length; at++) hex += (bytes[at] as number).toString(16).padStart(2, '0');
  return hex;
}
