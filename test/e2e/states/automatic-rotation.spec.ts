import { expect, test } from '../fixtures/rekey-app.ts';
import { call } from '../support/calls.ts';
import { checkScreen } from '../support/check-screen.ts';
import { press, tabTo, typeInto } from '../support/keyboard.ts';
import { beginWithOwn, open } from '../support/own-environment.ts';

test.describe.configure({ timeout: 180_000 });

test('a key that is switched on is rotated by itself, fails, stands still, and goes on when a person says so', async ({
  launch,
  profile,
}) => {
  const { app, page } = await launch();
  const own = await beginWithOwn(page, profile, {
    name: 'Shop',
    patch: {
      commands: { restart: { argv: ['/bin/false'], shell: false } },
      windows: [
        {
          days: ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'],
          from: '00:00',
          to: '00:00',
          timeZone: 'UTC',
        },
      ],
    },
  });
  await call(page, 'keys.baseline', {
    environmentId: own.id,
    key: 'JWT_SECRET_KEY',
    date: '2024-01-01',
    reason: 'Put in place.',
  });

  await open(page, `#/environments/${own.id}/configuration`);
  const main = page.getByRole('main');
  await press(page, main.getByRole('button', { name: 'Change the rules of JWT_SECRET_KEY' }));
  const rules = page.getByRole('dialog');
  await press(page, rules.getByLabel('Rotate it by itself when it is due'));
  await checkScreen(app, page, 'key-rule-automatic');
  await press(page, rules.getByRole('button', { name: 'Save' }));
  await expect(rules).toBeHidden();
  await expect(main.getByRole('row').filter({ hasText: 'JWT_SECRET_KEY' })).toContainText(
    'Rotated by itself',
  );
  await checkScreen(app, page, 'configuration-automatic');

  await open(page, '#/settings');
  const task = page
    .getByRole('region', { name: 'Schedule' })
    .getByRole('row', { name: /^Automatic rotation/ });
  await press(page, task.getByRole('button', { name: 'Run now: Automatic rotation' }));
  await expect(task).toContainText('Needs attention', { timeout: 60_000 });
  await checkScreen(app, page, 'schedule-automatic-failed');

  await open(page, '#/overview');
  const title = 'Automatic rotation of Shop stands still';
  await expect(main).toContainText(title, { timeout: 60_000 });
  await checkScreen(app, page, 'overview-automatic-halted');

  await open(page, '#/alerts');
  const alerts = page.getByRole('list', { name: 'Open alerts' });
  await checkScreen(app, page, 'alerts-automatic-halted');
  await press(page, alerts.getByRole('button', { name: `Let it go on: ${title}` }));
  const question = page.getByRole('alertdialog');
  await expect(question).toContainText('Let automatic rotation of Shop go on?');
  await checkScreen(app, page, 'automatic-resume');
  await press(page, question.getByRole('button', { name: 'Let it go on' }));
  await expect(question).toContainText('Say why, in a few words.');
  await typeInto(page, question.getByLabel('Why it may go on'), 'The restart works again.');
  await tabTo(page, question.getByRole('button', { name: 'Let it go on' }));
  await page.keyboard.press('Enter');
  await expect(question).toBeHidden();
  await expect(alerts).not.toContainText(title, { timeout: 30_000 });
  await expect(page.getByRole('list', { name: 'Alerts that were resolved lately' })).toContainText(title);
});
