import type { ElectronApplication, Page } from '@playwright/test';
import { expect, test } from './fixtures/rekey-app.ts';
import { checkScreen } from './support/check-screen.ts';
import { introduce } from './support/first-start.ts';
import { press } from './support/keyboard.ts';
import { startEmergency, startRunbook } from './support/start-run.ts';
import { walkRun } from './support/walk-run.ts';

// Every screen passes axe in both themes and at both sizes; the pictures of the main ones go into the docs.
test.describe.configure({ timeout: 240_000 });

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

function check(app: ElectronApplication, page: Page, name: string): Promise<void> {
  return checkScreen(app, page, name, { thorough: true, picture: pictured.has(name) });
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
