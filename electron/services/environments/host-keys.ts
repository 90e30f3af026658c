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

export interface HostKeyOptions {
  knownHosts: string;
  configFile: string | undefined;
  pool: ConnectionPool;
  /** What the operator compared already: one for each host, in order; null where nothing was given. */
  expected: readonly (string | null)[];
  /** Asks the operator whether the fingerprint is the right one; without a person there, null. */
  confirm: ((address: string, shown: ShownHostKey) => Promise<boolean>) | null;
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
