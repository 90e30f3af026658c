import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '../fixtures/rekey-app.ts';
import { checkScreen, lookAt } from '../support/check-screen.ts';
import { beginAs, beginWithOwn, open } from '../support/own-environment.ts';

test.describe.configure({ timeout: 240_000 });

const broken = `id: our-rotation
title: Our rotation
summary: How we do it.
owner: Platform
version: 'one'
next_review: 2027-01-01
mode: planned
keys: some
phases:
  - { id: only, title: Only }
steps:
  - id: first
    title: First
    kind: automatic
    phase: elsewhere
    why: Because.
    instructions: Do it.
`;

test('an own runbook with errors is listed with them, and cannot be started', async ({ launch, profile }) => {
  mkdirSync(join(profile.dataFolder, 'runbooks'), { recursive: true });
  writeFileSync(join(profile.dataFolder, 'runbooks', 'our-rotation.yaml'), broken);
  writeFileSync(join(profile.dataFolder, 'runbooks', 'not-yaml.yaml'), 'id: x\n  title: [\n');
  const { app, page } = await launch();
  await beginAs(page, 'ada@example.org');
  await page.reload();
  await open(page, '#/runs');
  const main = page.getByRole('main');
  await expect(main).toContainText('our-rotation.yaml has');
  await expect(main.getByText(/^Line 8, keys: /)).toBeVisible();
  await expect(main.getByRole('button', { name: 'Start Our rotation' })).toBeDisabled();
  await main.getByText('our-rotation.yaml has').scrollIntoViewIfNeeded();
  await checkScreen(app, page, 'runbook-errors');
});

test('nothing matches, nothing is there', async ({ launch, profile }) => {
  const { app, page } = await launch();
  const own = await beginWithOwn(page, profile, { stage: 'development', text: 'PORT=8080\n' });
  const main = page.getByRole('main');
  await open(page, '#/events');
  await page.getByLabel('Contains').fill('nothing that ever happened');
  await expect(main).toContainText('No event matches');
  await checkScreen(app, page, 'events-none');
  await open(page, `#/environments/${own.id}/keys`);
  await expect(main).toContainText('No keys are managed here');
  await checkScreen(app, page, 'keys-none');
  await open(page, `#/environments/${own.id}/history`);
  await lookAt(app, page, 'history');
  await open(page, '#/overview');
  await lookAt(app, page, 'overview-no-keys');
  await page.keyboard.press('Control+N');
  await page.getByRole('dialog').getByRole('button', { name: 'Start the run' }).click();
  await checkScreen(app, page, 'start-run-errors');
});
