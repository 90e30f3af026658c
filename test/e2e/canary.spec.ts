import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { expect as expectPage, type Page } from '@playwright/test';
import type { RekeyApi } from '../../shared/ipc/api.ts';
import { channels } from '../../shared/ipc/channels.ts';
import type { EnvironmentPatch } from '../../shared/model/environment.ts';
import { CanaryScan } from '../support/canary-scan.ts';
import { carelessEvidence, carelessWords } from '../support/careless-words.ts';
import { plantEnvironmentValues } from '../support/environment-values.ts';
import { validInputs } from '../support/hostile-input.ts';
import { Outbound } from '../support/outbound.ts';
import { startTellingHealth } from '../support/telling-health.ts';
import { plantSealedSecrets } from '../support/vault-contents.ts';
import type { Profile } from './fixtures/profile.ts';
import { expect, type RunningApp, test } from './fixtures/rekey-app.ts';
import { callAll, prepareCaller } from './support/ipc-caller.ts';
import { startEmergency, startRunbook } from './support/start-run.ts';
import { type WalkOptions, walkRun } from './support/walk-run.ts';
import { answerDialogs, keepMessages, messageRecorder, show, WindowRecord } from './support/window-record.ts';

// What the window can do, with planted secrets in every place where one can be, a service that prints all it knows,
// and a person who pastes secrets into every field. In the end every byte that came out is searched: messages from
// main to the page, the page, its console and stores, outputs, processes, and all files of the home folder.

const consumer = join(import.meta.dirname, '..', 'support', 'telling-consumer.sh');
const seed = Number(process.env.REKEY_FUZZ_SEED ?? 20_261_125);
const shopKeys = ['JWT_SECRET_KEY', 'API_SIGNING_KEY', 'TOKEN_ENCRYPTION_KEY'];

/** The test's own side: what a person has and types. Lies in a folder that is not searched. */
class Person {
  readonly scan = new CanaryScan();
  readonly given: string;
  readonly file: string;
  readonly passphrase = this.planted('passphrase of the vault');
  readonly credential = this.planted('health credential');
  readonly supplied = this.planted('supplied value', 50);
  readonly recovery = this.planted('passphrase of the recovery file');

  constructor(profile: Profile) {
    this.given = join(profile.workFolder, 'given');
    mkdirSync(this.given);
    this.file = join(profile.workFolder, '.env');
    const value = (name: string, length: number) => `${name}=${this.planted(name, length)}\n`;
    const text = [
      value('TOKEN_ENCRYPTION_KEY', 32),
      value('JWT_SECRET_KEY', 50),
      `WEBHOOK_SIGNING_KEY=${this.withSymbols('webhook key')}\n`,
      value('ENCRYPTION_KEY', 32),
      value('API_SIGNING_KEY', 64),
      `DATABASE_URL=postgres://shop:${this.planted('database password', 24)}@127.0.0.1/shop\n`,
      'PORT=8080\n',
    ];
    writeFileSync(this.file, text.join(''), { mode: 0o600 });
    writeFileSync(this.evidenceFile, carelessEvidence(this.environmentText()));
  }

  get evidenceFile(): string {
    return join(this.given, 'evidence.txt');
  }

  environmentText(): string {
    return readFileSync(this.file, 'utf8');
  }

  get pasted(): NonNullable<WalkOptions['pasted']> {
    const text = this.environmentText();
    return { evidence: carelessEvidence(text), words: carelessWords(text), secret: this.supplied };
  }

  planted(name: string, length = 43): string {
    const value = randomBytes(length).toString('base64url').slice(0, length);
    this.scan.plant({ name, value });
    return value;
  }

  withSymbols(name: string): string {
    const value = `${randomBytes(12).toString('base64url')}&<%+/=>${randomBytes(12).toString('base64url')}`;
    this.scan.plant({ name, value });
    return value;
  }
}

