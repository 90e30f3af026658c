import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '../fixtures/rekey-app.ts';
import { call } from '../support/calls.ts';
import { checkScreen, lookAt } from '../support/check-screen.ts';
import { beginWithOwn, freshValue, open, ownValues } from '../support/own-environment.ts';
import { answerSystemDialogs } from '../support/system-dialogs.ts';
import { startByCalls } from '../support/walk-by-calls.ts';

test.describe.configure({ timeout: 240_000 });

const supplied = `${freshValue()}${freshValue()}`;

test('a value from a third party, pasted output, and a file, with secrets in both', async ({
  launch,
  profile,
}) => {
  const { app, page } = await launch();
  const own = await beginWithOwn(page, profile, {
    patch: { keys: { WEBHOOK_SIGNING_KEY: { issuer: 'supplied' } } },
  });
  const detail = await startByCalls(page, {
    runbook: 'emergency',
    environmentId: own.id,
    keys: ['WEBHOOK_SIGNING_KEY'],
    choices: { recovery: 'decline' },
    until: 'prepare',
  });
  await open(page, `#/runs/${detail.run.run_id}`);
  const step = page.getByRole('region', { name: 'Current step' });
  await step.locator('[data-primary-act]').click();
  await expect(step).toContainText('Type or paste the value.');
  await lookAt(app, page, 'supplied-empty');
  await step.getByLabel(/New value of WEBHOOK_SIGNING_KEY/).fill('short');
  await step.locator('[data-primary-act]').click();
  await expect(
    step
      .getByRole('alert')
      .or(step.getByText(/length|characters/i))
      .first(),
  ).toBeVisible();
  await checkScreen(app, page, 'supplied-refused');
  // What was refused is not kept in the window.
  await expect(step.getByLabel(/New value of WEBHOOK_SIGNING_KEY/)).toHaveValue('');
  await step.getByLabel(/New value of WEBHOOK_SIGNING_KEY/).fill(supplied);
  await step.locator('[data-primary-act]').click();
  await expect(step.getByRole('heading', { level: 2 })).toHaveText('Decide on a recovery file', {
    timeout: 20_000,
  });

  // Pasted output with the environment's own secret in it.
  // The form closes when the run is at work for a moment, as it is right after a step; a person opens it again.
  const what = step.getByLabel('What it is');
  const openForm = async () => {
    if (!(await what.isVisible())) await step.getByText('Add evidence').click({ timeout: 2_000 });
  };
  const attach = () =>
    expect(async () => {
      await openForm();
      await step.getByRole('button', { name: 'Attach a file…' }).click({ timeout: 2_000 });
    }).toPass({ timeout: 30_000 });
  await expect(async () => {
    await openForm();
    await what.fill('What the log of the service says', { timeout: 2_000 });
    await step
      .getByRole('textbox', { name: 'Output', exact: true })
      .fill(`hook refused\nWEBHOOK_SIGNING_KEY=${ownValues.WEBHOOK_SIGNING_KEY}\n`, { timeout: 2_000 });
    await lookAt(app, page, 'evidence-pasted');
    await step.getByRole('button', { name: 'Add this output' }).click({ timeout: 2_000 });
  }).toPass({ timeout: 30_000 });
  const record = page.getByRole('complementary', { name: 'Evidence and timeline' });
  await expect(record).toContainText('1 redacted');
  await expect(page.getByText('1 secret was redacted before it was hashed and stored.')).toBeVisible();
  await lookAt(app, page, 'evidence-added');

  const log = join(profile.workFolder, 'service.log');
  writeFileSync(log, `restarted\nold=${ownValues.JWT_SECRET_KEY}\nnew=${supplied}\n`);
  await answerSystemDialogs(app, log);
  await attach();
  await expect(record).toContainText('service.log');
  await expect(record).toContainText('2 redacted');
  await record.getByRole('button', { name: /service\.log/ }).click();
  const shown = page.getByRole('dialog');
  await expect(shown).toContainText('restarted');
  await expect(shown).not.toContainText(supplied);
  await checkScreen(app, page, 'evidence-shown');
  await shown.getByRole('button', { name: 'Close' }).last().click();

  // Not a file that can be evidence: said, and nothing added.
  await answerSystemDialogs(app, profile.workFolder);
  await attach();
  await expect(step.getByRole('alert')).toBeVisible();
  await lookAt(app, page, 'evidence-refused');
  const after = await call(page, 'runs.get', { runId: detail.run.run_id });
  expect(JSON.stringify(after)).not.toContain(supplied);
  expect(after.run.steps.flatMap((one) => one.evidence).filter(({ kind }) => kind === 'file')).toHaveLength(
    1,
  );
  expect(readFileSync(join(profile.dataFolder, 'log', 'events.jsonl'), 'utf8')).not.toContain(supplied);
});
