import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { KeychainBackend } from '#shared/model/keychain.ts';
import { type Keyring, startKeyring } from '#test/e2e/fixtures/keyring.ts';
import { temporaryFolder } from '../integration/support/temporary-folder.ts';
import { bundledProcess, bundleFolder } from './bundled-process.ts';
import type { TracedEffect } from './crash-point.ts';
import type { MoveFindings } from './keychain-move-process.ts';
import { seededSample } from './seeded-sample.ts';

const long = process.env.REKEY_TEST_LONG === '1';
/** How many effects are killed on an ordinary day, each way: a kill costs four processes that derive a vault's key. */
const sampleSize = 5;
const killsPerKeyring = 20;

let root = '';
let program = '';
let home = '';
let keyring: Keyring | null = null;

beforeAll(async () => {
  root = temporaryFolder();
  program = await bundledProcess('keychain-move-process', bundleFolder());
  home = mkdtempSync(join(root, 'keyring-'));
  await renewKeyring();
});

afterAll(async () => {
  await keyring?.stop();
  rmSync(join(program, '..'), { recursive: true, force: true });
});

/** A keyring that many processes were killed while they spoke to stops answering. What it keeps lies in `home`. */
async function renewKeyring(): Promise<void> {
  await keyring?.stop();
  keyring = await startKeyring({ PATH: process.env.PATH ?? '', HOME: home, XDG_RUNTIME_DIR: home });
}

interface Ending {
  signal: string | null;
  stdout: string;
}

function run(words: string[], environment: Record<string, string> = {}): Promise<Ending> {
  const child = spawn(
    process.execPath,
    ['--import', join(import.meta.dirname, 'kill-points.mjs'), program, ...words],
    {
      env: { ...process.env, ...keyring?.environment, ...environment, KEYCHAIN_FROM: program },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (chunk) => {
    stdout += chunk;
  });
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  return new Promise((resolve, reject) => {
    child.once('close', (code, signal) => {
      if (signal === null && code !== 0) reject(new Error(stderr.slice(0, 1500)));
      else resolve({ signal, stdout });
    });
  });
}

async function look(data: string): Promise<MoveFindings> {
  return JSON.parse((await run(['look', data])).stdout) as MoveFindings;
}

/** A data folder of its own, with everything in one store. */
async function prepared(from: KeychainBackend): Promise<string> {
  const data = join(mkdtempSync(join(root, 'prepared-')), 'data');
  mkdirSync(data);
  await run(['prepare', data, from]);
  return data;
}

/** Whatever store is in use then: everything opens, and nothing is told twice or not at all. */
function expectUsable({ values, credential, isLogWhole }: MoveFindings): void {
  expect(values).toEqual(['the first value', 'the second value']);
  expect(credential).toBe('a credential');
  expect(isLogWhole).toBe(true);
}

function expectMoved(found: MoveFindings, to: KeychainBackend, data: string): void {
  expectUsable(found);
  expect(found).toMatchObject({
    inUse: to,
    isMoveOpen: false,
    entries: to === 'os' ? { os: 2, vault: null } : { os: 0, vault: 2 },
  });
  const actions = found.actions.slice(found.actions.lastIndexOf('move-intended'));
  expect(actions.filter((action) => action === 'moved')).toHaveLength(1);
  expect(actions.lastIndexOf('keychain-chosen')).toBeGreaterThan(0);
  expect(actions.lastIndexOf('keychain-chosen')).toBeLessThan(actions.indexOf('moved'));
  const left = readdirSync(data, { recursive: true }).filter((name) =>
    /vault\.json|\.sealed\..+\.tmp$/.test(`${name}`),
  );
  expect(left.filter((name) => `${name}` !== 'vault.json')).toEqual([]);
}

describe.each([
  ['os', 'vault'],
  ['vault', 'os'],
] as const)('a kill while everything moves from the %s to the %s', (from, to) => {
  it('leaves a store in use that has all, and the next start or asking again comes to the end', async () => {
    const traceFile = join(root, 'trace');
    const whole = await prepared(from);
    await run(['choose', whole, to], { TRACE_FILE: traceFile });
    expectMoved(await look(whole), to, whole);
    const effects = readFileSync(traceFile, 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as TracedEffect);
    const decisive = ({ kind, path, to: target }: TracedEffect) =>
      (kind === 'rename' && /(settings|vault|keychain-index)\.json$/.test(target ?? '')) ||
      kind === 'keychain setPassword' ||
      kind === 'keychain deletePassword' ||
      ((kind === 'rm' || kind === 'unlink') && path.endsWith('vault.json'));
    let kills = 0;
    const chosen = long ? effects : seededSample(effects.filter(decisive), sampleSize, `${from} to ${to}`);
    for (const { n, kind } of chosen) {
      const halfToo = kind.startsWith('write');
      const times = long ? ['before', 'after', ...(halfToo ? ['half'] : [])] : ['before'];
      for (const when of times) {
        if (kills > 0 && kills % killsPerKeyring === 0) await renewKeyring();
        const data = await prepared(from);
        try {
          const killed = await run(['choose', data, to], { KILL_AT: String(n), KILL_WHEN: when });
          expect(killed.signal).toBe('SIGKILL');
          kills += 1;
          const after = await look(data);
          expectUsable(after);
          // What the next start does, a person who asks again, and one who stays: each of them comes to its end.
          const way = (['settle', 'again', 'stay'] as const)[kills % 3];
          if (way === 'settle') await run(['settle', data]);
          if (way === 'stay' && after.inUse === from && after.isMoveOpen) {
            await run(['choose', data, from]);
            const stayed = await look(data);
            expectUsable(stayed);
            expect(stayed).toMatchObject({
              inUse: from,
              isMoveOpen: false,
              entries: from === 'os' ? { os: 2, vault: null } : { os: 0, vault: 2 },
            });
            expect(stayed.actions.filter((action) => action === 'move-abandoned')).toHaveLength(1);
          }
          await run(['choose', data, to]);
          expectMoved(await look(data), to, data);
        } catch (error) {
          throw new Error(`${when} effect ${n} (${kind}), kept in ${data}`, { cause: error });
        }
        rmSync(join(data, '..'), { recursive: true });
      }
    }
    console.info(`from the ${from} to the ${to}: ${effects.length} effects, ${kills} kills`);
    expect(kills).toBeGreaterThanOrEqual(sampleSize);
  });
});
