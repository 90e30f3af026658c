import { execFileSync } from 'node:child_process';
import { chmodSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { expect, test } from '../fixtures/rekey-app.ts';
import { checkScreen, lookAt } from '../support/check-screen.ts';
import { beginAs, beginWithOwn, freshValue, open, ownValues } from '../support/own-environment.ts';
import { startByCalls } from '../support/walk-by-calls.ts';

test.describe.configure({ timeout: 240_000 });

const text = `export JWT_SECRET_KEY=${ownValues.JWT_SECRET_KEY}
TOKEN_ENCRYPTION_KEY=changeme-changeme-changeme-12345
WEBHOOK_SIGNING_KEY="${ownValues.WEBHOOK_SIGNING_KEY}\\"x"
API_SIGNING_KEY=changeme-changeme-changeme-12345
`;

test('a file with everything wrong, and a value that was changed outside', async ({ launch, profile }) => {
  const { app, page } = await launch();
  const own = await beginWithOwn(page, profile, {
    name: 'Shop production',
    stage: 'production',
    text,
    patch: { parser: 'python-dotenv' },
  });
  // One key is known with its value, so that a change of it can be noticed.
  await startByCalls(page, {
    runbook: 'planned',
    environmentId: own.id,
    keys: ['JWT_SECRET_KEY'],
    choices: { recovery: 'decline' },
  });
  const git = (...args: string[]) => execFileSync('git', ['-C', profile.workFolder, ...args]);
  git('init', '--quiet');
  git('add', '--force', own.file);
  chmodSync(own.file, 0o644);
  const rotated = readFileSync(own.file, 'utf8');
  const value = /^export JWT_SECRET_KEY=(.+)$/m.exec(rotated)?.[1] ?? '';
  writeFileSync(own.file, rotated.replace(value, freshValue()));

  await open(page, `#/environments/${own.id}/keys`);
  await page.getByRole('button', { name: 'Read again' }).click();
  const main = page.getByRole('main');
  await expect(main).toContainText('is tracked by git');
  await expect(main).toContainText('can be read by every user of the machine');
  await expect(main).toContainText(/Drifted/i);
  await expect(main).toContainText('have the same value');
  await checkScreen(app, page, 'findings');
  await page.getByRole('button', { name: 'Validate now' }).click();
  await page.waitForTimeout(1500);
  await checkScreen(app, page, 'findings-validated');
  await open(page, '#/overview');
  await lookAt(app, page, 'findings-overview');
  await open(page, '#/environments');
  await lookAt(app, page, 'findings-environments');

  renameSync(own.file, `${own.file}.gone`);
  await open(page, `#/environments/${own.id}/keys`);
  await page.getByRole('button', { name: 'Read again' }).click();
  await expect(main.getByRole('alert')).toBeVisible();
  await checkScreen(app, page, 'file-gone');
  await open(page, `#/environments/${own.id}/connection`);
  await page.getByRole('button', { name: 'Test the connection' }).click();
  await expect(main).toContainText('Failed');
  await lookAt(app, page, 'file-gone-connection');
  await open(page, '#/overview');
  await expect(main).toContainText('cannot be read');
  await lookAt(app, page, 'file-gone-overview');
});

test('adding files that are not what they should be', async ({ launch, profile }) => {
  const { app, page } = await launch();
  await beginAs(page, 'ada@example.org');
  await page.reload();
  await open(page, '#/environments/add');
  const file = page.getByLabel('File', { exact: true });
  await file.fill(`${profile.workFolder}/none.env`);
  await expect(page.getByRole('alert')).toBeVisible();
  await lookAt(app, page, 'add-missing');
  const odd = `${profile.workFolder}/odd.env`;
  writeFileSync(odd, `${text}PARTNER_API_KEY=${ownValues.JWT_SECRET_KEY}\n`, {
    mode: 0o644,
  });
  await file.fill(odd);
  await expect(page.getByRole('region', { name: 'What the file holds' })).toBeVisible();
  await page.getByRole('button', { name: 'Add this environment' }).click();
  await expect(page.getByText('Give it a name of at most 80 characters.')).toBeVisible();
  await checkScreen(app, page, 'add-odd');
});
