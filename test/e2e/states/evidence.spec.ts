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
  await step.getByText('Add evidence').click();
  await step.getByLabel('What it is').fill('What the log of the service says');
  await step
    .getByRole('textbox', { name: 'Output', exact: true })
    .fill(`hook refused\nWEBHOOK_SIGNING_KEY=${ownValues.WEBHOOK_SIGNING_KEY}\n`);
  await lookAt(app, page, 'evidence-pasted');
  // The run is at work for a moment, for something else: what was typed is still there.
  const output = step.getByRole('textbox', { name: 'Output', exact: true });
  const typed = await output.inputValue();
  const { run_id: runId, current_step_id: stepId } = (
    await call(page, 'runs.get', { runId: detail.run.run_id })
  ).run;
  await call(page, 'runs.act', {
    runId,
    stepId: stepId ?? '',
    act: { act: 'add-evidence', kind: 'output', label: 'Seen meanwhile', text: 'a line' },
  });
  await expect(page.getByRole('complementary', { name: 'Evidence and timeline' })).toContainText(
    'Seen meanwhile',
  );
  await expect(output).toHaveValue(typed);
  // So it is after a pause, and after a look at another step.
  await call(page, 'runs.pause', { runId });
  await expect(step).toContainText('The run is paused.');
  await expect(output).toBeHidden();
  await call(page, 'runs.resume', { runId });
  await expect(output).toHaveValue(typed);
  await page.getByRole('navigation', { name: 'Steps' }).getByRole('button').first().click();
  await expect(page.getByRole('region', { name: 'Step record' })).toBeVisible();
  await expect(step).toBeHidden();
  await page.getByRole('button', { name: 'Back to the current step' }).click();
  await expect(output).toBeVisible();
  await expect(output).toHaveValue(typed);
  await step.getByRole('button', { name: 'Add this output' }).click();
  const record = page.getByRole('complementary', { name: 'Evidence and timeline' });
  await expect(record).toContainText('1 redacted');
  await expect(page.getByText('1 secret was redacted before it was hashed and stored.')).toBeVisible();
  await lookAt(app, page, 'evidence-added');

  const log = join(profile.workFolder, 'service.log');
  writeFileSync(log, `restarted\nold=${ownValues.JWT_SECRET_KEY}\nnew=${supplied}\n`);
  await answerSystemDialogs(app, log);
  await step.getByRole('button', { name: 'Attach a file…' }).click();
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
  await step.getByRole('button', { name: 'Attach a file…' }).click();
  await expect(step.getByRole('alert')).toBeVisible();
  await lookAt(app, page, 'evidence-refused');
  const after = await call(page, 'runs.get', { runId: detail.run.run_id });
  expect(JSON.stringify(after)).not.toContain(supplied);
  expect(after.run.steps.flatMap((one) => one.evidence).filter(({ kind }) => kind === 'file')).toHaveLength(
    1,
  );
  expect(readFileSync(join(profile.dataFolder, 'log', 'events.jsonl'), 'utf8')).not.toContain(supplied);
});
