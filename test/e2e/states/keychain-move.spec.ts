import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { expect, test } from '../fixtures/rekey-app.ts';
import { call } from '../support/calls.ts';
import { checkScreen } from '../support/check-screen.ts';
import { beginWithOwn, open } from '../support/own-environment.ts';

test.describe.configure({ timeout: 240_000 });

const passphrase = 'correct horse battery staple';

/** Everything that is sealed opens: it is sealed anew, which opens each first. */
async function expectAllOpens(page: Page): Promise<void> {
  expect((await call(page, 'keychain.rotate-wrapping-key')).resealed).toBe(4);
}

test('what is sealed moves with its key to the vault and back; an interrupted move says so', async ({
  launch,
  profile,
}) => {
  const first = await launch();
  const { app, page } = first;
  await beginWithOwn(page, profile);
  // Four sealed signing keys.
  await call(page, 'signer.create');
  await open(page, '#/settings');
  await page.getByRole('button', { name: 'Use a passphrase vault instead…' }).click();
  const dialog = page.getByRole('dialog');
  await expect(dialog).toContainText('move into it, and out of the system’s keychain');
  await dialog.getByLabel('Passphrase', { exact: true }).fill(passphrase);
  await dialog.getByLabel('Passphrase again').fill(passphrase);
  await dialog.getByRole('button', { name: 'Create the vault' }).click();
  await expect(dialog).toBeHidden({ timeout: 20_000 });
  await expect(page.getByRole('button', { name: 'Change the passphrase…' })).toBeVisible();
  await expectAllOpens(page);

  await page.getByRole('button', { name: 'Use the system’s keychain' }).click();
  await expect(page.getByText('The system’s keychain is in use')).toBeVisible({ timeout: 20_000 });
  await expect(page.getByRole('button', { name: 'Use a passphrase vault instead…' })).toBeVisible();
  expect(existsSync(join(profile.dataFolder, 'vault.json'))).toBe(false);
  await expectAllOpens(page);
  await checkScreen(app, page, 'keychain-moved-back');
  await first.close();

  // As a crash leaves it that came before anything was copied.
  const file = join(profile.dataFolder, 'settings.json');
  const settings = JSON.parse(readFileSync(file, 'utf8')) as object;
  const keychainMove = { id: '019ac0de-0000-7000-8000-000000000001', from: 'os', to: 'vault' };
  writeFileSync(file, JSON.stringify({ ...settings, keychainMove }));
  const second = await launch();
  await open(second.page, '#/settings');
  await expect(second.page.getByText('The move to the passphrase vault was interrupted.')).toBeVisible();
  await checkScreen(second.app, second.page, 'keychain-move-interrupted');
  await second.page.getByRole('button', { name: 'Stay with the system’s keychain' }).click();
  await expect(second.page.getByText('was interrupted.')).toBeHidden({ timeout: 20_000 });
  await expectAllOpens(second.page);
});