test('every planted secret stays in the environment files', async ({ launch, profile }) => {
  test.setTimeout(600_000);
  const person = new Person(profile);
  const outbound = new Outbound();
  const messages = join(person.given, 'messages.jsonl');
  const health = await startTellingHealth(outbound, person.credential, () => person.environmentText());
  const start = async () => {
    const rekey = await launch({ preload: messageRecorder, environment: { REKEY_E2E_MESSAGES: messages } });
    const record = new WindowRecord(rekey, outbound, profile.home);
    await record.watchPage();
    await answerDialogs(rekey, { folder: profile.workFolder, evidence: person.evidenceFile });
    const look = async (where: string) => {
      await record.look(where);
      plantEnvironmentValues(person.scan, profile.home);
    };
    return { rekey, page: rekey.page, record, look };
  };

  const first = await start();
  await welcome(first.page, person, first.look);
  const environmentId = await configure(first.rekey, person, health.url, profile);
  await storeCredential(first.page, environmentId, person);
  await first.look('credential stored');
  await emergency(first.page, person, first.look);
  expect(person.environmentText()).toContain(person.supplied);
  const runId = await first.page.evaluate(() => location.hash.split('/').at(-1) ?? '');
  await first.page.keyboard.press('Control+1');
  await planned(first.page, person, first.look);
  first.record.keepOutput();
  await first.rekey.kill();

  const second = await start();
  await unlock(second.page, person, second.look);
  for (const hash of [
    '#/overview',
    '#/environments',
    ...['keys', 'connection', 'configuration', 'history'].map(
      (tab) => `#/environments/${environmentId}/${tab}`,
    ),
    '#/runs',
    `#/runs/${runId}`,
    '#/events',
    '#/settings',
  ]) {
    await show(second.page, hash);
    await expectPage(second.page.getByRole('main')).toBeVisible();
    await second.page.waitForTimeout(300);
    await second.look(hash);
  }
  await makeReport(second.page);
  await second.look('a report made');
  await plantSealedSecrets(person.scan, profile.dataFolder, person.passphrase);
  const calls = await callEverything(second.page, { environmentId, runId });
  await second.look('every channel called');
  await second.rekey.app.evaluate(({ BrowserWindow }) =>
    BrowserWindow.getAllWindows()[0]?.webContents.forcefullyCrashRenderer(),
  );
  // The page cannot be asked: it is gone.
  await wait(1_000);
  second.record.keepOutput();
  await second.rekey.kill();
  health.close();

  const sent = keepMessages(outbound, messages);
  const startedWith = readFileSync(join(profile.home, 'started-with.txt'), 'utf8');
  const search = (scan: CanaryScan) => outbound.search(scan, [profile.home], (path) => path === 'work/given');
  // What is no secret is found everywhere: the search does look there.
  const seen = search(
    new CanaryScan([
      { name: 'operator', value: 'ada@example.org' },
      { name: 'home', value: profile.home },
    ]),
  );
  const places = seen.hits.map(({ where, canary }) => `${canary} in ${where}`);
  for (const place of [
    /^operator in message \d+ to the page: reply runs.act/,
    /^operator in message \d+ to the page: send run.changed/,
    /^operator in .*: html/,
    /^operator in .*: appeared/,
    /^operator in .*: text/,
    /^operator in data\/log\/events.jsonl/,
    /^operator in work\/.*\.md/,
    /^operator in data\/reports\/.*\/log\/events.jsonl/,
    /^operator in what data\/reports\/.*\/report.pdf says/,
    /^home in .*: processes/,
    /^home in started-with.txt/,
  ]) {
    expect(places).toContainEqual(expect.stringMatching(place));
  }
  const { hits, pieces, files, bytes, left_out } = search(person.scan);
  expect(left_out.filter((path) => !path.endsWith('env'))).toEqual(['work/given']);
  expect(startedWith.match(/^== /gm)?.length).toBeGreaterThan(10);
  expect(health.authorized()).toBeGreaterThan(0);
  expect(sent).toBeGreaterThan(100);
  expect(files).toBeGreaterThan(40);
  expect(hits).toEqual([]);
  console.log(
    `Canaries of the window: ${person.scan.size} values in ${pieces} pieces (${sent} messages to the page, ${calls} calls of every channel, seed ${seed}) and ${files} files, ${bytes} bytes`,
  );
});

