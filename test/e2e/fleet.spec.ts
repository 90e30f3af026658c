import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ElectronApplication, Locator, Page } from '@playwright/test';
import { sshClient, startSshServer } from '../support/ssh-server.ts';
import { expect, test } from './fixtures/rekey-app.ts';
import { checkScreen } from './support/check-screen.ts';
import { introduce } from './support/first-start.ts';
import { choose, press, select, tabTo, typeInto } from './support/keyboard.ts';
import { freshValue } from './support/own-environment.ts';
import { startEmergency } from './support/start-run.ts';
import { walkRun } from './support/walk-run.ts';

// A fleet in the window, each host a real sshd: added with compared host keys, seen to drift, rotated in an emergency
// while one host is down, which is left out, comes back, and is brought up to date. By keyboard.
test.describe.configure({ timeout: 300_000 });

const names = ['JWT_SECRET_KEY', 'WEBHOOK_SIGNING_KEY'] as const;

test('an emergency on three hosts, one of them down', async ({ launch }) => {
  const client = sshClient();
  // The ordinary user of these tests may have no shell: the server that is inside sshd needs none.
  const settings = ['Subsystem sftp internal-sftp'];
  const servers = await Promise.all([1, 2, 3].map(() => startSshServer(client, settings)));
  const [first, second, third] = servers as [(typeof servers)[0], (typeof servers)[0], (typeof servers)[0]];
  try {
    const text = `# shop\n${names.map((name) => `${name}=${freshValue()}\n`).join('')}PORT=80\n`;
    const fileOf = ({ folder }: { folder: string }) => join(folder, 'shop', '.env');
    for (const server of servers) {
      mkdirSync(join(server.folder, 'shop'));
      writeFileSync(fileOf(server), text, { mode: 0o600 });
    }
    const { app, page } = await launch({ environment: { REKEY_SSH_CONFIG: client.configFile } });
    await introduce(page);
    await addFleet(
      app,
      page,
      servers.map((server) => `${server.address}${fileOf(server)}`),
      client.key,
      servers,
    );

    // The waves: one host at a time.
    await tabTo(page, page.getByRole('tab', { name: 'Keys' }));
    await arrowTo(page, 'ArrowRight', 'Configuration');
    const form = page.getByRole('region', { name: 'Hosts', exact: true });
    await typeInto(page, form.getByLabel('Each further wave'), '0');
    await press(page, page.getByRole('button', { name: 'Save the hosts' }));
    await expect(form.getByText('Write a whole number from 1 to 500.')).toBeVisible();
    await typeInto(page, form.getByLabel('Each further wave'), '1');
    await checkScreen(app, page, 'fleet-configuration');
    await press(page, page.getByRole('button', { name: 'Save the hosts' }));
    await expect(page.getByRole('button', { name: 'Save the hosts' })).toBeDisabled();
    await expect(form.getByLabel('Each further wave')).toHaveValue('1');
    await tabTo(page, page.getByRole('tab', { name: 'Configuration' }));
    await arrowTo(page, 'ArrowLeft', 'Keys');

    // Drift: one host has another value, and says so.
    const hosts = page.getByRole('region', { name: 'Hosts', exact: true });
    await expect(hosts.getByRole('row', { name: second.address })).toContainText('JWT_SECRET_KEY');
    await expect(hosts.getByText(/drifted/i)).toHaveCount(0);
    writeFileSync(fileOf(second), text.replace(/^JWT_SECRET_KEY=.*$/m, `JWT_SECRET_KEY=${freshValue()}`));
    await page.reload();
    await expect(hosts.getByRole('row', { name: second.address })).toContainText(/drifted/i, {
      timeout: 20_000,
    });
    await checkScreen(app, page, 'fleet-drift');
    writeFileSync(fileOf(second), text);

    // Everything is rotated in an emergency, and one host is down.
    await third.kill();
    await page.reload();
    await expect(hosts.getByText('Not reachable')).toHaveCount(1, { timeout: 20_000 });
    await checkScreen(app, page, 'fleet-host-down');
    await follow(
      page,
      page.getByRole('navigation', { name: 'Screens' }).getByRole('link', { name: 'Overview' }),
    );
    const main = page.getByRole('main');
    await expect(page.getByRole('heading', { name: 'Overview', level: 1 })).toBeVisible();
    await page.reload();
    await expect(main.getByText(`${third.address} of Shop does not answer`)).toBeVisible({ timeout: 20_000 });
    await expect(main.getByText('1 of 3 hosts silent')).toBeVisible();
    await checkScreen(app, page, 'fleet-overview');
    await startEmergency(page, /A key leaked/, { keys: names, environment: 'Shop' });
    await leaveOut(page, third.address);
    await walkRun(page, { choices: { 'recovery file': /Go on without/ } });
    await expect(page.getByRole('region', { name: 'End of the run' })).toContainText(
      /completed with deviations/i,
    );
    const after = readFileSync(fileOf(first), 'utf8');
    expect(after).not.toBe(text);
    expect(readFileSync(fileOf(second), 'utf8')).toBe(after);
    expect(readFileSync(fileOf(third), 'utf8')).toBe(text);

    // It comes back, is seen to be behind, and is brought up to date.
    await third.start();
    await follow(
      page,
      page.getByRole('navigation', { name: 'Screens' }).getByRole('link', { name: 'Environments' }),
    );
    await expect(page.getByRole('heading', { name: 'Environments', level: 1 })).toBeVisible();
    await follow(page, page.getByRole('main').getByRole('link', { name: 'Shop' }).first());
    await expect(hosts.getByText('As it should be')).toHaveCount(2, { timeout: 20_000 });
    await press(
      page,
      hosts.getByRole('row', { name: third.address }).getByRole('button', { name: /up to date/ }),
    );
    const dialog = page.getByRole('dialog');
    await expect(dialog.getByRole('combobox', { name: 'Runbook' })).toHaveValue('host-catch-up');
    await expect(dialog.getByRole('combobox', { name: 'Host', exact: true })).toHaveValue(third.address);
    await checkScreen(app, page, 'fleet-catch-up-start');
    await typeInto(page, dialog.getByLabel('Reason'), 'It was down during the emergency');
    await press(page, dialog.getByRole('button', { name: 'Start the run' }));
    await walkRun(page, { until: /Write what the other hosts hold/ });
    await expect(page.getByRole('heading', { level: 1 })).toContainText(third.address);
    await checkScreen(app, page, 'fleet-catch-up-write');
    expect(readFileSync(fileOf(third), 'utf8')).toBe(text);
    await walkRun(page);
    expect(readFileSync(fileOf(third), 'utf8')).toBe(after);
    await checkScreen(app, page, 'fleet-catch-up-end');
    await follow(page, page.getByRole('main').getByRole('link', { name: 'Look at Shop' }));
    await expect(hosts.getByText('As it should be')).toHaveCount(3, { timeout: 20_000 });
  } finally {
    for (const server of servers) await server.stop();
    client.remove();
  }
});

