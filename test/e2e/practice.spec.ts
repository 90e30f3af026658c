import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RekeyApi } from '#shared/ipc/api.ts';
import { expect, type RunningApp, test } from './fixtures/rekey-app.ts';
import { introduce } from './support/first-start.ts';

type Answer = { ok: boolean; value?: unknown; error?: unknown };

/** Calls main as the page does. */
function call(
  rekey: RunningApp,
  channel: 'practice.start' | 'practice.reset' | 'app.state',
): Promise<Answer> {
  return rekey.page.evaluate(
    (name) => (globalThis as unknown as { rekey: RekeyApi }).rekey.call(name),
    channel,
  ) as Promise<Answer>;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

test('the practice service runs beside the window, is renewed by a reset, and ends with the app', async ({
  rekey,
  profile,
}) => {
  const serviceFile = join(profile.dataFolder, 'practice', 'service.json');
  const pid = () => JSON.parse(readFileSync(serviceFile, 'utf8')).pid as number;

  expect(await call(rekey, 'practice.start')).toMatchObject({ ok: true });
  expect(await call(rekey, 'app.state')).toMatchObject({ value: { practice: { running: true } } });
  const first = pid();
  // A process of its own, although the packaged app could not run as Node.
  expect(readFileSync(`/proc/${first}/cmdline`, 'latin1')).toContain('--type=utility');

  expect(await call(rekey, 'practice.reset')).toMatchObject({ ok: true });
  expect(pid()).not.toBe(first);
  await expect.poll(() => isAlive(first)).toBe(false);

  const second = pid();
  await rekey.close();
  await expect.poll(() => isAlive(second)).toBe(false);
  expect(existsSync(serviceFile)).toBe(false);
  const lines = readFileSync(join(profile.dataFolder, 'log', 'events.jsonl'), 'utf8')
    .trim()
    .split('\n');
  const actions = lines
    .map((line) => JSON.parse(line))
    .filter((event) => event.event_type === 'practice')
    .map((event) => event.action);
  expect(actions).toEqual(['started', 'reset', 'started', 'stopped']);
});

test('a killed app leaves no practice service, and the next start runs it again', async ({
  rekey,
  launch,
  profile,
}) => {
  const serviceFile = join(profile.dataFolder, 'practice', 'service.json');
  const pid = () => JSON.parse(readFileSync(serviceFile, 'utf8')).pid as number;
  expect(await call(rekey, 'practice.start')).toMatchObject({ ok: true });
  const first = pid();
  await rekey.kill();
  await expect.poll(() => isAlive(first), { timeout: 15_000 }).toBe(false);
  const again = await launch();
  await expect
    .poll(async () => (await call(again, 'app.state')).value, { timeout: 20_000 })
    .toMatchObject({ practice: { running: true } });
  expect(pid()).not.toBe(first);
});

test('--practice leads a new person straight to the practice environment, without asking where to begin', async ({
  launch,
}) => {
  const { page } = await launch({ args: ['--practice'] });
  await expect(page.getByRole('list', { name: 'Steps of the welcome' }).getByRole('listitem')).toHaveText([
    /Who you are/,
    /Where secrets are kept/,
  ]);
  await introduce(page);
  await expect(page.getByRole('heading', { level: 1, name: 'Practice' })).toBeVisible({ timeout: 30_000 });
});
