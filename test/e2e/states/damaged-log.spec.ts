import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '../fixtures/rekey-app.ts';
import { checkScreen, lookAt } from '../support/check-screen.ts';
import { beginWithOwn, open } from '../support/own-environment.ts';
import { answerSystemDialogs } from '../support/system-dialogs.ts';
import { startByCalls } from '../support/walk-by-calls.ts';

test.describe.configure({ timeout: 240_000 });

/** One letter of an event that is long past, as a failing disk or a person with an editor would change it. */
function damage(log: string): void {
  const bytes = readFileSync(log);
  const place = bytes.indexOf('ada@example.org');
  expect(place).toBeGreaterThan(0);
  bytes[place] = 'i'.charCodeAt(0);
  writeFileSync(log, bytes);
}

test('one letter of the log was changed', async ({ launch, profile }) => {
  const first = await launch();
  const own = await beginWithOwn(first.page, profile);
  await startByCalls(first.page, {
    runbook: 'planned',
    environmentId: own.id,
    keys: ['JWT_SECRET_KEY'],
    until: 'plan',
  });
  await first.close();
  const log = join(profile.dataFolder, 'log', 'events.jsonl');
  damage(log);
  const damaged = readFileSync(log);

  const { app, page } = await launch();
  await open(page, '#/events');
  await page.getByRole('button', { name: 'Verify the log' }).click();
  await expect(page.getByText('A part of the log does not match what was written.')).toBeVisible({
    timeout: 20_000,
  });
  await expect(
    page.getByText('Event 0 is not what was written: the recorded hash differs.').last(),
  ).toBeVisible();
  await checkScreen(app, page, 'log-damaged');
  await open(page, '#/overview');
  await expect(page.getByRole('complementary', { name: 'Standing notices' })).toContainText(
    'The event log is damaged.',
  );
  await expect(page.getByRole('main')).toContainText('1 matter needs someone now.');
  await checkScreen(app, page, 'log-damaged-overview');

  // Nothing is rotated meanwhile, and the run says why.
  await open(page, '#/runs');
  await page.getByRole('link', { name: 'Planned rotation' }).first().click();
  const step = page.getByRole('region', { name: 'Current step' });
  await step.locator('[data-primary-act]').click();
  await expect(step.getByRole('alert')).toBeVisible();
  await lookAt(app, page, 'log-damaged-run');

  await open(page, '#/events');
  await page.getByRole('button', { name: 'Acknowledge…' }).click();
  const acknowledge = page.getByRole('alertdialog');
  await acknowledge.getByLabel('What you know about it').fill('The disk had a bad block on Tuesday');
  await checkScreen(app, page, 'log-acknowledge');
  await acknowledge.getByRole('button', { name: 'Acknowledge' }).click();
  await expect(page.getByText('A damaged part of the log was acknowledged.')).toBeVisible();
  await expect(page.getByText('The event log is damaged.')).toBeHidden();
  await lookAt(app, page, 'log-acknowledged');

  const elsewhere = join(profile.home, 'new-log');
  mkdirSync(elsewhere);
  await answerSystemDialogs(app, elsewhere);
  await page.getByRole('button', { name: 'More for the log' }).click();
  await page.getByRole('menuitem', { name: /Begin a new log/ }).click();
  const moving = page.getByRole('alertdialog');
  await moving.getByLabel('Why the log moves').fill('The disk is replaced');
  await lookAt(app, page, 'log-move');
  await moving.getByRole('button', { name: 'Choose the folder…' }).click();
  await expect(moving).toBeHidden({ timeout: 15_000 });
  await lookAt(app, page, 'log-moved');
  expect(readFileSync(join(elsewhere, 'events.jsonl'), 'utf8')).toContain('"moved"');
  // The damaged one stays as it is: only what was recorded since stands after it.
  expect(readFileSync(log).subarray(0, damaged.length).equals(damaged)).toBe(true);
});
