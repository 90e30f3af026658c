import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '../fixtures/rekey-app.ts';
import { call } from '../support/calls.ts';
import { checkScreen, lookAt } from '../support/check-screen.ts';
import { beginWithOwn, open, ownValues } from '../support/own-environment.ts';
import { answerSystemDialogs } from '../support/system-dialogs.ts';
import { startByCalls } from '../support/walk-by-calls.ts';

test.describe.configure({ timeout: 240_000 });

function valueIn(file: string, key: string): string | undefined {
  return new RegExp(`^${key}=(.+)$`, 'm').exec(readFileSync(file, 'utf8'))?.[1];
}

test('a lost file, restored from what is sealed here and from a recovery file', async ({
  launch,
  profile,
}) => {
  const { app, page } = await launch();
  const own = await beginWithOwn(page, profile, { name: 'Shop production', stage: 'production' });
  const main = page.getByRole('main');
  const detail = await startByCalls(page, {
    runbook: 'emergency',
    environmentId: own.id,
    keys: ['JWT_SECRET_KEY'],
    choices: { recovery: 'write' },
    until: 'recovery-file',
  });
  await open(page, `#/runs/${detail.run.run_id}`);
  const step = page.getByRole('region', { name: 'Current step' });
  // Nothing was written: the check says so.
  await step.locator('[data-primary-act]').click();
  await expect(step.getByRole('alert')).toBeVisible();
  await lookAt(app, page, 'recovery-file-missing');
  await page.getByRole('button', { name: 'Go to: Decide on a recovery file' }).click();
  await step.getByRole('radio', { name: /Write a recovery file/ }).check();
  await step.locator('[data-primary-act]').click();
  await step.getByRole('button', { name: 'Write recovery file…' }).click();
  const recoveryFile = join(profile.home, 'rekey-recovery.age');
  await answerSystemDialogs(app, recoveryFile);
  const dialog = page.getByRole('dialog');
  await checkScreen(app, page, 'recovery-file-dialog');
  const fields = dialog.locator('input[type="password"]');
  for (let index = 0; index < (await fields.count()); index += 1) {
    await fields.nth(index).fill('a passphrase that is kept elsewhere');
  }
  await dialog
    .getByRole('button', { name: /^(Choose|Write)/ })
    .last()
    .click();
  await expect(step).toContainText('A recovery file was written.', { timeout: 20_000 });
  expect(existsSync(recoveryFile)).toBe(true);
  await checkScreen(app, page, 'recovery-file-written');
  await step.locator('[data-primary-act]').click();
  await expect(step.getByLabel(/to confirm/)).toBeVisible({ timeout: 15_000 });
  await checkScreen(app, page, 'commit');
  await step.getByLabel(/to confirm/).fill('Shop production');
  await step.locator('[data-primary-act]').click();
  await expect.poll(() => valueIn(own.file, 'JWT_SECRET_KEY')).not.toBe(ownValues.JWT_SECRET_KEY);
  const rotated = valueIn(own.file, 'JWT_SECRET_KEY');

  // The file is lost with everything that stands beside it.
  rmSync(own.file);
  await open(page, `#/environments/${own.id}/connection`);
  await page.getByRole('button', { name: 'Recover keys…' }).click();
  const recover = page.getByRole('dialog');
  await checkScreen(app, page, 'recover');
  await recover.getByRole('button', { name: 'Recover', exact: true }).click();
  await expect(recover).toContainText('This is not the name.');
  await recover.getByLabel(/to confirm/).fill('Shop production');
  await recover.getByRole('button', { name: 'Recover', exact: true }).click();
  await expect(recover.getByRole('status').first()).toContainText('Written back: JWT_SECRET_KEY');
  await checkScreen(app, page, 'recovered');
  expect(valueIn(own.file, 'JWT_SECRET_KEY')).toBe(rotated);
  await recover.getByRole('button', { name: 'Close' }).last().click();

  // Lost again; this time with the recovery file, first with a wrong passphrase.
  writeFileSync(own.file, 'PORT=8080\n');
  await page.getByRole('button', { name: 'Recover keys…' }).click();
  await recover.getByRole('radio', { name: /From a recovery file/ }).check();
  await recover.getByLabel(/to confirm/).fill('Shop production');
  await recover.getByLabel('Passphrase of the file').fill('not the passphrase');
  await recover.getByRole('button', { name: /Choose the file/ }).click();
  await expect(recover.getByRole('alert')).toBeVisible({ timeout: 20_000 });
  await checkScreen(app, page, 'recover-wrong-passphrase');
  await recover.getByLabel('Passphrase of the file').fill('a passphrase that is kept elsewhere');
  await recover.getByRole('button', { name: /Choose the file/ }).click();
  await expect(recover.getByRole('status').first()).toContainText('Written back: JWT_SECRET_KEY', {
    timeout: 20_000,
  });
  await lookAt(app, page, 'recovered-from-file');
  expect(valueIn(own.file, 'JWT_SECRET_KEY')).toBe(rotated);
  await recover.getByRole('button', { name: 'Close' }).last().click();
  await expect(main).toBeVisible();
  const events = await call(page, 'events.query', { environment: own.id, text: 'recovered', limit: 50 });
  expect(events.events.length).toBeGreaterThanOrEqual(2);
});