async function addFleet(
  app: ElectronApplication,
  page: Page,
  locations: readonly string[],
  key: string,
  servers: readonly { address: string; fingerprint: string }[],
): Promise<void> {
  await press(page, page.getByRole('button', { name: 'Add an environment' }));
  await choose(page, page.getByRole('radio', { name: /On hosts/ }));
  const hosts = page.getByLabel('Hosts', { exact: true });
  await hosts.focus();
  await page.keyboard.insertText(locations.join('\n'));
  await typeInto(page, page.getByLabel(/^Key file/), key);
  await typeInto(page, page.getByLabel('Name', { exact: true }), 'Shop');
  await select(page, page.getByRole('combobox', { name: 'Stage' }), 'Staging');
  await press(page, page.getByRole('button', { name: 'Ask the hosts for their keys' }));
  const keys = page.getByRole('region', { name: 'Host keys' });
  await expect(keys).toBeVisible({ timeout: 20_000 });
  await expect(page.getByRole('status').filter({ hasText: 'Compare the fingerprints' })).toBeVisible();
  await checkScreen(app, page, 'fleet-host-keys');
  for (const { address, fingerprint } of servers) {
    const row = keys.getByRole('row', { name: address });
    await expect(row).toContainText(fingerprint);
    await press(page, row.getByRole('checkbox'));
  }
  await press(page, page.getByRole('main').getByRole('button', { name: 'Add this environment' }));
  await expect(page.getByRole('heading', { name: 'Shop', level: 1 })).toBeVisible({ timeout: 30_000 });
}

async function leaveOut(page: Page, host: string): Promise<void> {
  const hosts = page.getByRole('region', { name: 'Hosts of this run' });
  await press(page, hosts.getByRole('button', { name: `Leave out… ${host}` }));
  const dialog = page.getByRole('dialog');
  await typeInto(page, dialog.getByLabel('Reason'), 'It is down, and the leak cannot wait');
  await press(page, dialog.getByRole('button', { name: 'Leave it out' }));
  await expect(dialog).toBeHidden();
  await expect(hosts.getByText('Left out')).toBeVisible();
}

/** From the tab that has the focus to another: the tabs are one stop of the keyboard, with arrows between them. */
async function arrowTo(page: Page, arrow: 'ArrowLeft' | 'ArrowRight', name: string): Promise<void> {
  const tab = page.getByRole('tab', { name });
  for (let step = 0; step < 5 && !(await tab.evaluate((it) => it === document.activeElement)); step += 1) {
    await page.keyboard.press(arrow);
  }
  await page.keyboard.press('Enter');
  await expect(tab).toHaveAttribute('aria-selected', 'true');
}

async function follow(page: Page, link: Locator): Promise<void> {
  await tabTo(page, link);
  await page.keyboard.press('Enter');
}
