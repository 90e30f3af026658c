import { hash } from 'node:crypto';
import { fingerprint, fingerprinter, type HmacSha256 } from '#shared/logic/fingerprint.ts';
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
export const hmacSha256: HmacSha256 = (key) => {
  const shortKey = key.length > blockLength ? hash('sha256', key, 'buffer') : key;
  const innerPad = new Uint8Array(blockLength).fill(0x36);
  const outer = Buffer.alloc(blockLength + digestLength, 0x5c);
  for (let at = 0; at < shortKey.length; at++) {
    innerPad[at] = (shortKey[at] as number) ^ 0x36;
    outer[at] = (shortKey[at] as number) ^ 0x5c;
  }
  return (message) => {
    const inner = new Uint8Array(blockLength + message.length);
    inner.set(innerPad);
    inner.set(message, blockLength);
    // By way of a string of bytes, as in the tree: handing back a Buffer costs more than the hash.
    outer.write(hash('sha256', inner, 'binary'), blockLength, 'latin1');
    return hash('sha256', outer, 'buffer');
  };
};

/** The fingerprint of a value in an environment, by the environment's own key. */
export function fingerprintIn(state: Pick<EnvironmentState, 'fingerprintKey'>, value: Secret): Fingerprint {
  return fingerprint(hmacSha256, state.fingerprintKey, value);
}

/** The same for many values of one environment. */
export function fingerprintsIn(
  state: Pick<EnvironmentState, 'fingerprintKey'>,
): (value: Secret) => Fingerprint {
  return fingerprinter(hmacSha256, state.fingerprintKey);
}
