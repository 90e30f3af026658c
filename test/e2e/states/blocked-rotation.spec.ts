import { readFileSync, writeFileSync } from 'node:fs';
import { expect, test } from '../fixtures/rekey-app.ts';
import { call } from '../support/calls.ts';
import { checkScreen, lookAt } from '../support/check-screen.ts';
import { beginWithOwn, freshValue, open, ownValues } from '../support/own-environment.ts';
import { startByCalls } from '../support/walk-by-calls.ts';

// What a person is told when the environment is not as a rotation left it, and how they get on from there.
test.describe.configure({ timeout: 240_000 });

const decline = { recovery: 'decline' };

test('another program changes the value in the middle of a rotation', async ({ launch, profile }) => {
  const { app, page } = await launch();
  const own = await beginWithOwn(page, profile);
  const detail = await startByCalls(page, {
    runbook: 'emergency',
    environmentId: own.id,
    keys: ['JWT_SECRET_KEY'],
    choices: decline,
    until: 'adopt',
  });
  const written = readFileSync(own.file, 'utf8');
  const rotated = /^JWT_SECRET_KEY=(.+)$/m.exec(written)?.[1] ?? '';
  expect(rotated).not.toBe(ownValues.JWT_SECRET_KEY);
  // A deployment puts a value of its own into the file.
  writeFileSync(own.file, written.replace(rotated, freshValue()));

  await open(page, `#/runs/${detail.run.run_id}`);
  const step = page.getByRole('region', { name: 'Current step' });
  await step.locator('[data-primary-act]').click();
  await expect(page.getByText('Blocked').first()).toBeVisible({ timeout: 20_000 });
  await expect(step).toContainText(/decision/i);
  await checkScreen(app, page, 'blocked');

  // Deciding without an answer says what is missing, and does nothing.
  await step.getByRole('button', { name: /Decide which value/ }).click();
  await expect(step).toContainText('Choose which value is in place.');
  await checkScreen(app, page, 'blocked-decision');

  await open(page, '#/overview');
  await expect(page.getByRole('main')).toContainText(/Blocked/);
  await checkScreen(app, page, 'blocked-overview');
  await open(page, `#/environments/${own.id}/keys`);
  await expect(page.getByRole('main')).toContainText(/blocked/i);
  await lookAt(app, page, 'blocked-environment');

  // The deployment is undone: looking again finds the new value, and the run goes on where it was.
  writeFileSync(own.file, written);
  await open(page, `#/runs/${detail.run.run_id}`);
  await step.getByRole('button', { name: 'Find out what is in place' }).click();
  await expect(step).toContainText(/new value/i);
  await lookAt(app, page, 'blocked-probed');
  await step.getByRole('radio', { name: /^The new value is in place/ }).check();
  await step.getByLabel('Reason').fill('The deployment was undone');
  await step.locator('[data-primary-act]').click();
  await expect(page.getByText('Blocked', { exact: true })).toHaveCount(0, { timeout: 20_000 });
  await lookAt(app, page, 'blocked-decided');
  await step.locator('[data-primary-act]').click();
  await expect(step).toContainText('You vouch that the service uses the value that is in place now.', {
    timeout: 20_000,
  });
  expect(readFileSync(own.file, 'utf8')).toBe(written);
});

test('another program changes the value before anything is written', async ({ launch, profile }) => {
  const { app, page } = await launch();
  const own = await beginWithOwn(page, profile);
  const detail = await startByCalls(page, {
    runbook: 'planned',
    environmentId: own.id,
    keys: ['JWT_SECRET_KEY'],
    choices: decline,
    until: 'preflight',
  });
  const before = readFileSync(own.file, 'utf8');
  const changed = before.replace(ownValues.JWT_SECRET_KEY, freshValue());
  writeFileSync(own.file, changed);
  await open(page, `#/runs/${detail.run.run_id}`);
  const step = page.getByRole('region', { name: 'Current step' });
  await step.locator('[data-primary-act]').click();
  await expect(step.getByRole('alert')).toContainText('was changed since the rotation was planned');
  await checkScreen(app, page, 'conflict');
  expect(readFileSync(own.file, 'utf8')).toBe(changed);
  await step.getByRole('button', { name: 'Try again' }).click();
  await expect(step.getByRole('alert')).toContainText('was changed since the rotation was planned');
  await expect(step.getByRole('button', { name: 'Go on all the same…' })).toBeVisible();
});

test('a person stops a command that takes too long', async ({ launch, profile }) => {
  const { app, page } = await launch();
  const own = await beginWithOwn(page, profile, {
    patch: {
      commands: {
        stop: { argv: ['true'], shell: false },
        start: { argv: ['true'], shell: false },
        reencrypt: {
          argv: ["echo '12 of 4000 rows re-encrypted'; sleep 300"],
          shell: true,
        },
      },
    },
  });
  const detail = await startByCalls(page, {
    runbook: 'emergency',
    environmentId: own.id,
    keys: ['TOKEN_ENCRYPTION_KEY'],
    choices: decline,
    until: 'activate',
  });
  await open(page, `#/runs/${detail.run.run_id}`);
  const step = page.getByRole('region', { name: 'Current step' });
  await step.getByLabel(/to confirm/).fill('Own');
  await step.locator('[data-primary-act]').click();
  // Rekey starts the service itself after the re-encryption, so nobody is asked to restart it by hand.
  await expect(step.getByRole('heading', { level: 2 })).toHaveText(
    'Prove that the service uses the new value',
    { timeout: 20_000 },
  );
  await step.locator('[data-primary-act]').click();
  await expect(step).toContainText('12 of 4000 rows re-encrypted', { timeout: 20_000 });
  await checkScreen(app, page, 'command-running');
  await step.getByRole('button', { name: 'Stop…' }).click();
  await lookAt(app, page, 'command-stop');
  await page.getByRole('alertdialog').getByRole('button', { name: 'Stop the command' }).click();
  await expect(page.getByText(/How far it came is not known/).first()).toBeVisible({ timeout: 20_000 });
  await lookAt(app, page, 'command-stopped');
  const after = await call(page, 'runs.get', { runId: detail.run.run_id });
  expect(after.run.state).toBe('blocked');
});
