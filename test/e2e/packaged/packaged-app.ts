import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { type Browser, test as base, chromium, expect, type Page } from '@playwright/test';
import { type Keyring, startKeyring } from '../fixtures/keyring.ts';
import { createProfile, type Profile } from '../fixtures/profile.ts';

interface Fixtures {
  profile: Profile;
  keyring: Keyring;
  /** The packaged app's window. Its fuses forbid the inspector, so it is driven as a browser page. */
  page: Page;
}

/** The executable that `npm test` packaged. */
export function packagedExecutable(): string {
  const path = process.env.REKEY_PACKAGED_APP;
  if (path === undefined) throw new Error('No packaged app to test. Run: npm test -- --only=packaged');
  return path;
}

export const test = base.extend<Fixtures>({
  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads a fixture's needs from this pattern
  profile: async ({}, use) => {
    const profile = createProfile();
    await use(profile);
    profile.remove();
  },

  keyring: async ({ profile }, use) => {
    const keyring = await startKeyring(profile.environment);
    await use(keyring);
    await keyring.stop();
  },

  page: async ({ profile, keyring }, use) => {
    const { child, browser } = await connected(profile, keyring);
    try {
      const context = browser.contexts()[0];
      if (context === undefined) throw new Error('The packaged app has no window');
      await use(context.pages()[0] ?? (await context.waitForEvent('page')));
    } finally {
      await browser.close();
      await ended(child);
    }
  },
});

export { expect };

/**
 * The packaged app and the connection to its window. On a busy machine the first words with a Chromium that starts are
 * lost now and then, and Playwright waits for ever: nothing of the app has been tested by then, and it starts again.
 */
async function connected(
  profile: Profile,
  keyring: Keyring,
): Promise<{ child: ChildProcess; browser: Browser }> {
  for (let attempts = 2; ; attempts -= 1) {
    const child = spawn(
      packagedExecutable(),
      ['--remote-debugging-port=0', '--data-dir', profile.dataFolder],
      {
        env: { ...profile.environment, ...keyring.environment },
        stdio: ['ignore', 'ignore', 'pipe'],
      },
    );
    try {
      const address = await debuggerAddress(child);
      return { child, browser: await chromium.connectOverCDP(address, { timeout: 20_000 }) };
    } catch (error) {
      await ended(child);
      if (attempts === 1 || !/connectOverCDP: Timeout/.test(String(error))) throw error;
    }
  }
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGKILL');
  await once(child, 'exit');
}

/** What Chromium prints when its remote debugging listens. */
function debuggerAddress(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    const timer = setTimeout(() => reject(new Error(`The packaged app did not start:\n${text}`)), 30_000);
    child.once('exit', (code) => reject(new Error(`The packaged app ended with ${code}:\n${text}`)));
    child.stderr?.on('data', (chunk) => {
      text += chunk;
      const address = /DevTools listening on (ws:\S+)/.exec(text)?.[1];
      if (address === undefined) return;
      clearTimeout(timer);
      resolve(address);
    });
  });
}
