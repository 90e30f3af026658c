import { readFileSync } from 'node:fs';
import { expect, test } from '../fixtures/rekey-app.ts';
import { call } from '../support/calls.ts';
import { checkScreen, lookAt } from '../support/check-screen.ts';
import { beginAs, beginWithOwn, open } from '../support/own-environment.ts';
import { startByCalls } from '../support/walk-by-calls.ts';
import { openPrimaryAct } from '../support/walk-run.ts';

test.describe.configure({ timeout: 240_000 });

test('production: soaking, handing over, taking over, rolling back, aborting', async ({
  launch,
  profile,
}) => {
  const { app, page } = await launch();
  const own = await beginWithOwn(page, profile, {
    name: 'Shop production',
    stage: 'production',
    patch: { keys: { JWT_SECRET_KEY: { slots: 'previous', soak: '36h' } } },
  });
  const before = readFileSync(own.file, 'utf8');
  const detail = await startByCalls(page, {
    runbook: 'planned',
    environmentId: own.id,
    keys: ['JWT_SECRET_KEY'],
    until: 'adopt',
  });
  await open(page, `#/runs/${detail.run.run_id}`);
  const step = page.getByRole('region', { name: 'Current step' });
  const main = page.getByRole('main');
  await step.locator('[data-primary-act]').click();
  await expect(step).toContainText('Attest', { timeout: 20_000 });
  await checkScreen(app, page, 'attest');
  await step.getByLabel(/What you attest/).fill('Logged in with an old and a new session');
  await step.locator('[data-primary-act]').click();
  for (const title of [
    'Compare the service with before',
    'Validate the environment again',
    'Let the soak pass',
  ]) {
    await expect(step.getByRole('heading', { level: 2 })).toHaveText(title, { timeout: 20_000 });
    await step.locator(openPrimaryAct).click();
  }
  await expect(step).toContainText(/Come back on/, { timeout: 20_000 });
  await expect(step).toContainText('in 1 day');
  await checkScreen(app, page, 'soaking');
  await step.getByRole('button', { name: 'End the wait early…' }).click();
  await lookAt(app, page, 'soak-end-early');
  await page.keyboard.press('Escape');
  await open(page, '#/overview');
  await expect(main).toContainText('Come back on');
  await checkScreen(app, page, 'soaking-overview');
  await open(page, '#/runs');
  await lookAt(app, page, 'soaking-runs');

  await open(page, `#/runs/${detail.run.run_id}`);
  await page.getByRole('button', { name: 'More for this run' }).click();
  await page.getByRole('menuitem', { name: /Hand/ }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('button', { name: 'Hand it over' }).click();
  await expect(dialog).toContainText('Give an e-mail address.');
  await checkScreen(app, page, 'hand-over');
  await dialog.getByLabel('To').fill('grace@example.org');
  await dialog.getByLabel('What they must know').fill('It soaks until tomorrow night.');
  await dialog.getByRole('button', { name: 'Hand it over' }).click();
  await expect(step).toContainText('The run belongs to grace@example.org.');
  await checkScreen(app, page, 'handed-over');
  await page
    .getByRole('button', { name: 'Take over…' })
    .or(page.getByRole('button', { name: /Take .*over/ }))
    .first()
    .click();
  const confirm = page.getByRole('alertdialog');
  await confirm.getByLabel('Why you take it over').fill('Grace is on a train');
  await lookAt(app, page, 'take-over');
  await confirm.getByRole('button', { name: 'Take it over' }).click();
  await expect(step).not.toContainText('The run belongs to');

  await page.getByRole('button', { name: 'Roll back…' }).click();
  await expect(confirm).toContainText('Shop production');
  await confirm.getByLabel('Why it is rolled back').fill('Logins fail');
  await confirm.getByRole('button', { name: 'Roll back', exact: true }).click();
  await expect(confirm).toContainText('This is not the name.');
  await lookAt(app, page, 'roll-back');
  await confirm.getByLabel(/to confirm/).fill('Shop production');
  await confirm.getByRole('button', { name: 'Roll back', exact: true }).click();
  await expect(confirm).toBeHidden({ timeout: 20_000 });
  await expect(main).toContainText(/on its way back|rolled back/i);
  await checkScreen(app, page, 'rolling-back');
  expect(readFileSync(own.file, 'utf8')).toContain(/^JWT_SECRET_KEY=(.+)$/m.exec(before)?.[0] ?? 'nothing');

  const second = await startByCalls(page, {
    runbook: 'emergency',
    environmentId: own.id,
    keys: ['WEBHOOK_SIGNING_KEY'],
    until: 'status',
  });
  await open(page, `#/runs/${second.run.run_id}`);
  // What a check found stands at the next step, where it is needed.
  await step.locator('[data-primary-act]').click();
  const found = page.getByRole('region', { name: 'What was found before' });
  await expect(found).toContainText('See where every key stands');
  await expect(found).toContainText('WEBHOOK_SIGNING_KEY');
  await page.getByRole('button', { name: 'Roll back…' }).click();
  await expect(dialog).toContainText('There is nothing to roll back now');
  await lookAt(app, page, 'nothing-to-roll-back');
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'More for this run' }).click();
  await page.getByRole('menuitem', { name: /Abort/ }).click();
  await confirm.getByLabel('Why it is aborted').fill('It was a false alarm');
  await checkScreen(app, page, 'abort');
  await confirm.getByLabel(/to confirm/).fill('Shop production');
  await confirm.getByRole('button', { name: 'Abort the run' }).click();
  await expect(page.getByRole('region', { name: 'End of the run' })).toContainText('aborted');
  await lookAt(app, page, 'aborted');
});

test('a drill and a dry run say what they are', async ({ launch }) => {
  const { app, page } = await launch();
  await beginAs(page, 'ada@example.org');
  const { environmentId } = await call(page, 'practice.start');
  await page.reload();
  const drill = await startByCalls(page, {
    runbook: 'emergency',
    environmentId,
    keys: ['JWT_SECRET_KEY'],
    drill: true,
    until: 'accept-outage',
  });
  await open(page, `#/runs/${drill.run.run_id}`);
  await expect(page.getByText('DRILL.')).toBeVisible();
  await checkScreen(app, page, 'drill');
  const dry = await startByCalls(page, {
    runbook: 'planned',
    environmentId,
    keys: ['API_SIGNING_KEY'],
    dryRun: true,
    until: 'activate',
  });
  await open(page, `#/runs/${dry.run.run_id}`);
  await expect(page.getByText('DRY RUN.')).toBeVisible();
  await expect(page.getByRole('region', { name: 'Current step' })).toContainText('What would happen');
  await checkScreen(app, page, 'dry-run');
  await open(page, '#/overview');
  await lookAt(app, page, 'drill-overview');
});