type Look = (where: string) => Promise<void>;

/** Who acts, and the passphrase vault. */
async function welcome(page: Page, person: Person, look: Look): Promise<void> {
  await page.getByLabel('Name').fill('Ada Lovelace');
  await page.getByLabel('E-mail').fill('ada@example.org');
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: 'Use a passphrase vault instead' }).click({ timeout: 20_000 });
  const vault = page.getByRole('region', { name: 'Passphrase vault' });
  await vault.getByLabel('Passphrase', { exact: true }).fill(person.passphrase);
  await vault.getByLabel('Passphrase again').fill(person.passphrase);
  await vault.getByRole('button', { name: 'Create the vault' }).click();
  await expectPage(page.getByRole('button', { name: 'Add an environment' })).toBeVisible({ timeout: 20_000 });
  await look('vault created');
}

/** Adds the file, with a consumer that prints all it knows for every command. */
async function configure(
  { page }: RunningApp,
  person: Person,
  healthUrl: string,
  profile: Profile,
): Promise<string> {
  const commands = ['restart', 'stop', 'start', 'reencrypt', 'verify', 'verify-old-refused'].map((kind) => [
    kind,
    { argv: [consumer, kind, person.file, join(profile.home, 'started-with.txt')], shell: false },
  ]);
  const patch = {
    commands: Object.fromEntries(commands),
    health: { url: healthUrl, credential: false, timeout: '5s' },
    keys: {
      API_SIGNING_KEY: { issuer: 'supplied' },
      WEBHOOK_SIGNING_KEY: { slots: 'previous', soak: '2h' },
    },
  } as EnvironmentPatch;
  await page.getByRole('button', { name: 'Add an environment' }).click();
  await page.getByLabel('Name', { exact: true }).fill('Shop');
  await page.getByRole('combobox', { name: 'Stage' }).selectOption('production');
  await page.getByLabel('File', { exact: true }).fill(person.file);
  await page.getByRole('main').getByRole('button', { name: /^Add/ }).last().click();
  await expectPage(page.getByRole('heading', { name: 'Shop', level: 1 })).toBeVisible({ timeout: 15_000 });
  return page.evaluate(async (patch) => {
    const { call } = (globalThis as unknown as { rekey: RekeyApi }).rekey;
    const list = await call('environments.status');
    const environmentId = list.ok ? (list.value[0]?.id ?? '') : '';
    const reply = await call('environments.update', { environmentId, patch });
    if (!reply.ok) throw new Error(reply.error.message);
    return environmentId;
  }, patch);
}

async function storeCredential(page: Page, environmentId: string, person: Person): Promise<void> {
  await show(page, `#/environments/${environmentId}/connection`);
  await page.getByLabel('Token', { exact: true }).fill(person.credential);
  await page.getByRole('button', { name: 'Store it' }).click();
  await expectPage(page.getByText('One is stored.')).toBeVisible();
}

