import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { expect, test } from './fixtures/rekey-app.ts';
import { introduce } from './support/first-start.ts';
import { press, select, typeInto } from './support/keyboard.ts';
import { startEmergency, startRunbook } from './support/start-run.ts';
import { walkRun } from './support/walk-run.ts';

// A person's own .env, without any command configured: rotated, killed in the middle, rolled back.
test.describe.configure({ timeout: 240_000 });

const text = `# the team's keys
export JWT_SECRET_KEY="first-value-of-the-token-key-of-this-test"   # quoted
OTHER=untouched
API_SIGNING_KEY=first-value-of-the-request-key-of-this-test
`;
const withoutFile = { 'recovery file': /Go on without/ };

function keyValue(file: string, name: string): string {
  return (
    new RegExp(`^(?:export )?${name}="?([^"\\n]*?)"?(?: +#.*)?$`, 'm').exec(
      readFileSync(file, 'utf8'),
    )?.[1] ?? ''
  );
}

/** Adds a real .env through the window, by keyboard. */
async function addOwnEnvironment(page: Page, file: string): Promise<void> {
  await introduce(page);
  await press(page, page.getByRole('button', { name: 'Add an environment' }));
  await typeInto(page, page.getByLabel('Name', { exact: true }), 'Own');
  await select(page, page.getByRole('combobox', { name: 'Stage' }), 'Staging');
  await typeInto(page, page.getByLabel('File', { exact: true }), file);
  await press(page, page.getByRole('main').getByRole('button', { name: /^Add/ }).last());
  await expect(page.getByRole('heading', { name: 'Own', level: 1 })).toBeVisible({ timeout: 15_000 });
}

test('a person adds their own file and rotates a key to its end', async ({ launch, profile }) => {
  const file = join(profile.workFolder, '.env');
  writeFileSync(file, text, { mode: 0o640 });
  const before = keyValue(file, 'JWT_SECRET_KEY');
  const { page } = await launch();
  await addOwnEnvironment(page, file);
  await startRunbook(page, 'Planned rotation', { keys: ['JWT_SECRET_KEY'], environment: 'Own' });
  await walkRun(page, { choices: withoutFile });
  await expect(page.getByRole('region', { name: 'End of the run' })).toContainText(/completed/i);
  const after = keyValue(file, 'JWT_SECRET_KEY');
  expect(after).not.toBe(before);
  expect(after).toMatch(/^[A-Za-z0-9_-]{64}$/);
  expect(readFileSync(file, 'utf8')).toBe(text.replace(before, after));
  expect(statSync(file).mode & 0o777).toBe(0o640);
});

test('the app is killed in the middle of an emergency and finishes it after the restart', async ({
  launch,
  profile,
}) => {
  const file = join(profile.workFolder, '.env');
  writeFileSync(file, text, { mode: 0o600 });
  const before = keyValue(file, 'API_SIGNING_KEY');
  const first = await launch();
  await addOwnEnvironment(first.page, file);
  await startEmergency(first.page, /A key leaked/, { keys: ['API_SIGNING_KEY'], environment: 'Own' });
  const walked = await walkRun(first.page, { choices: withoutFile, until: /Restart the service/ });
  expect(keyValue(file, 'API_SIGNING_KEY')).not.toBe(before);
  const step = first.page.getByRole('region', { name: 'Current step' }).getByRole('heading', { level: 2 });
  const title = await step.innerText();
  const address = await first.page.evaluate(() => location.hash);
  await first.kill();

  const { page } = await launch();
  await expect(page.getByRole('main')).toBeVisible({ timeout: 20_000 });
  await page.evaluate((hash) => {
    location.hash = hash;
  }, address);
  const current = page.getByRole('region', { name: 'Current step' });
  await expect(current.getByRole('heading', { level: 2 })).toHaveText(title, { timeout: 20_000 });
  const rest = await walkRun(page, { choices: withoutFile });
  await expect(page.getByRole('region', { name: 'End of the run' })).toContainText(/completed/i);
  expect(rest.length).toBeGreaterThan(0);
  expect(walked.length).toBeGreaterThan(5);
});

test('the app is killed while it writes the new value, and lands on the same step', async ({
  launch,
  profile,
}) => {
  const file = join(profile.workFolder, '.env');
  writeFileSync(file, text, { mode: 0o600 });
  const before = keyValue(file, 'JWT_SECRET_KEY');
  const first = await launch();
  await addOwnEnvironment(first.page, file);
  await startEmergency(first.page, /A key leaked/, { keys: ['JWT_SECRET_KEY'], environment: 'Own' });
  await walkRun(first.page, { choices: withoutFile, until: /^Write the new value into/ });
  const current = first.page.getByRole('region', { name: 'Current step' });
  const title = await current.getByRole('heading', { level: 2 }).innerText();
  const address = await first.page.evaluate(() => location.hash);
  // The key press and the kill go out together: how far the write gets is chance, and must not matter.
  await Promise.all([first.page.keyboard.press('Control+Enter').catch(() => {}), first.kill()]);
  expect([before.length, 64]).toContain(keyValue(file, 'JWT_SECRET_KEY').length);

  const { page } = await launch();
  await expect(page.getByRole('main')).toBeVisible({ timeout: 20_000 });
  await page.evaluate((hash) => {
    location.hash = hash;
  }, address);
  const landed = page.getByRole('region', { name: 'Current step' }).getByRole('heading', { level: 2 });
  await expect(landed).toBeVisible({ timeout: 20_000 });
  test
    .info()
    .annotations.push({ type: 'landed on', description: `${await landed.innerText()} (was ${title})` });
  await walkRun(page, { choices: withoutFile });
  await expect(page.getByRole('region', { name: 'End of the run' })).toContainText(/completed/i);
  expect(keyValue(file, 'JWT_SECRET_KEY')).toMatch(/^[A-Za-z0-9_-]{64}$/);
});

test('rolling back makes the old value primary again', async ({ launch, profile }) => {
  const file = join(profile.workFolder, '.env');
  writeFileSync(file, text, { mode: 0o600 });
  const { page } = await launch();
  await addOwnEnvironment(page, file);
  await startRunbook(page, 'Planned rotation', { keys: ['API_SIGNING_KEY'], environment: 'Own' });
  await walkRun(page, { choices: withoutFile, until: /Restart the service/ });
  expect(readFileSync(file, 'utf8')).not.toBe(text);
  await press(page, page.getByRole('button', { name: 'Roll back…' }));
  const dialog = page.getByRole('dialog').or(page.getByRole('alertdialog'));
  await typeInto(page, dialog.getByRole('textbox').first(), 'The service does not start');
  await press(page, dialog.getByRole('button', { name: /^Roll back/ }));
  await expect.poll(() => readFileSync(file, 'utf8'), { timeout: 20_000 }).toBe(text);
  await expect(page.getByRole('main')).toContainText(/rolled back|rolling back/i);
});
