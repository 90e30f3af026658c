import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { commandBundle } from '../../../scripts/setup/project.mjs';
import { expect, test } from '../fixtures/rekey-app.ts';
import { call } from '../support/calls.ts';
import { checkScreen } from '../support/check-screen.ts';
import { press } from '../support/keyboard.ts';
import { beginWithOwn, open } from '../support/own-environment.ts';

test.describe.configure({ timeout: 120_000 });

test('the schedule: when tasks run, one run now, one changed and refused, by keyboard', async ({
  launch,
  profile,
}) => {
  const { app, page } = await launch();
  await beginWithOwn(page, profile);
  await open(page, '#/settings');
  const schedule = page.getByRole('region', { name: 'Schedule' });
  // By its name: what one task does may speak of another.
  const row = (name: string) => schedule.getByRole('row', { name: new RegExp(`^${name}`) });
  await expect(row('Health check')).toContainText('0 */4 * * * UTC');
  await expect(row('Health check')).toContainText('Never');
  await checkScreen(app, page, 'schedule-new');

  await press(page, schedule.getByRole('button', { name: 'Run now: Health check' }));
  await expect(row('Health check')).toContainText('Good', { timeout: 20_000 });
  await press(page, schedule.getByRole('button', { name: 'Run now: Rotation check' }));
  await expect(row('Rotation check')).toContainText('Needs attention', { timeout: 20_000 });
  await expect(row('Rotation check')).toContainText(/\d+ keys? (is|are) due\./);

  await press(page, schedule.getByRole('button', { name: 'Change the schedule: Compliance report' }));
  const dialog = page.getByRole('dialog');
  await expect(dialog).toContainText('Schedule: Compliance report');
  await expect(dialog.getByLabel('Run it by itself')).toBeFocused();
  await page.keyboard.press('Tab');
  await page.keyboard.press('ControlOrMeta+A');
  await page.keyboard.type('every Monday');
  await page.keyboard.press('Enter');
  await expect(dialog).toContainText('Five fields, with a space between them.');
  await page.keyboard.press('ControlOrMeta+A');
  await page.keyboard.type('0 0 31 2 *');
  await page.keyboard.press('Enter');
  await expect(dialog).toContainText('there is no such day');
  await checkScreen(app, page, 'schedule-refused');
  await page.keyboard.press('ControlOrMeta+A');
  await page.keyboard.type('0 7 * * MON');
  await page.keyboard.press('Tab');
  await page.keyboard.press('ControlOrMeta+A');
  await page.keyboard.type('Europe/Berlin');
  await page.keyboard.press('Enter');
  await expect(dialog).toBeHidden();
  await expect(row('Compliance report')).toContainText('0 7 * * MON Europe/Berlin');

  await press(page, schedule.getByRole('button', { name: 'Change the schedule: Health check' }));
  await expect(dialog.getByLabel('Run it by itself')).toBeFocused();
  await page.keyboard.press('Space');
  await press(page, dialog.getByRole('button', { name: 'Save' }));
  await expect(dialog).toBeHidden();
  await expect(row('Health check')).toContainText('Off');
  await checkScreen(app, page, 'schedule-changed');
  const [health] = await call(page, 'tasks.list');
  expect(health).toMatchObject({ schedule: { enabled: false }, next_at: null, last: { good: true } });
});

if (process.env.REKEY_TEST_LONG === '1') {
  test('by the real clock: what is due runs by itself while the window is open, and stops with it', async ({
    launch,
    profile,
  }) => {
    test.setTimeout(300_000);
    const rekey = await launch();
    await beginWithOwn(rekey.page, profile);
    await call(rekey.page, 'tasks.schedule', {
      task: 'rotation-check',
      enabled: true,
      cron: '* * * * *',
      timeZone: 'UTC',
    });
    const lastRun = async () => (await call(rekey.page, 'tasks.list'))[1]?.last;
    await expect.poll(lastRun, { timeout: 200_000, intervals: [1_000] }).toMatchObject({
      by: 'system',
      outcome: 'succeeded',
      scheduled_for: expect.stringMatching(/:00\.000Z$/),
    });
    await rekey.close();
  });

  test('by the real clock: the window shows what an agent does on the same data folder', async ({
    launch,
    profile,
  }) => {
    test.setTimeout(300_000);
    const rekey = await launch();
    await beginWithOwn(rekey.page, profile);
    const agent = spawn(
      process.execPath,
      [commandBundle, '--data-dir', profile.dataFolder, 'agent', '--listen', '127.0.0.1:0'],
      {
        env: { ...process.env, ...profile.environment },
        stdio: ['ignore', 'ignore', 'pipe'],
      },
    );
    const ended = once(agent, 'close');
    await expect(once(agent.stderr, 'data').then(([text]) => String(text))).resolves.toMatch(/^Serving /);
    await call(rekey.page, 'tasks.schedule', {
      task: 'rotation-check',
      enabled: true,
      cron: '* * * * *',
      timeZone: 'UTC',
    });
    await open(rekey.page, '#/settings');
    const row = rekey.page.getByRole('row', { name: /^Rotation check/ });
    // The window itself waits for two minutes before it looks at the schedule.
    await expect(row).toContainText(/Needs attention|Good/, { timeout: 100_000 });
    expect((await call(rekey.page, 'tasks.list'))[1]?.last).toMatchObject({
      by: 'system',
      outcome: 'succeeded',
    });
    agent.kill('SIGTERM');
    expect((await ended)[0]).toBe(0);
    await rekey.close();
  });
}
