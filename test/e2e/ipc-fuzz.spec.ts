import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import type { z } from 'zod';
import type { RekeyApi } from '../../shared/ipc/api.ts';
import { channels } from '../../shared/ipc/channels.ts';
import { type Channel, contract } from '../../shared/ipc/contract.ts';
import { ErrorReport } from '../../shared/model/errors.ts';
import { invalidInputs, type KnownIds, mustNameAThing, validInputs } from '../support/hostile-input.ts';
import type { Profile } from './fixtures/profile.ts';
import { expect, type RunningApp, test } from './fixtures/rekey-app.ts';
import { changedPaths, type DiskState, diskState } from './support/disk-state.ts';
import { effectsOf, watchEffects } from './support/effect-watch.ts';
import { openIntruder, openTwin, showInOwnWindow } from './support/foreign-senders.ts';
import { callAll, callWithLiveObjects, type Outcome, prepareCaller } from './support/ipc-caller.ts';

// The contract's whole surface on real Electron, through the real bridge. Left out, because they are what the window
// is for: well-formed calls from Rekey's own page that name nothing (a theme, an operator, a passphrase, a file to
// add) or something that exists.
const long = process.env.REKEY_TEST_LONG === '1';
const seed = Number(process.env.REKEY_FUZZ_SEED ?? 20_261_125);
/** Payloads for each channel. */
const counts = long
  ? { broken: 2_000, naming_nothing: 200, from_each_stranger: 200 }
  : { broken: 40, naming_nothing: 6, from_each_stranger: 8 };

const nothing: KnownIds = {
  environmentId: '00000000-0000-4000-8000-000000000000',
  runId: '00000000-0000-4000-8000-000000000001',
};

test('no payload and no stranger gets anything but a refusal, and nothing changes', async ({
  rekey,
  profile,
}) => {
  test.setTimeout(long ? 90 * 60_000 : 240_000);
  const ids = await furnish(rekey, profile);
  await watchEffects(rekey.app);
  await prepareCaller(rekey.page);
  const before = await settledState(profile);
  const sent = { broken: 0, live: 0, naming_nothing: 0, from_strangers: 0 };

  for (const [index, channel] of channels.entries()) {
    await test.step(channel, async () => {
      const broken = invalidInputs(channel, ids, seed + index, counts.broken);
      expect(broken).toHaveLength(counts.broken);
      const answers = await callAll(rekey.page, channel, broken);
      for (const outcome of answers)
        expectRefusal(channel, outcome, broken[outcome.first], ['invalid-input']);
      sent.broken += total(answers);

      const live = await callWithLiveObjects(rekey.page, channel);
      // Some of them arrive as an empty object, which a few channels take.
      const codes = contract[channel].in.safeParse({}).success ? undefined : ['invalid-input'];
      for (const outcome of live) expectRefusal(channel, outcome, `live object ${outcome.first}`, codes);
      sent.live += total(live);

      if (mustNameAThing(channel)) {
        const unknown = validInputs(channel, nothing, seed + index, counts.naming_nothing);
        const replies = await callAll(rekey.page, channel, unknown);
        for (const outcome of replies) expectRefusal(channel, outcome, unknown[outcome.first]);
        sent.naming_nothing += total(replies);
      }
      await expectAnswers(rekey.page);
    });
  }
  await expectNoEffect(rekey, profile, before);

  const strangers: [string, Page][] = [
    ['the same page in another window', await openTwin(rekey)],
    ['a page with the whole ipcRenderer', await openIntruder(rekey, profile.workFolder)],
  ];
  const stranger = async (who: string, page: Page) => {
    await prepareCaller(page);
    for (const [index, channel] of channels.entries()) {
      await test.step(`${channel}: ${who}`, async () => {
        const half = counts.from_each_stranger / 2;
        // Calls that Rekey's own page could make, with effects, and broken ones.
        const payloads = [
          ...validInputs(channel, ids, seed + index, half),
          ...invalidInputs(channel, ids, seed - index, half),
        ];
        const replies = await callAll(page, channel, payloads);
        for (const outcome of replies) {
          expectRefusal(channel, outcome, payloads[outcome.first], ['invalid-input'], /Rekey’s own window/);
        }
        sent.from_strangers += total(replies);
      });
    }
  };
  for (const [who, page] of strangers) await stranger(who, page);
  await expectAnswers(rekey.page);
  await showInOwnWindow(rekey, 'about:blank');
  await stranger('another page in the own window', rekey.page);
  await showInOwnWindow(rekey, 'app://rekey/');
  await expect(rekey.page.getByRole('main')).toBeVisible();
  await expectAnswers(rekey.page);
  await expectNoEffect(rekey, profile, before);

  // A person still gets on with their work.
  await rekey.page.keyboard.press('Control+N');
  await expect(rekey.page.getByRole('dialog')).toBeVisible();
  const sum = Object.values(sent).reduce((all, one) => all + one, 0);
  console.log(`IPC fuzz: ${sum} calls on ${channels.length} channels, seed ${seed}, ${JSON.stringify(sent)}`);
});

