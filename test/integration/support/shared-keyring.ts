import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { startKeyring } from '#test/e2e/fixtures/keyring.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** What a program needs in its environment to find the keyring. */
    keyring: { DBUS_SESSION_BUS_ADDRESS: string; XDG_RUNTIME_DIR: string };
  }
}

/**
 * Before the integration tests: one real, unlocked keyring for all worlds that a command is called in. What each keeps
 * there lies under the id of its installation, as it would for several users of one session. Opening a passphrase
 * vault instead takes a third of a second, for every call of the command.
 */
export default async function shareKeyring(project: TestProject): Promise<() => Promise<void>> {
  const home = mkdtempSync(join(tmpdir(), 'rekey-keyring-'));
  const runtime = join(home, 'run');
  mkdirSync(runtime, { mode: 0o700 });
  const keyring = await startKeyring({
    PATH: process.env.PATH ?? '',
    HOME: home,
    XDG_RUNTIME_DIR: runtime,
  });
  project.provide('keyring', { ...keyring.environment, XDG_RUNTIME_DIR: runtime });
  return async () => {
    await keyring.stop();
    rmSync(home, { recursive: true, force: true });
  };
}
