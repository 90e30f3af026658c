import { startKeyring } from '../fixtures/keyring.ts';
import { expect, test } from '../fixtures/rekey-app.ts';
import { call } from '../support/calls.ts';
import { checkScreen, lookAt } from '../support/check-screen.ts';
import { addOwn, open } from '../support/own-environment.ts';

test.describe.configure({ timeout: 240_000 });
test.use({ withKeyring: false });

const passphrase = 'correct horse battery staple';

test('a locked keychain that nobody unlocks leads to the vault', async ({ launch, profile }) => {
  // Made and closed once, so that there is a keyring that can be locked.
  const made = await startKeyring(profile.environment);
  const maker = await launch({ environment: made.environment });
  await expect(maker.page.getByLabel('Name')).toBeVisible({ timeout: 20_000 });
  await call(maker.page, 'keychain.probe');
  await maker.close();
  await made.stop();
  const keyring = await startKeyring(profile.environment, { locked: true });
  try {
    const { app, page } = await launch({ environment: keyring.environment });
    await page.getByLabel('Name').fill('Ada Lovelace');
    await page.getByLabel('E-mail').fill('ada');
    await page.getByRole('button', { name: 'Continue' }).click();
    await expect(page.getByText('Give an e-mail address, such as kim@example.com.')).toBeVisible();
    await page.getByLabel('E-mail').fill('ada@example.org');
    await page.getByRole('button', { name: 'Continue' }).click();
    await expect(
      page.getByText('It does not answer yet.').or(page.getByText(/: it is locked\./)),
    ).toBeVisible({
      timeout: 20_000,
    });
    await checkScreen(app, page, 'welcome-locked');
    await page.getByRole('button', { name: 'Use a passphrase vault instead' }).click();
    await page.getByLabel('Passphrase', { exact: true }).fill(passphrase);
    await page.getByLabel('Passphrase again').fill(passphrase);
    await page.getByRole('button', { name: 'Create the vault' }).click();
    await expect(page.getByRole('button', { name: 'Start practising' })).toBeVisible({ timeout: 20_000 });
  } finally {
    await keyring.stop();
  }
});

test('without a keychain one may look around; the vault opens with its passphrase at the next start', async ({
  launch,
  profile,
}) => {
  const first = await launch();
  const { app, page } = first;
  await page.getByLabel('Name').fill('Ada Lovelace');
  await page.getByLabel('E-mail').fill('ada@example.org');
  await page.getByRole('button', { name: 'Continue' }).click();
  await page.getByRole('button', { name: 'Look around first' }).click({ timeout: 20_000 });
  await expect(page.getByRole('complementary', { name: 'Standing notices' })).toContainText(
    'Nothing can be rotated until then.',
  );
  await checkScreen(app, page, 'keychain-none-overview');
  await addOwn(page, profile);
  await open(page, '#/settings');
  await lookAt(app, page, 'keychain-none-settings');
  await page.getByRole('button', { name: 'Use a passphrase vault instead…' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Passphrase', { exact: true }).fill('short');
  await dialog.getByRole('button', { name: 'Create the vault' }).click();
  await expect(dialog).toContainText('Use at least 12 characters.');
  await checkScreen(app, page, 'vault-create');
  await dialog.getByLabel('Passphrase', { exact: true }).fill(passphrase);
  await dialog.getByLabel('Passphrase again').fill(passphrase);
  await dialog.getByRole('button', { name: 'Create the vault' }).click();
  await expect(dialog).toBeHidden({ timeout: 20_000 });
  await expect(page.getByText('Nothing can be rotated until then.')).toBeHidden();
  await lookAt(app, page, 'vault-settings');
  await first.close();

  const second = await launch();
  await expect(second.page.getByRole('heading', { name: 'Unlock the vault' })).toBeVisible({
    timeout: 20_000,
  });
  await second.page.getByLabel('Passphrase').fill('not the passphrase');
  await second.page.getByRole('button', { name: 'Unlock' }).click();
  await expect(second.page.getByRole('alert')).toBeVisible({ timeout: 20_000 });
  await expect(second.page.getByLabel('Passphrase')).toHaveValue('');
  await checkScreen(second.app, second.page, 'vault-wrong-passphrase');
  await second.page.getByLabel('Passphrase').fill(passphrase);
  await second.page.getByRole('button', { name: 'Unlock' }).click();
  await expect(second.page.getByRole('heading', { name: 'Overview' })).toBeVisible({ timeout: 20_000 });
});
