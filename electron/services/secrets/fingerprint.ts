import { createHmac } from 'node:crypto';
import { fingerprint, type HmacSha256 } from '#shared/logic/fingerprint.ts';
import type { EnvironmentState } from '#shared/model/environment.ts';
import type { Fingerprint } from '#shared/model/key.ts';
import type { Secret } from '#shared/model/secret.ts';

export const hmacSha256: HmacSha256 = (key, message) => createHmac('sha256', key).update(message).digest();

/** The fingerprint of a value in an environment, by the environment's own key. */
export function fingerprintIn(state: Pick<EnvironmentState, 'fingerprintKey'>, value: Secret): Fingerprint {
  return fingerprint(hmacSha256, state.fingerprintKey, value);
}