/** An operator, an environment with real values, and an open run: what a hostile page could be after. */
async function furnish(rekey: RunningApp, profile: Profile): Promise<KnownIds> {
  const file = join(profile.workFolder, '.env');
  const lines = ['JWT_SECRET_KEY', 'TOKEN_ENCRYPTION_KEY'].map(
    (name) => `${name}=${'not-a-real-key-'.repeat(4)}`,
  );
  writeFileSync(file, `${lines.join('\n')}\n`, { mode: 0o600 });
  // The daily check of the log would write an event of its own.
  mkdirSync(join(profile.dataFolder, 'cache'), { recursive: true });
  writeFileSync(
    join(profile.dataFolder, 'cache', 'log-check.json'),
    JSON.stringify({ at: new Date().toISOString(), intact: true }),
  );
  // The start tries the keychain by writing and deleting an entry: that is over before anything is compared.
  const probed = () =>
    rekey.page.evaluate(async () => {
      const { call } = (globalThis as unknown as { rekey: RekeyApi }).rekey;
      const state = await call('app.state');
      return state.ok && state.value.keychain !== null;
    });
  await expect.poll(probed, { timeout: 30_000 }).toBe(true);
  const ids = await rekey.page.evaluate(async (path) => {
    const { call } = (globalThis as unknown as { rekey: RekeyApi }).rekey;
    const value = <T>(reply: { ok: true; value: T } | { ok: false; error: unknown }): T => {
      if (reply.ok) return reply.value;
      throw new Error(JSON.stringify(reply.error));
    };
    value(await call('settings.set-operator', { name: 'Ada Lovelace', email: 'ada@example.org' }));
    const environment = { name: 'Fuzzed', stage: 'production', path, parser: 'dotenv' } as const;
    const { config } = value(await call('environments.add', environment));
    const { run } = value(
      await call('runs.start', {
        runbook: 'planned',
        environmentId: config.id,
        keys: ['JWT_SECRET_KEY'],
        reason: 'A run to be left alone',
        dryRun: false,
        drill: false,
      }),
    );
    return { environmentId: config.id, runId: run.run_id };
  }, file);
  // The values are weak, which is told a few seconds after the start, by itself and with events.
  const told = () =>
    rekey.page.evaluate(async () => {
      const { call } = (globalThis as unknown as { rekey: RekeyApi }).rekey;
      const reply = await call('alerts.list');
      return reply.ok ? reply.value.alerts.map(({ kind }) => kind) : [];
    });
  await expect.poll(told, { timeout: 60_000 }).toContain('validation');
  return ids;
}

const total = (outcomes: readonly Outcome[]) => outcomes.reduce((sum, { count }) => sum + count, 0);

/** Where sources, stacks and this machine's folders would show. */
const traces =
  /\n\s+at |\.(?:[cm]?[jt]sx?)[:)]|node:|file:\/\/|app\.asar|\/out\/|electron\/js2c|sandbox_bundle/;

/**
 * Fails unless main refused with a well-formed report that holds no trace of its sources, or the bridge could not
 * carry the payload at all. Without `codes`, any refusal that a user can meet is right, and so is an answer that the
 * contract allows.
 */
function expectRefusal(
  channel: Channel,
  { kind, text }: Outcome,
  recipe: unknown,
  codes?: readonly string[],
  message?: RegExp,
): void {
  const wrong = (why: string) =>
    new Error(`${channel} ${why}: ${text.slice(0, 600)}\nto ${JSON.stringify(recipe)?.slice(0, 600)}`);
  if (kind === 'thrown') {
    // Whatever main itself threw would begin with "Error invoking remote method".
    if (!/could not be cloned|cannot be cloned|recursion|a getter that throws|proxy/i.test(text))
      throw wrong('threw');
    if (/invoking remote method '[^']*': (?!Error: An object could not be cloned)/.test(text))
      throw wrong('threw in main');
    return;
  }
  const reply = JSON.parse(text) as { ok: boolean; value?: unknown; error?: unknown };
  if (reply.ok) {
    if (codes || !(contract[channel].out as z.ZodType).safeParse(reply.value).success)
      throw wrong('answered');
    return;
  }
  const report = ErrorReport.strict().safeParse(reply.error);
  if (!report.success) throw wrong('refused without a report');
  const { code } = report.data;
  if (code === 'internal' || (codes && !codes.includes(code))) throw wrong(`refused with ${code}`);
  if (message && !message.test(report.data.message)) throw wrong('refused for another reason');
  if (traces.test(text)) throw wrong('gave away a trace');
}

/** A proper call is answered at once. */
async function expectAnswers(page: Page): Promise<void> {
  const answered = page.evaluate(async () => {
    const { call } = (globalThis as unknown as { rekey: RekeyApi }).rekey;
    const [state, list] = await Promise.all([call('app.state'), call('runs.list')]);
    return state.ok && list.ok ? list.value.length : null;
  });
  const late = new Promise<string>((resolve) =>
    setTimeout(resolve, 15_000, 'no answer within 15 seconds').unref(),
  );
  expect(await Promise.race([answered, late])).toBe(1);
}

/** All that Rekey and the person have, the keyring included; not Chromium's own profile, sockets and temporary files. */
const chromium = /^(?:data\/window(?!\/window\.json)\/|run$|tmp$|cache$)/;

function stateOf(profile: Profile): DiskState {
  return diskState(profile.home, (path) => chromium.test(path) || path.endsWith('intruder.cjs'));
}

/** The state once nothing changes by itself any more. */
async function settledState(profile: Profile): Promise<DiskState> {
  let before = stateOf(profile);
  await expect
    .poll(
      () => {
        const now = stateOf(profile);
        const changed = changedPaths(before, now);
        before = now;
        return changed;
      },
      { intervals: [1_000] },
    )
    .toEqual([]);
  return before;
}

async function expectNoEffect(rekey: RunningApp, profile: Profile, before: DiskState): Promise<void> {
  expect(changedPaths(before, stateOf(profile))).toEqual([]);
  expect(await effectsOf(rekey.app)).toEqual([]);
  expect(rekey.app.process().exitCode).toBeNull();
  // What is no refusal is a defect, and main writes those down.
  expect(rekey.output()).not.toMatch(/^Error|^\w*Error: |\n\s+at /m);
}
