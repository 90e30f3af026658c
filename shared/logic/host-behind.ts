import type { KeyName } from '../model/key.ts';
import type { HostStatus } from '../model/status.ts';

/** The keys in which a host of a fleet differs from what is right; none of a host that does not answer. */
export function keysBehind({ keys }: HostStatus): KeyName[] {
  return keys.filter(({ status }) => status === 'drifted' || status === 'missing').map(({ key }) => key);
}
