import { cpSync, existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { appVersion, installationFolder, resourceFile, workerEntry } from '#electron/installation.ts';

const root = join(import.meta.dirname, '..', '..', '..');
let folder: string;
beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'rekey-installation-')));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('where Rekey is installed', () => {
  test('is found from any depth, past packages of other names', () => {
    cpSync(join(root, 'package.json'), join(folder, 'package.json'));
    const deep = join(folder, 'dist', 'command', 'chunks');
    mkdirSync(deep, { recursive: true });
    writeFileSync(join(folder, 'dist', 'package.json'), '{"name": "something-else"}');
    expect(installationFolder(deep)).toBe(folder);
    expect(resourceFile(deep, 'runbooks', 'planned.yaml')).toBe(
      join(folder, 'resources', 'runbooks', 'planned.yaml'),
    );
  });

  test('outside of any installation it says so', () => {
    expect(() => installationFolder(folder)).toThrow('No installation of Rekey');
  });

  test('a worker is the source when running from source, and its bundle when built', () => {
    const name = 'practice-service';
    const source = workerEntry(join(root, 'electron', 'services', 'practice'), name);
    expect(source).toBe(join(root, 'electron', 'workers', `${name}.ts`));
    expect(existsSync(source)).toBe(true);
    expect(workerEntry(join(root, 'out', 'main', 'chunks'), name)).toBe(
      join(root, 'out/main/workers', `${name}.js`),
    );
    expect(workerEntry(join(root, 'dist', 'command'), name)).toBe(
      join(root, 'dist/command/workers', `${name}.js`),
    );
  });

  test('the version is that of package.json', () => {
    expect(appVersion).toMatch(/^\d+\.\d+\.\d+/);
  });
});