/** The emergency runbook with everything pasted, a supplied value typed, and a recovery file written on the way. */
async function emergency(page: Page, person: Person, look: Look): Promise<void> {
  await startEmergency(page, /A key leaked/, { keys: shopKeys, environment: 'Shop' });
  const options: WalkOptions = {
    choices: { 'recovery file': /^Write a recovery file/ },
    pasted: person.pasted,
    onStep: (title) => look(`emergency: ${title}`),
  };
  await walkRun(page, { ...options, until: /^Write the recovery file/ });
  await page.getByRole('button', { name: 'Write recovery file…' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Passphrase', { exact: true }).fill(person.recovery);
  await dialog.getByLabel('Passphrase again').fill(person.recovery);
  await dialog.getByRole('button', { name: 'Write the file…' }).click();
  await expectPage(dialog).toBeHidden({ timeout: 20_000 });
  await look('recovery file written');
  await page.getByRole('button', { name: 'Add a note' }).click();
  await page.getByRole('textbox', { name: 'Note' }).fill(person.pasted.words);
  await page.getByRole('button', { name: 'Add the note' }).click();
  await expectPage(dialog).toBeHidden();
  await walkRun(page, options);
  await look('end of the emergency');
  await expectPage(page.getByRole('region', { name: 'End of the run' })).toContainText(/completed/i);
  await page.getByRole('button', { name: 'Export the timeline…' }).click();
  await expectPage(page.getByText('Timeline exported')).toBeVisible();
  for (const item of await page.getByRole('region', { name: 'Evidence' }).getByRole('button').all()) {
    await item.click();
    await expectPage(
      page.getByRole('dialog').getByRole('region').or(page.getByRole('dialog').locator('pre')).first(),
    ).toBeVisible();
    await look('a piece of evidence');
    await page.keyboard.press('Escape');
    await expectPage(page.getByRole('dialog')).toBeHidden();
  }
}

/** A planned run until the new value is in place, and back; ended in the middle by a kill. */
async function planned(page: Page, person: Person, look: Look): Promise<void> {
  await startRunbook(page, 'Planned rotation', { keys: ['WEBHOOK_SIGNING_KEY'], environment: 'Shop' });
  const options: WalkOptions = {
    choices: { 'recovery file': /Go on without/ },
    pasted: person.pasted,
    onStep: (title) => look(`planned: ${title}`),
  };
  await walkRun(page, { ...options, until: /Let the soak pass/ });
  await page.getByRole('button', { name: 'Roll back…' }).click();
  const dialog = page.getByRole('dialog').or(page.getByRole('alertdialog'));
  await dialog.getByRole('textbox').first().fill(person.pasted.words);
  const name = dialog.getByLabel(/Type Shop/);
  if (await name.isVisible()) await name.fill('Shop');
  await dialog.getByRole('button', { name: /^Roll back/ }).click();
  await expectPage(dialog).toBeHidden({ timeout: 20_000 });
  await look('rolled back');
}

async function unlock(page: Page, person: Person, look: Look): Promise<void> {
  await show(page, '#/settings');
  const field = page.getByLabel('Passphrase', { exact: true }).first();
  await field.fill(person.planted('wrong passphrase'));
  await page.getByRole('button', { name: 'Unlock' }).click();
  await expectPage(page.getByText(/passphrase/i).first()).toBeVisible();
  await look('wrong passphrase');
  await field.fill(person.passphrase);
  await page.getByRole('button', { name: 'Unlock' }).click();
  await expectPage(page.getByRole('button', { name: 'Unlock' })).toBeHidden({ timeout: 20_000 });
  await look('unlocked');
}

/** A signed report on everything up to now, for which the signing keys are made. */
async function makeReport(page: Page): Promise<void> {
  const today = new Date().toISOString().slice(0, 10);
  const reply = await page.evaluate((day) => {
    const { call } = (globalThis as unknown as { rekey: RekeyApi }).rekey;
    const request = { from: day, to: day, timeZone: 'UTC', environments: null, paper: 'A4' } as const;
    return call('reports.create', { request, zip: true, out: null });
  }, today);
  expect(reply).toMatchObject({ ok: true, value: { zip: expect.stringContaining('.zip') } });
}

/** Every channel with well-formed input that names what is there, whatever it does: none meets a defect. */
async function callEverything(page: Page, ids: { environmentId: string; runId: string }): Promise<number> {
  await prepareCaller(page);
  let calls = 0;
  for (const channel of channels) {
    const inputs = validInputs(channel, ids, seed, 5);
    const outcomes = await callAll(page, channel, inputs);
    const defects = outcomes.filter(
      ({ kind, text }) => kind === 'thrown' || text.includes('"code":"internal"'),
    );
    expect(defects, channel).toEqual([]);
    calls += inputs.length;
  }
  return calls;
}
