import { hash } from 'node:crypto';
import { fingerprint, type HmacSha256 } from '#shared/logic/fingerprint.ts';
import type { EnvironmentState } from '#shared/model/environment.ts';
import type { Fingerprint } from '#shared/model/key.ts';
import type { Secret } from '#shared/model/secret.ts';

/** Of SHA-256, in bytes. */
const blockLength = 64;
const digestLength = 32;

/**
 * HMAC-SHA-256 (RFC 2104) from one-shot hashes: status makes hundreds of fingerprints, and preparing a key object for
 * `createHmac` costs ten times as much as the two hashes.
 */
export const hmacSha256: HmacSha256 = (key, message) => {
  const shortKey = key.length > blockLength ? hash('sha256', key, 'buffer') : key;
  const inner = new Uint8Array(blockLength + message.length).fill(0x36, 0, blockLength);
  const outer = new Uint8Array(blockLength + digestLength).fill(0x5c, 0, blockLength);
  for (let at = 0; at < shortKey.length; at++) {
    inner[at] = (shortKey[at] as number) ^ 0x36;
    outer[at] = (shortKey[at] as number) ^ 0x5c;
  }
  inner.set(message, blockLength);
  outer.set(hash('sha256', inner, 'buffer'), blockLength);
  return hash('sha256', outer, 'buffer');
};

/** The fingerprint of a value in an environment, by the environment's own key. */
export function fingerprintIn(state: Pick<EnvironmentState, 'fingerprintKey'>, value: Secret): Fingerprint {
  return fingerprint(hmacSha256, state.fingerprintKey, value);
}
