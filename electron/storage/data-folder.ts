import { join } from 'node:path';

/** Where everything lies in the data folder. The window and the command share it. */
export interface DataFolder {
  readonly path: string;
  readonly environments: string;
  readonly settings: string;
  readonly log: string;
  readonly sealed: string;
  readonly vault: string;
  readonly keychainIndex: string;
  readonly runbooks: string;
  readonly runs: string;
  readonly cache: string;
  readonly practice: string;
  readonly reports: string;
  /** Locks of the tasks that run. */
  readonly tasks: string;
  /** Held by the agent that runs on this data folder. */
  readonly agentLock: string;
  /** Locks of raising and telling alerts. */
  readonly alerts: string;
  readonly signer: string;
  readonly trustedSigners: string;
  readonly cosigned: string;
  readonly importedLogs: string;
  /** Host keys that were compared for Rekey. */
  readonly knownHosts: string;
}

export function dataFolder(path: string): DataFolder {
  return {
    path,
    environments: join(path, 'environments.json'),
    settings: join(path, 'settings.json'),
    log: join(path, 'log'),
    sealed: join(path, 'sealed'),
    vault: join(path, 'vault.json'),
    keychainIndex: join(path, 'keychain-index.json'),
    runbooks: join(path, 'runbooks'),
    runs: join(path, 'runs'),
    cache: join(path, 'cache'),
    practice: join(path, 'practice'),
    reports: join(path, 'reports'),
    tasks: join(path, 'tasks'),
    agentLock: join(path, 'agent.lock'),
    alerts: join(path, 'alerts'),
    signer: join(path, 'signer.json'),
    trustedSigners: join(path, 'trusted-signers.json'),
    cosigned: join(path, 'cosigned.json'),
    importedLogs: join(path, 'imported-logs'),
    knownHosts: join(path, 'ssh', 'known_hosts'),
  };
}

/**
 * The default data folder without Electron; the app uses the same one.
 * `$XDG_CONFIG_HOME/rekey` (`~/.config/rekey`), `%APPDATA%\rekey`, `~/Library/Application Support/rekey`.
 */
export function defaultDataFolder(
  platform: NodeJS.Platform,
  environment: Readonly<Record<string, string | undefined>>,
  home: string,
): string {
  if (platform === 'win32') return join(environment.APPDATA ?? join(home, 'AppData', 'Roaming'), 'rekey');
  if (platform === 'darwin') return join(home, 'Library', 'Application Support', 'rekey');
  const configured = environment.XDG_CONFIG_HOME;
  return join(configured?.startsWith('/') ? configured : join(home, '.config'), 'rekey');
}
