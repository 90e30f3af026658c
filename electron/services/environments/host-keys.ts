import { atOnce } from '#electron/environments/fleet/at-once.ts';
import type { ConnectionPool } from '#electron/environments/ssh/connection-pool.ts';
import {
  pinHostKey,
  type ShownHostKey,
  shownHostKey,
  unknownHostKey,
} from '#electron/environments/ssh/host-keys.ts';
import { unsupportedDirective } from '#electron/environments/ssh/ssh-config-check.ts';
import type { EnvironmentConfig, SshConnector } from '#shared/model/environment.ts';
import { isRekeyError } from '#shared/model/errors.ts';
import type { HostKeyFinding } from '#shared/model/host-key.ts';

/** How many hosts are asked for their keys at the same time. */
const hostsAtOnce = 10;

export interface HostKeyOptions {
  knownHosts: string;
  configFile: string | undefined;
  pool: ConnectionPool;
  /** What the operator compared already: one for each host, in order; null where nothing was given. */
  expected: readonly (string | null)[];
  /** Asks the operator whether the fingerprint is the right one; without a person there, null. */
  confirm: ((address: string, shown: ShownHostKey) => Promise<boolean>) | null;
}

/** Looks at the key of every host; trusts none, changes nothing. One that asks for a password is known all the same. */
export async function lookAtHosts(
  addresses: readonly string[],
  { pool, configFile }: Pick<HostKeyOptions, 'pool' | 'configFile'>,
): Promise<HostKeyFinding[]> {
  const nothing = { type: null, fingerprint: null, message: null, remedy: null };
  const looked = await atOnce(addresses, hostsAtOnce, async (address): Promise<HostKeyFinding> => {
    const target = { address, identity: null, sudo: false, stored: [], environmentId: 'not-added' };
    try {
      const directive = await unsupportedDirective(target, { configFile });
      if (directive) throw directive;
      await pool.sftp(target);
      return { address, state: 'known', ...nothing };
    } catch (error) {
      if (isRekeyError(error, 'ssh-refused')) return { address, state: 'known', ...nothing };
      if (!isRekeyError(error, 'host-key-unknown')) throw error;
      const { type, fingerprint } = await shownHostKey(target, { configFile });
      return { address, state: 'new', ...nothing, type, fingerprint };
    }
  });
  return looked.map((one) => {
    if ('value' in one) return one.value;
    if (!isRekeyError(one.error)) throw one.error;
    const { message, remedy } = one.error;
    return { address: one.item, state: 'refused', ...nothing, message, remedy };
  });
}

/**
 * Makes sure that the key of every host is known, to ssh or to Rekey, before anything is asked of it. A key is taken
 * over only after the operator compared its fingerprint. Throws `host-key-unknown` with the fingerprint to compare,
 * `host-key-changed`, `ssh-unsupported` for what ssh_config says and Rekey cannot follow, and what keeps a host from being reached.
 */
export async function requireKnownHosts(
  { hosts, identity, sudo, credentials }: SshConnector,
  environmentId: EnvironmentConfig['id'],
  { knownHosts, configFile, pool, expected, confirm }: HostKeyOptions,
): Promise<void> {
  for (const [index, { address }] of hosts.entries()) {
    const given = expected[index] ?? null;
    const target = { address, identity, sudo, stored: credentials, environmentId };
    const directive = await unsupportedDirective(target, { configFile });
    if (directive) throw directive;
    const show = () => shownHostKey(target, { configFile });
    if (given !== null) {
      const shown = await show();
      if (shown.fingerprint !== given) throw unknownHostKey(address, shown, given);
    }
    try {
      await pool.sftp(target);
    } catch (error) {
      if (!isRekeyError(error, 'host-key-unknown')) throw error;
      const shown = await show();
      const compared = shown.fingerprint === given || (await confirm?.(address, shown)) === true;
      if (!compared) throw unknownHostKey(address, shown, given);
      pinHostKey(knownHosts, shown);
      await pool.sftp(target);
    }
  }
}
