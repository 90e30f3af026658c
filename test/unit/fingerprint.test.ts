import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newState } from '#electron/environments/state-file.ts';
import { fingerprintIn, hmacSha256 } from '#electron/services/secrets/fingerprint.ts';
import { fingerprint } from '#shared/logic/fingerprint.ts';
import { Secret } from '#shared/model/secret.ts';

describe('fingerprint', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'rekey-fingerprint-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it('is the beginning of HMAC-SHA-256 (RFC 4231, test case 2)', () => {
    const key = Buffer.from('Jefe').toString('hex');
    expect(fingerprint(hmacSha256, key, new Secret('what do ya want for nothing?'))).toBe('5bdcc146bf60754e');
  });

  it('is what the documented three lines of Python print', () => {
    const source = readFileSync(new URL('../../shared/logic/fingerprint.ts', import.meta.url), 'utf8');
    const recipe = [...source.matchAll(/^ \* {5}(.+)$/gm)].map((match) => match[1]).join('\n');
    expect(recipe.split('\n')).toHaveLength(3);
    const state = newState('0198c5a0-0000-7000-8000-000000000000');
    const stateFile = join(folder, '.env.rekey.json');
    writeFileSync(stateFile, JSON.stringify(state));
    for (const value of ['plain-value_1', 'ünïcode ✓', '', ' spaces ']) {
      const printed = execFileSync('python3', ['-c', recipe, stateFile], {
        input: `${value}\n`,
        encoding: 'utf8',
      });
      expect(printed.trim()).toBe(fingerprintIn(state, new Secret(value)));
    }
  });

  it('differs between environments and between values', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (a, b) => {
        const one = newState('0198c5a0-0000-7000-8000-000000000001');
        const two = newState('0198c5a0-0000-7000-8000-000000000002');
        expect(fingerprintIn(one, new Secret(a))).toBe(fingerprintIn(one, new Secret(a)));
        expect(fingerprintIn(one, new Secret(a))).not.toBe(fingerprintIn(two, new Secret(a)));
        if (Buffer.from(a).compare(Buffer.from(b)) !== 0) {
          expect(fingerprintIn(one, new Secret(a))).not.toBe(fingerprintIn(one, new Secret(b)));
        }
      }),
    );
  });

  it('refuses a key that is not in hex', () => {
    expect(() => fingerprint(hmacSha256, 'not hex', new Secret('x'))).toThrow(RangeError);
  });
});
