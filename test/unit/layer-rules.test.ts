import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const root = join(import.meta.dirname, '..', '..');
const fixtures = join(root, 'test', 'fixtures', 'layers');

/** The fixtures lie where such files would lie in the project, next to the project's own lint configuration. */
let project: string;

beforeAll(() => {
  project = mkdtempSync(join(tmpdir(), 'rekey-layers-'));
  cpSync(join(root, 'biome.json'), join(project, 'biome.json'));
  mkdirSync(join(project, 'scripts'));
  cpSync(join(root, 'scripts', 'lint'), join(project, 'scripts', 'lint'), { recursive: true });
});
afterAll(() => rmSync(project, { recursive: true, force: true }));

function filesOf(kind: 'forbidden' | 'allowed'): string[] {
  const files = readdirSync(join(fixtures, kind), { recursive: true, encoding: 'utf8' });
  return files.filter((name) => /\.tsx?$/.test(name)).sort();
}

/** The messages of the layer rules for one fixture. */
function layerFindings(kind: 'forbidden' | 'allowed', file: string): string[] {
  const target = join(project, file);
  mkdirSync(dirname(target), { recursive: true });
  cpSync(join(fixtures, kind, file), target);
  const biome = spawnSync(
    process.execPath,
    [
      join(root, 'node_modules', '@biomejs', 'biome', 'bin', 'biome'),
      'lint',
      '--vcs-enabled=false',
      '--reporter=json',
      file,
    ],
    { cwd: project, encoding: 'utf8' },
  );
  rmSync(target);
  const report = JSON.parse(biome.stdout) as {
    summary: { errors: number };
    diagnostics: { severity: string; message: unknown }[];
  };
  const errors = report.diagnostics.filter(({ severity }) => severity === 'error');
  expect(biome.status === 0, 'an error ends the linter with a failure').toBe(errors.length === 0);
  return errors.map(({ message }) => JSON.stringify(message)).filter((text) => text.includes('Layer rule:'));
}

describe('a forbidden import or ambient time fails the linter', () => {
  test.each(filesOf('forbidden'))('%s', (file) => {
    expect(layerFindings('forbidden', file)).toHaveLength(1);
  });
});

describe('what the layers allow passes', () => {
  test.each(filesOf('allowed'))('%s', (file) => {
    expect(layerFindings('allowed', file)).toEqual([]);
  });
});

test('the project itself breaks no layer rule', () => {
  const biome = spawnSync(
    process.execPath,
    [
      join(root, 'node_modules', '@biomejs', 'biome', 'bin', 'biome'),
      'lint',
      '--only=style/noRestrictedImports',
      '--reporter=json',
      'shared',
      'renderer',
      'electron',
    ],
    { cwd: root, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 },
  );
  const report = JSON.parse(biome.stdout) as { summary: { errors: number; unchanged: number } };
  expect(report.summary.unchanged).toBeGreaterThan(50);
  expect(report.summary.errors).toBe(0);
});
