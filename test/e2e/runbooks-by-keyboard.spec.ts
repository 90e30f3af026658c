import { expect, type Page } from '@playwright/test';
import { test } from './fixtures/rekey-app.ts';
import { practise } from './support/first-start.ts';
import { startEmergency, startRunbook } from './support/start-run.ts';
import { walkRun } from './support/walk-run.ts';

// Each built-in runbook, from the first start to its end, without a mouse, against the real practice service.
test.describe.configure({ timeout: 240_000 });

const withoutFile = { 'recovery file': /Go on without/ };

async function expectCompleted(page: Page): Promise<void> {
  await expect(page.getByRole('region', { name: 'End of the run' })).toContainText(/completed/i);
}

test('emergency rotation of a signing key', async ({ launch }) => {
  const { page } = await launch();
  await practise(page);
  await startEmergency(page, /A key leaked/, { keys: ['JWT_SECRET_KEY'] });
  const titles = await walkRun(page, { choices: withoutFile });
  expect(titles).toContain('Mark the keys as compromised');
  await expectCompleted(page);
});

test('planned rotation with its soak', async ({ launch }) => {
  const { page } = await launch();
  await practise(page);
  await startRunbook(page, 'Planned rotation', { keys: ['JWT_SECRET_KEY'], drill: true });
  await expect(page.getByText(/drill/i).first()).toBeVisible();
  const titles = await walkRun(page, { choices: withoutFile });
  expect(titles).toContain('Let the soak pass');
  await expectCompleted(page);
});

test('security breach response', async ({ launch }) => {
  const { page } = await launch();
  await practise(page);
  await startEmergency(page, /Someone was on the host/);
  const titles = await walkRun(page, { choices: withoutFile });
  expect(titles.length).toBeGreaterThan(12);
  await expectCompleted(page);
});

test('service recovery rolls a planned rotation back', async ({ launch }) => {
  const { page } = await launch();
  await practise(page);
  await startRunbook(page, 'Planned rotation', { keys: ['API_SIGNING_KEY'] });
  await walkRun(page, { choices: withoutFile, until: /Let the soak pass/ });
  await startEmergency(page, /A service broke/);
  const titles = await walkRun(page);
  expect(titles).toContain('Decide whether to go back or forward');
  await expectCompleted(page);
});

for (const [tree, choice] of [
  ['rotation', /task|rotation/i],
  ['validation', /validation/i],
  ['connection', /connection/i],
] as const) {
  test(`troubleshooting: ${tree}`, async ({ launch }) => {
    const { page } = await launch();
    await practise(page);
    await startEmergency(page, /Something fails/);
    await walkRun(page, { choices: { 'Choose what fails': choice } });
    await expectCompleted(page);
  });
}
