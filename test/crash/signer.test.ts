import { spawn } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { rolloverProblem } from '#electron/services/signer/rollover-statement.ts';
import type { SignerFacts } from '#electron/services/signer/signing-keys.ts';
import { verifyEd25519 } from '#electron/services/signer/verify-ed25519.ts';
import { SignerFile } from '#shared/model/signer.ts';
import { temporaryFolder } from '../integration/support/temporary-folder.ts';
import type { TracedEffect } from './crash-point.ts';
import { openSignerWorld, rollover, type SignerWorld } from './signer-world.ts';

const long = process.env.REKEY_TEST_LONG === '1';
/** Every how many-th effect is killed on an ordinary day: each kill derives a vault's key twice and makes RSA keys. */
const stride = 90;
const message = Buffer.from('what is signed');

let root: string;
beforeAll(() => {
  root = temporaryFolder();
});

function run(scenario: string, data: string, environment: Record<string, string>): Promise<string | null> {
  const child = spawn(
    process.execPath,
    [
      '--import',
      join(import.meta.dirname, 'kill-points.mjs'),
      join(import.meta.dirname, 'signer-process.ts'),
      scenario,
      data,
    ],
    { env: { ...process.env, ...environment }, stdio: ['ignore', 'ignore', 'pipe'] },
  );
  let stderr = '';
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  return new Promise((resolve, reject) => {
    child.once('exit', (code, signal) => {
      if (signal === null && code !== 0) reject(new Error(stderr));
      else resolve(signal);
    });
  });
}

async function expectSigns({ signer }: SignerWorld): Promise<void> {
  // In this order: signing finishes what a crash left, and then the facts are those of the key that signed.
  const report = await signer.sign('report', message);
  const log = await signer.sign('log', message);
  const facts = signer.facts() as SignerFacts;
  expect(verifyEd25519(facts.reportKey, message, report)).toBe(true);
  expect(verifyEd25519(facts.logKey, message, log)).toBe(true);
}

/** One whole set is sealed and nothing beside it, and the log tells every step once. */
async function expectClean({ signer, sealed, log }: SignerWorld, data: string): Promise<void> {
  const file = SignerFile.parse(JSON.parse(readFileSync(join(data, 'signer.json'), 'utf8')));
  expect(file.pending).toBeNull();
  expect(sealed.list()).toHaveLength(4);
  const events = [...log.scan()].filter(({ event_type }) => event_type === 'access');
  const count = (action: string) => events.filter((event) => event.action === action).length;
  expect(count('signing-keys-created')).toBe(1);
  expect(count('signing-keys-replaced')).toBe(file.former.length);
  expect(count('signing-keys-destroyed')).toBe(file.former.length);
  const said = ['signing-keys-created', 'signing-keys-replaced', 'signing-keys-discarded'];
  const ended = new Set(
    events.filter(({ action }) => said.includes(action)).map((event) => event.rotation_id),
  );
  const sealedIds = new Set(sealed.list().map(({ rotationId }) => rotationId));
  for (const id of sealedIds) expect(ended.has(id) || file.current?.ca.id === id).toBe(true);
  expect((signer.facts()?.rollovers ?? []).map(rolloverProblem)).toEqual(file.former.map(() => null));
  expect((await log.verify()).intact).toBe(true);
  // Locks of the dead are taken over when they are next needed; half a key must not lie about until then.
  const left = readdirSync(data, { recursive: true }).filter((name) =>
    /(\.sealed|signer\.json)\.rekey-[0-9a-f]+\.tmp$/.test(`${name}`),
  );
  expect(left).toEqual([]);
}

describe.each(['create', 'replace'])('a kill while the keys are made: %s', (scenario) => {
  it('leaves no signer or a whole one, and asking again comes to the end', async () => {
    const template = mkdtempSync(join(root, 'template-'));
    const prepared = await openSignerWorld(template);
    if (scenario === 'replace') await prepared.signer.ensure();
    const before = prepared.signer.facts();
    prepared.log.close();
    const traceFile = join(root, 'trace');
    const whole = mkdtempSync(join(root, 'whole-'));
    cpSync(template, whole, { recursive: true });
    expect(await run(scenario, whole, { TRACE_FILE: traceFile })).toBeNull();
    const effects = readFileSync(traceFile, 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as TracedEffect);

    let kills = 0;
    for (const { n, kind, path, to } of effects) {
      // What the signer's file says becomes true by its rename: on both sides of each, always.
      const renamed = kind === 'rename' && to?.endsWith('signer.json') === true;
      const decisive = renamed || (kind === 'unlink' && path.endsWith('.sealed'));
      const chosen = long || decisive || n % stride === 0;
      if (!chosen) continue;
      const times = long ? ['before', 'after', 'half'] : renamed ? ['before', 'after'] : ['before'];
      for (const when of times) {
        const data = mkdtempSync(join(root, 'killed-'));
        cpSync(template, data, { recursive: true });
        try {
          expect(await run(scenario, data, { KILL_AT: String(n), KILL_WHEN: when })).toBe('SIGKILL');
          kills += 1;
          const world = await openSignerWorld(data);
          if (scenario === 'replace' || world.signer.facts() !== null) await expectSigns(world);
          else await world.signer.ensure();
          if (scenario === 'replace') {
            const after = await world.signer.rollover(rollover);
            expect(after.reportFingerprint).not.toBe(before?.reportFingerprint);
            expect(after.rollovers).toHaveLength(1);
          }
          await expectSigns(world);
          await expectClean(world, data);
          world.log.close();
          world.vault.lock();
        } catch (error) {
          throw new Error(`${when} effect ${n} (${kind}), kept in ${data}`, { cause: error });
        }
        rmSync(data, { recursive: true });
      }
    }
    console.info(`${scenario}: ${effects.length} effects, ${kills} kills`);
    expect(kills).toBeGreaterThan(3);
  });
});
