import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from './fixtures/rekey-app.ts';
import { call } from './support/calls.ts';
import { checkScreen } from './support/check-screen.ts';
import { beginWithOwn, open } from './support/own-environment.ts';
import { answerSystemDialogs } from './support/system-dialogs.ts';

// An officer makes a report, and an auditor verifies it: in the window, and with tools that know nothing of Rekey.
test.describe.configure({ timeout: 180_000 });

test('an officer sees what a report will say, makes it, and verifies it; a changed byte is found', async ({
  rekey,
  profile,
}) => {
  const { app, page } = rekey;
  await beginWithOwn(page, profile, { name: 'Shop', stage: 'production' });
  await open(page, '#/reports');
  await expect(page.getByText('No report was made yet')).toBeVisible();
  await checkScreen(app, page, 'reports-empty');

  await page.getByRole('button', { name: 'Make a report…' }).first().click();
  await page.getByLabel('Period', { exact: true }).selectOption({ label: 'This year so far' });
  await page.getByRole('button', { name: 'Show what it will say' }).click();
  const preview = page.getByRole('region', { name: 'What it will say' });
  await expect(preview.getByText('Nobody', { exact: false }).first()).toBeVisible({ timeout: 30_000 });
  await expect(preview.getByRole('heading', { name: 'Findings' })).toBeVisible();
  await checkScreen(app, page, 'report-preview', { picture: true });

  // Nothing was signed or recorded for the preview.
  expect((await call(page, 'signer.show')).signer.keys).toBeNull();

  const out = join(profile.workFolder, 'evidence');
  mkdirSync(out);
  await answerSystemDialogs(app, out);
  await preview.getByRole('button', { name: 'Choose…' }).click();
  await expect(preview.getByLabel('Folder')).toHaveValue(out);
  await page.getByRole('button', { name: 'Sign and export' }).click();
  await expect(page.getByText('The report was signed and verified')).toBeVisible({ timeout: 60_000 });
  await expect(page.getByRole('table', { name: 'Reports' }).getByRole('row')).toHaveCount(2);
  await checkScreen(app, page, 'reports');

  const name = readdirSync(out).find((one) => !one.endsWith('.zip')) as string;
  const bundle = join(out, name);
  expect(readdirSync(out).sort()).toEqual([name, `${name}.zip`].sort());

  // What an auditor has: coreutils, Python, and a fingerprint that came over another way.
  const { signer } = await call(page, 'signer.show');
  const fingerprint = signer.keys?.report.fingerprint as string;
  const sums = spawnSync('sha256sum', ['--strict', '-c', 'SHA256SUMS'], { cwd: bundle, encoding: 'utf8' });
  expect(sums.status, sums.stderr).toBe(0);
  const python = (...args: string[]) =>
    spawnSync('python3', [join(bundle, 'verify.py'), ...args], { encoding: 'utf8' });
  expect(python('--trust', fingerprint).status).toBe(0);
  const alone = python();
  expect(alone.status).toBe(1);
  expect(alone.stdout).toContain('intact, signer unknown');

  await answerSystemDialogs(app, `${bundle}.zip`);
  await open(page, '#/reports/verify');
  await page.getByRole('button', { name: 'Choose a zip file…' }).click();
  const found = page.getByRole('region', { name: 'What was found' });
  await expect(found.getByText('Intact', { exact: true })).toBeVisible({ timeout: 30_000 });
  await expect(found.getByText('Known signer')).toBeVisible();
  await expect(found.getByText('Not asked')).toBeVisible();
  await checkScreen(app, page, 'report-verified', { picture: true });

  // Another signer was expected.
  await page.getByLabel('Signer to expect').fill(`SHA256:${'A'.repeat(43)}`);
  await page.getByRole('button', { name: 'Verify again' }).click();
  await expect(found.getByText('Wrong signer')).toBeVisible({ timeout: 30_000 });

  const table = join(bundle, 'population.csv');
  const bytes = readFileSync(table);
  bytes[bytes.length - 3] = (bytes.at(-3) as number) ^ 1;
  writeFileSync(table, bytes);
  await answerSystemDialogs(app, bundle);
  await page.getByLabel('Signer to expect').fill(fingerprint);
  await page.getByRole('button', { name: 'Choose a folder…' }).click();
  await expect(found.getByText('Not intact')).toBeVisible({ timeout: 30_000 });
  await expect(page.getByRole('region', { name: 'Every check' })).toContainText('population.csv');
  await checkScreen(app, page, 'report-damaged');
});

