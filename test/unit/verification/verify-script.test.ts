import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { reportSchemaText } from '#shared/logic/report/report-schema.ts';
import { verificationCheckIds } from '#shared/model/verification.ts';

const script = readFileSync('resources/report/verify.py', 'utf8');

it('knows the schema of this version (put the new hash into verify.py after a change of the model)', () => {
  const hash = createHash('sha256').update(reportSchemaText()).digest('hex');
  expect(/^SCHEMA_SHA256 = "([0-9a-f]{64})"$/m.exec(script)?.[1]).toBe(hash);
});

it('has the same checks in the same order', () => {
  const list = /^CHECKS = \[([^\]]*)\]/m.exec(script)?.[1] ?? '';
  expect([...list.matchAll(/"([^"]+)"/g)].map(([, id]) => id)).toEqual(verificationCheckIds);
});

it('needs nothing but the standard library of Python 3.9', () => {
  const imports = [...script.matchAll(/^(?:import (?=\w+$)|from (?=\w+ import ))(\w+)/gm)].map(
    ([, name]) => name,
  );
  expect(imports).toEqual([
    'argparse',
    'base64',
    'hashlib',
    'json',
    'os',
    're',
    'stat',
    'struct',
    'sys',
    'zlib',
    'datetime',
  ]);
});
