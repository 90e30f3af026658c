import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { HostFiles } from '#electron/environments/host-files.ts';
import { loadFile } from '#electron/environments/loaded-file.ts';
import { localFiles } from '#electron/environments/local-files.ts';
import { newState, serializeState, statePathFor } from '#electron/environments/state-file.ts';
import { systemClock } from '#electron/storage/system-clock.ts';
import { emptyKeyState } from '#shared/model/environment.ts';

const first = newState('00000000-0000-4000-8000-000000000001');

describe('file and state are read so that they belong together', () => {
  let folder: string;
  let path: string;

  const put = (target: string, content: string | Buffer) => {
    writeFileSync(`${target}.next`, content);
    renameSync(`${target}.next`, target);
  };
  const write = (version: number) => {
    const keys = { JWT_SECRET_KEY: { ...emptyKeyState, version } };
    put(path, `JWT_SECRET_KEY=value-${version}\n`);
    put(statePathFor(path), serializeState({ ...first, keys }));
  };

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'rekey-loaded-'));
    path = join(folder, '.env');
    write(1);
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it.each([1, 3])('when both are replaced between the two readings, %i times', async (times) => {
    let version = 1;
    const files: HostFiles = {
      ...localFiles,
      read: async (target, largest) => {
        const found = await localFiles.read(target, largest);
        if (target === statePathFor(path) && version <= times) {
          version += 1;
          write(version);
        }
        return found;
      },
    };
    const loaded = await loadFile(files, path, false, systemClock);
    expect(loaded.text).toBe(`JWT_SECRET_KEY=value-${times + 1}\n`);
    expect(loaded.state?.keys.JWT_SECRET_KEY?.version).toBe(times + 1);
  });
});
