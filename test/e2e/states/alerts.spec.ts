import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from '../fixtures/rekey-app.ts';
import { call } from '../support/calls.ts';
import { checkScreen, lookAt } from '../support/check-screen.ts';
import { press, select, typeInto } from '../support/keyboard.ts';
import { beginWithOwn, open } from '../support/own-environment.ts';
import { startByCalls } from '../support/walk-by-calls.ts';

test.describe.configure({ timeout: 240_000 });

test('an overdue key raises an alert, is put off, comes back, is rotated, and the alert resolves', async ({
  launch,
  profile,
}) => {
  const { app, page } = await launch();
  const own = await beginWithOwn(page, profile, { name: 'Shop', stage: 'production' });
  await open(page, '#/alerts');
  await expect(page.getByRole('main')).toContainText('Nothing wants a person');
  await checkScreen(app, page, 'alerts-none');

  for (const key of ['JWT_SECRET_KEY', 'TOKEN_ENCRYPTION_KEY', 'WEBHOOK_SIGNING_KEY']) {
    const date = key === 'JWT_SECRET_KEY' ? '2024-01-01' : new Date().toISOString().slice(0, 10);
    await call(page, 'keys.baseline', { environmentId: own.id, key, date, reason: 'Put in place.' });
  }
  const alerts = page.getByRole('list', { name: 'Open alerts' });
  const title = 'Overdue in Shop: JWT_SECRET_KEY';
  await expect(alerts).toContainText(title, { timeout: 30_000 });
  await checkScreen(app, page, 'alerts-open');

  await press(page, alerts.getByRole('button', { name: `Put off: ${title}` }));
  const dialog = page.getByRole('alertdialog');
  await select(page, dialog.getByLabel('For'), '4 hours');
  await press(page, dialog.getByRole('button', { name: 'Put off' }));
  await expect(dialog).toContainText('Say why, in a few words.');
  await lookAt(app, page, 'alerts-put-off-refused');
  await typeInto(page, dialog.getByLabel('Why it can wait'), 'The release is tonight.');
  await press(page, dialog.getByRole('button', { name: 'Put off' }));
  await expect(dialog).toBeHidden();
  const putOff = page.getByRole('list', { name: 'Alerts that are put off' });
  await expect(putOff).toContainText('“The release is tonight.”');
  await checkScreen(app, page, 'alerts-put-off');
  await open(page, '#/overview');
  await expect(page.getByRole('main')).not.toContainText('Overdue in Shop');

  // Until a time that comes while somebody looks.
  const until = new Date(Date.now() + 2_000).toISOString();
  await open(page, '#/alerts');
  await press(page, putOff.getByRole('button', { name: `Bring back: ${title}` }));
  await expect(alerts).toContainText(title);
  await call(page, 'alerts.snooze', { id: `overdue/${own.id}`, until, reason: 'A moment.' });
  await expect(putOff).toContainText('“A moment.”');
  await expect(alerts).toContainText(title, { timeout: 60_000 });

  await startByCalls(page, {
    runbook: 'planned',
    environmentId: own.id,
    keys: ['JWT_SECRET_KEY'],
    choices: { recovery: 'decline' },
  });
  const resolved = page.getByRole('list', { name: 'Alerts that were resolved lately' });
  await expect(resolved).toContainText(title, { timeout: 60_000 });
  await lookAt(app, page, 'alerts-resolved');
});

test('a webhook is added by keyboard, takes a test, and shows when it is dead', async ({
  launch,
  profile,
}) => {
  const received: string[] = [];
  const receiver = createServer((request, response) => {
    request.setEncoding('utf8');
    request.on('data', (text: string) => received.push(text));
    request.on('end', () => response.end());
  });
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
  const { port } = receiver.address() as AddressInfo;
  const { app, page } = await launch();
  const own = await beginWithOwn(page, profile, { name: 'Shop' });
  await open(page, '#/alerts/channels');
  const main = page.getByRole('main');
  await expect(main).toContainText('Desktop notifications');
  await checkScreen(app, page, 'alert-channels-new');

  await press(page, main.getByRole('button', { name: 'Add a webhook…' }));
  const dialog = page.getByRole('dialog');
  await press(page, dialog.getByRole('button', { name: 'Add', exact: true }));
  await expect(dialog).toContainText('It begins with https://.');
  await checkScreen(app, page, 'alert-channel-refused');
  await typeInto(page, dialog.getByLabel('Name'), 'Operations');
  await typeInto(page, dialog.getByLabel('Address', { exact: true }), 'http://hooks.example.org/x');
  await typeInto(
    page,
    dialog.getByLabel('Secret that signs', { exact: true }),
    'a secret that only the two know',
  );
  await press(page, dialog.getByRole('button', { name: 'Add', exact: true }));
  await expect(dialog).toContainText('only https goes to another machine');
  await lookAt(app, page, 'alert-channel-plain-http');
  await typeInto(page, dialog.getByLabel('Address', { exact: true }), `http://127.0.0.1:${port}/hook`);
  await typeInto(
    page,
    dialog.getByLabel('Secret that signs', { exact: true }),
    'a secret that only the two know',
  );
  await press(page, dialog.getByRole('button', { name: 'Add', exact: true }));
  await expect(dialog).toBeHidden();
  const row = main.getByRole('row').filter({ hasText: 'Operations' });
  await expect(row).toContainText('Told nothing yet');
  await press(page, row.getByRole('button', { name: 'Send a test: Operations' }));
  await expect.poll(() => received.join()).toContain('This is a test of Rekey’s alerts');

  receiver.close();
  receiver.closeAllConnections();
  await call(page, 'keys.baseline', {
    environmentId: own.id,
    key: 'JWT_SECRET_KEY',
    date: '2024-01-01',
    reason: 'Put in place.',
  });
  await expect(row).toContainText('Nothing listens there.', { timeout: 60_000 });
  await checkScreen(app, page, 'alert-channels-dead');
  await open(page, '#/alerts');
  await expect(page.getByRole('list', { name: 'Open alerts' })).toContainText(
    'Alerts do not reach Operations',
    { timeout: 60_000 },
  );
  await lookAt(app, page, 'alerts-dead-channel');
  await open(page, '#/overview');
  await expect(main).toContainText('Alerts do not reach Operations');
  await lookAt(app, page, 'overview-with-recorded-alerts');
});
