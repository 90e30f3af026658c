import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { expect, test } from '../fixtures/rekey-app.ts';
import { call } from '../support/calls.ts';
import { checkScreen, lookAt } from '../support/check-screen.ts';
import { beginWithOwn, open } from '../support/own-environment.ts';
import { startByCalls } from '../support/walk-by-calls.ts';

test.describe.configure({ timeout: 240_000 });

const colleague = {
  runId: '01900000-0000-7000-8000-00000000abcd',
  operator: 'grace@example.org',
  host: 'ops-laptop-7',
  bootId: 'a-boot-of-another-machine',
  pid: 4711,
  processStart: '1',
  at: new Date().toISOString(),
};

test('a colleague holds the environment', async ({ launch, profile }) => {
  const { app, page } = await launch();
  const own = await beginWithOwn(page, profile, { name: 'Shop production', stage: 'production' });
  const lock = `${own.file}.rekey.lock`;
  const detail = await startByCalls(page, {
    runbook: 'planned',
    environmentId: own.id,
    keys: ['JWT_SECRET_KEY'],
    choices: { recovery: 'decline' },
    until: 'activate',
  });
  const before = readFileSync(own.file, 'utf8');
  // As the Rekey of a colleague writes it, who works on the same file from another machine.
  writeFileSync(lock, JSON.stringify(colleague), { mode: 0o600 });
  await open(page, `#/runs/${detail.run.run_id}`);
  const step = page.getByRole('region', { name: 'Current step' });
  await step.locator('[data-primary-act]').click();
  await expect(step).toContainText(/grace@example\.org/, { timeout: 15_000 });
  await checkScreen(app, page, 'locked-run');
  expect(readFileSync(own.file, 'utf8')).toBe(before);

  await open(page, `#/environments/${own.id}/connection`);
  const main = page.getByRole('main');
  await expect(main).toContainText('Locked by grace@example.org on ops-laptop-7.');
  await main.getByRole('button', { name: 'Test the connection' }).click();
  await expect(main.getByRole('row', { name: /Write beside the keys/ })).toContainText('grace@example.org');
  await lookAt(app, page, 'locked');
  await main.getByRole('button', { name: 'Release the lock…' }).click();
  const dialog = page.getByRole('alertdialog');
  await dialog.getByRole('button', { name: 'Release the lock' }).click();
  await expect(dialog).toContainText('This is not the name.');
  await checkScreen(app, page, 'locked-release');
  expect(existsSync(lock)).toBe(true);
  await dialog.getByLabel('Why it is released').fill('Grace has gone home, and says it is fine');
  await dialog.getByLabel(/to confirm/).fill('Shop production');
  await dialog.getByRole('button', { name: 'Release the lock' }).click();
  await expect(main).toContainText('Not locked.');
  expect(existsSync(lock)).toBe(false);

  await open(page, `#/runs/${detail.run.run_id}`);
  await step
    .getByRole('button', { name: /Try again|Go on/ })
    .first()
    .click();
  await expect.poll(() => readFileSync(own.file, 'utf8'), { timeout: 15_000 }).not.toBe(before);
});

test('a lock that a process left behind', async ({ launch, profile }) => {
  const { app, page } = await launch();
  const own = await beginWithOwn(page, profile);
  const lock = `${own.file}.rekey.lock`;
  // A process of this machine that is gone by now.
  const gone = spawnSync('true').pid;
  const detail = await call(page, 'environments.get', { environmentId: own.id });
  expect(detail.lock).toBeNull();
  writeFileSync(
    lock,
    JSON.stringify({
      ...colleague,
      host: hostname(),
      bootId: readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim(),
      pid: gone,
      processStart: `1:${/\d+/.exec(readlinkSync('/proc/self/ns/pid'))?.[0]}`,
    }),
    { mode: 0o600 },
  );
  await open(page, `#/environments/${own.id}/connection`);
  const main = page.getByRole('main');
  await expect(main).toContainText('the lock was left behind');
  await lookAt(app, page, 'lock-left');
});
