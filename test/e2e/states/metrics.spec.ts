import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { EventDraft } from '#shared/model/event.ts';
import { openLog } from '../../integration/events/log-fixture.ts';
import { expect, test } from '../fixtures/rekey-app.ts';
import { checkScreen, lookAt } from '../support/check-screen.ts';
import { press, select } from '../support/keyboard.ts';
import { beginWithOwn, open } from '../support/own-environment.ts';

test.describe.configure({ timeout: 120_000 });

const dayMs = 86_400_000;
const environment = {
  id: '0190aaaa-0000-7000-8000-0000000000aa',
  name: 'Shop',
  stage: 'production',
} as const;

/** Four months in the log, as Rekey would have written them: checks, rotations that went well, two that did not. */
function writeHistory(data: string): void {
  mkdirSync(join(data, 'log'), { recursive: true, mode: 0o700 });
  let now = new Date(Date.now() - 120 * dayMs);
  const log = openLog(join(data, 'log'), { clock: { now: () => now, monotonic: () => performance.now() } });
  const rotation = (id: string, action: string, data: Record<string, unknown>): EventDraft => ({
    event_type: 'key_rotation',
    action,
    rotation_id: id,
    key_type: 'JWT_SECRET_KEY',
    environment,
    drill: false,
    data,
  });
  for (let day = 120; day >= 0; day -= 1) {
    now = new Date(Date.now() - day * dayMs);
    // A week in which nobody was there.
    if (day > 15 && day < 22) continue;
    const keys = 20;
    const overdue = day > 80 ? 3 : day > 40 ? 1 : 0;
    const due_soon = day % 9 === 0 ? 2 : 1;
    const sample = {
      keys,
      compliant: keys - overdue - due_soon,
      due_soon,
      overdue,
      environments: 4,
      available: day % 11 === 0 ? 3 : 4,
    };
    log.append({
      event_type: 'task',
      action: 'succeeded',
      data: { task: 'health-check', task_run: `run-${day}`, good: true, summary: 'All is well.', sample },
    });
    if (day % 5 !== 0) continue;
    const id = `0190aaaa-0000-7000-8000-${String(day).padStart(12, '0')}`;
    const activated_at = new Date(now.getTime() + 30_000 + day * 1_000).toISOString();
    log.append(rotation(id, 'planned', {}));
    log.append(rotation(id, day % 40 === 10 ? 'rolled-back' : 'rotated', { activated_at }));
  }
  log.close();
}

test('without anything measured the screen says where it comes from', async ({ launch, profile }) => {
  const { app, page } = await launch();
  await beginWithOwn(page, profile);
  await open(page, '#/metrics');
  await expect(page.getByRole('main')).toContainText('Nothing was measured in this time');
  await checkScreen(app, page, 'metrics-none');
  await press(page, page.getByRole('button', { name: 'Open the schedule' }));
  await press(page, page.getByRole('button', { name: 'Run now: Health check' }));
  await expect(page.getByRole('region', { name: 'Schedule' })).toContainText('Good', { timeout: 20_000 });
  await open(page, '#/metrics');
  const availability = page.getByRole('region', { name: 'System availability' });
  await expect(availability).toContainText('100 %');
  await expect(availability).toContainText('Measured once.');
  await checkScreen(app, page, 'metrics-once');
});

test('four months of them, by keyboard', async ({ launch, profile }) => {
  writeHistory(profile.dataFolder);
  const { app, page } = await launch();
  await beginWithOwn(page, profile);
  await open(page, '#/metrics');
  const card = (name: string) => page.getByRole('region', { name });
  await expect(card('Rotation success rate')).toContainText(/\d of \d succeeded\./);
  await expect(card('Compliance score').getByRole('img')).toHaveAccessibleName(
    /^Compliance score, last 30 days: 100 %/,
  );
  await checkScreen(app, page, 'metrics');
  await select(page, page.getByLabel('Range'), 'Last year');
  await expect(card('Rotation success rate')).toContainText('21 of 24 succeeded.');
  await expect(card('Compliance score')).toContainText('15 points more than at the beginning.');
  await lookAt(app, page, 'metrics-year');
  const numbers = card('Rotation success rate').getByText('Numbers');
  await numbers.focus();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('table', { name: 'Numbers: Rotation success rate' })).toContainText(
    'Succeeded',
  );
  await checkScreen(app, page, 'metrics-numbers');
});