test('stopping leaves nothing behind', async ({ rekey, profile }) => {
  const { page } = rekey;
  await beginWithOwn(page, profile, { name: 'Shop' });
  const out = join(profile.workFolder, 'evidence');
  mkdirSync(out);
  await open(page, '#/reports/new');
  await page.getByRole('button', { name: 'Show what it will say' }).click();
  const make = page.getByRole('button', { name: 'Sign and export' });
  await expect(make).toBeVisible({ timeout: 30_000 });
  await page.getByLabel('Folder').fill(out);
  // By the keyboard of a person who changes their mind at once.
  await make.focus();
  await page.keyboard.press('Enter');
  const stop = page.getByRole('dialog', { name: 'Making the report' }).getByRole('button', { name: 'Stop' });
  await stop.click({ timeout: 30_000 });
  await expect(make).toBeEnabled({ timeout: 30_000 });
  await expect(page.getByRole('dialog')).toHaveCount(0);
  expect(readdirSync(out)).toEqual([]);
  expect(await call(page, 'reports.list')).toEqual([]);
});

test('risks are accepted for a time, and the acceptance ends', async ({ rekey, profile }) => {
  const { app, page } = rekey;
  await beginWithOwn(page, profile, { name: 'Shop' });
  await open(page, '#/reports/exceptions');
  await expect(page.getByText('No risk is accepted')).toBeVisible();
  await page.getByRole('button', { name: 'Record an exception…' }).click();
  const dialog = page.getByRole('dialog', { name: 'Record an exception' });
  await dialog.getByRole('button', { name: 'Accept the risk' }).click();
  await expect(dialog.getByText('Say why the risk is accepted.')).toBeVisible();
  await dialog.getByLabel('Key').selectOption('JWT_SECRET_KEY');
  await dialog.getByLabel('Why').fill('The partner cannot take a new key before March');
  const until = new Date(Date.now() + 60 * 86_400_000).toISOString().slice(0, 10);
  await dialog.getByLabel('Until').fill(until);
  await checkScreen(app, page, 'exception-dialog');
  await dialog.getByRole('button', { name: 'Accept the risk' }).click();
  const row = page.getByRole('table', { name: 'Exceptions' }).getByRole('row').nth(1);
  await expect(row).toContainText('JWT_SECRET_KEY');
  await expect(row).toContainText('Active');
  await checkScreen(app, page, 'exceptions');
  await row.getByRole('button', { name: /^End/ }).click();
  await page.getByLabel('Why it ends now').fill('The key was rotated');
  await page.getByRole('button', { name: 'End it' }).click();
  await expect(row).toContainText('Ended');
});

test('signing keys are explained, made, shown for comparing; a signer is enrolled', async ({
  rekey,
  profile,
}) => {
  const { app, page } = rekey;
  await beginWithOwn(page, profile, { name: 'Shop' });
  await open(page, '#/reports/signing');
  await page.getByRole('button', { name: 'Make them now…' }).click();
  const dialog = page.getByRole('dialog', { name: 'Make the signing keys' });
  await expect(dialog).toContainText('sealed in the data folder');
  await checkScreen(app, page, 'signing-keys-first');
  await dialog.getByRole('button', { name: 'Make them', exact: true }).click();
  const own = page.getByRole('region', { name: 'Keys of this installation' });
  await expect(own.getByText(/^SHA256:/).first()).toBeVisible({ timeout: 30_000 });
  await page.getByRole('button', { name: 'Enrol a signer…' }).click();
  const enrol = page.getByRole('dialog', { name: 'Enrol a signer' });
  await enrol.getByLabel('Fingerprint').fill('SHA256:short');
  await enrol.getByLabel('Name').fill('Payments team');
  await enrol.getByRole('button', { name: 'Enrol', exact: true }).click();
  await expect(enrol.getByText(/neither the fingerprint of a report key/)).toBeVisible();
  await enrol.getByLabel('Fingerprint').fill(`SHA256:${'b'.repeat(43)}`);
  await enrol.getByRole('button', { name: 'Enrol', exact: true }).click();
  await expect(page.getByRole('region', { name: 'Known signers' })).toContainText('Payments team');
  await checkScreen(app, page, 'signing-keys', { picture: true });
});
