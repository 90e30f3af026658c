import { join } from 'node:path';
import { AxeBuilder } from '@axe-core/playwright';
import type { ElectronApplication, Page } from '@playwright/test';
import { expect, test } from './fixtures/rekey-app.ts';
import { introduce } from './support/first-start.ts';
import { press } from './support/keyboard.ts';
import { startEmergency, startRunbook } from './support/start-run.ts';
import { walkRun } from './support/walk-run.ts';

// Every screen passes axe in both themes and at both sizes; the pictures of the main ones go into the docs.
test.describe.configure({ timeout: 240_000 });

const sizes = [
  { width: 1280, height: 800 },
  { width: 1024, height: 640 },
] as const;

/** Screens whose pictures are kept in docs/screenshots. */
const pictured = new Set([
  'welcome',
  'overview',
  'environment',
  'environment-configuration',
  'runbooks',
  'run',
  'run-decision',
  'run-completed',
  'events',
  'settings',
  'emergency',
]);

async function check(app: ElectronApplication, page: Page, name: string): Promise<void> {
  for (const theme of ['light', 'dark'] as const) {
    await page.emulateMedia({ reducedMotion: 'reduce', colorScheme: theme });
    // Colours change in a transition; half-way through, no contrast is the right one.
    await page.waitForTimeout(500);
    for (const size of sizes) {
      await resize(app, size);
      await page.waitForTimeout(150);
      // Electron's pages have no browser context for axe's own frame handling.
      const { violations } = await new AxeBuilder({ page }).setLegacyMode(true).analyze();
      const found = violations.map(
        ({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.join(' ')).join(', ')}`,
      );
      expect.soft(found, `${name}, ${theme}, ${size.width}×${size.height}`).toEqual([]);
      const wider = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      expect.soft(wider, `${name} scrolls sideways at ${size.width}`).toBeLessThanOrEqual(0);
      if (process.env.REKEY_SCREENSHOTS && size.width === 1280 && pictured.has(name)) {
        await page.screenshot({ path: join(process.env.REKEY_SCREENSHOTS, `${name}-${theme}.png`) });
      }
    }
  }
}

/** Playwright now and then loses the answer of the main process; asking again is harmless here. */
async function resize(app: ElectronApplication, size: { width: number; height: number }): Promise<void> {
  for (let attempts = 3; ; attempts -= 1) {
    try {
      return await app.evaluate(({ BrowserWindow }, { width, height }) => {
        BrowserWindow.getAllWindows()[0]?.setContentSize(width, height);
      }, size);
    } catch (error) {
      if (attempts === 1) throw error;
    }
  }
}

async function go(page: Page, screen: string): Promise<void> {
  await page.getByRole('navigation', { name: 'Screens' }).getByRole('link', { name: screen }).click();
  await page.waitForTimeout(400);
}

test('first start', async ({ launch }) => {
  const { app, page } = await launch();
  await expect(page.getByLabel('Name')).toBeVisible({ timeout: 20_000 });
  await check(app, page, 'welcome');
  await introduce(page);
  await expect(page.getByRole('button', { name: 'Start practising' })).toBeVisible();
  await check(app, page, 'welcome-begin');
  await press(page, page.getByRole('button', { name: /Decide later/ }));
  await page.waitForTimeout(500);
  await check(app, page, 'overview-empty');
  for (const screen of ['Environments', 'Runbooks & runs', 'Events']) {
    await go(page, screen);
    await check(app, page, `${screen.toLowerCase().split(' ')[0]}-empty`);
  }
});

test.describe('without a keychain', () => {
  test.use({ withKeyring: false });
  test('first start', async ({ launch }) => {
    const { app, page } = await launch();
    await page.getByLabel('Name').fill('Ada Lovelace');
    await page.getByLabel('E-mail').fill('ada@example.org');
    await page.keyboard.press('Enter');
    // Which of the two it is depends on whether the session has a kernel keyring.
    await expect(page.getByText(/there is none|it forgets everything/i)).toBeVisible({ timeout: 20_000 });
    await check(app, page, 'welcome-no-keychain');
  });
});

test('with the practice environment', async ({ launch }) => {
  const { app, page } = await launch();
  await introduce(page);
  await press(page, page.getByRole('button', { name: 'Start practising' }));
  await expect(page.getByRole('heading', { name: 'Practice', level: 1 })).toBeVisible({ timeout: 20_000 });
  await check(app, page, 'environment');
  for (const tab of ['Connection', 'Configuration', 'History']) {
    await page.getByRole('tab', { name: tab }).click();
    await page.waitForTimeout(400);
    await check(app, page, `environment-${tab.toLowerCase()}`);
  }
  for (const [screen, name] of [
    ['Overview', 'overview'],
    ['Environments', 'environments'],
    ['Runbooks & runs', 'runbooks'],
    ['Events', 'events'],
    ['Settings', 'settings'],
  ] as const) {
    await go(page, screen);
    await check(app, page, name);
  }
  await page.keyboard.press('Control+Shift+E');
  await expect(page.getByRole('dialog')).toBeVisible();
  await check(app, page, 'emergency');
  await page.keyboard.press('Escape');
  await page.keyboard.press('Control+K');
  await expect(page.getByRole('dialog')).toBeVisible();
  await check(app, page, 'palette');
  await page.keyboard.press('Escape');
});

test('runs', async ({ launch }) => {
  const { app, page } = await launch();
  await introduce(page);
  await press(page, page.getByRole('button', { name: 'Start practising' }));
  await expect(page.getByRole('heading', { name: 'Practice', level: 1 })).toBeVisible({ timeout: 20_000 });
  await startEmergency(page, /A key leaked/, { keys: ['JWT_SECRET_KEY'] });
  await check(app, page, 'run-input');
  const choices = { 'recovery file': /Go on without/ };
  await walkRun(page, { until: /Decide on a recovery file/ });
  await check(app, page, 'run-decision');
  await walkRun(page, { choices, until: /^Write the new value into/ });
  await check(app, page, 'run');
  await walkRun(page, { choices });
  await check(app, page, 'run-completed');
  await startRunbook(page, 'Planned rotation', { keys: ['API_SIGNING_KEY'], dryRun: true });
  await check(app, page, 'run-dry');
});
