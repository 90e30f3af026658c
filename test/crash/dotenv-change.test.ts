import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import dotenv from 'dotenv';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { newState, parseState, statePathFor } from '#electron/environments/state-file.ts';
import { fingerprintIn } from '#electron/services/secrets/fingerprint.ts';
import { commitSide } from '#shared/logic/pending-commit.ts';
import { Secret } from '#shared/model/secret.ts';
import { bundledProcess, bundleFolder } from './bundled-process.ts';

const oldValue = 'the-old-value-0123456789-0123456789';
const newValue = 'the-new-value-9876543210-9876543210';
const text = `# keys\nA=1\nJWT_SECRET_KEY='${oldValue}' # signing\nB=2\n`;
const after = `# keys\nA=1\nJWT_SECRET_KEY='${newValue}' # signing\nJWT_SECRET_KEY_PREVIOUS='${oldValue}'\nB=2\n`;

let folder: string;
let path: string;
let bundles: string;
let program: string;
beforeAll(async () => {
  bundles = bundleFolder();
  program = await bundledProcess('dotenv-change-process', bundles);
});
afterAll(() => rmSync(bundles, { recursive: true, force: true }));
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rekey-crash-'));
  path = join(folder, '.env');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

interface Effect {
  n: number;
  kind: string;
  path: string;
  to?: string;
}

/** Runs the change, killed at the given effect or to its end; returns the signal that ended it. */
function change(kill: { at: number; when: string } | null, trace?: string): NodeJS.Signals | null {
  const result = spawnSync(
    process.execPath,
    ['--import', join(import.meta.dirname, 'kill-points.mjs'), program, path, oldValue, newValue],
    {
      encoding: 'utf8',
      env: {
        ...process.env,
        KILL_AT: String(kill?.at ?? 0),
        KILL_WHEN: kill?.when ?? 'before',
        ...(trace ? { TRACE_FILE: trace } : {}),
      },
    },
  );
  if (result.signal === null && result.status !== 0) throw new Error(result.stderr);
  return result.signal;
}

function begin(withState: boolean): void {
  for (const name of readdirSync(folder)) rmSync(join(folder, name), { recursive: true });
  writeFileSync(path, text, { mode: 0o640 });
  chmodSync(path, 0o640);
  if (!withState) return;
  writeFileSync(statePathFor(path), JSON.stringify(newState('0198c5a0-1111-4111-8111-111111111111')));
}

function traced(withState: boolean): Effect[] {
  begin(withState);
  const trace = join(folder, 'trace');
  expect(change(null, trace)).toBeNull();
  const lines = readFileSync(trace, 'utf8').trimEnd().split('\n');
  return lines.map((line) => JSON.parse(line) as Effect);
}

/** What must hold at every moment, wherever the process was killed. */
function expectWhole(): void {
  const found = readFileSync(path, 'utf8');
  expect([text, after]).toContain(found);
  expect(statSync(path).mode & 0o777).toBe(0o640);
  const statePath = statePathFor(path);
  if (!readdirSync(folder).includes('.env.rekey.json')) {
    expect(found).toBe(text);
    return;
  }
  const state = parseState(statePath, readFileSync(statePath));
  const present = fingerprintIn(state, new Secret(dotenv.parse(found).JWT_SECRET_KEY as string));
  const key = state.keys.JWT_SECRET_KEY;
  if (key?.pending) expect(commitSide(key.pending, present)).toBe(found === text ? 'before' : 'after');
  else expect(key?.fingerprint ?? null).toBe(found === text ? null : present);
}

describe.each([
  ['with a state', true],
  ['for the first time', false],
])('a change of a dotenv file, %s', (_how, withState) => {
  it('is durable step by step: written, synced, renamed, folder synced', () => {
    const effects = traced(withState);
    const renames = effects.filter(({ kind }) => kind === 'rename');
    expect(renames.map(({ to }) => to)).toEqual([statePathFor(path), path, statePathFor(path)]);
    for (const rename of renames) {
      const of = effects.filter(({ path: place }) => place === rename.path).map(({ kind }) => kind);
      expect(of[0]).toBe('create');
      expect(of.lastIndexOf('write')).toBeLessThan(of.indexOf('fsync'));
      expect(of.indexOf('fsync')).toBeLessThan(of.indexOf('rename'));
      const next = effects[rename.n];
      expect(next).toMatchObject({ kind: 'fsync', path: folder });
    }
  });

  it('survives a kill at every effect, and is completed by the same run', () => {
    const effects = traced(withState);
    const long = process.env.REKEY_TEST_LONG === '1';
    let kills = 0;
    for (const { n, kind } of effects) {
      if (!long && !withState && n % 4 !== 0) continue;
      // Before an effect is after the one before it; half of a write differs from both.
      const some = kind === 'write' ? ['before', 'half'] : ['before'];
      for (const when of long ? ['before', 'after', 'half'] : some) {
        begin(withState);
        expect(change({ at: n, when })).toBe('SIGKILL');
        kills++;
        expectWhole();
        expect(change(null)).toBeNull();
        expect(readFileSync(path, 'utf8')).toBe(after);
        expectWhole();
        expect(readdirSync(folder).sort()).toEqual(['.env', '.env.rekey.json']);
      }
    }
    console.info(`${effects.length} effects, ${kills} kills`);
    expect(kills).toBeGreaterThan(withState || long ? 25 : 6);
  });
});
