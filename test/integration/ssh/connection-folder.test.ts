import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import {
  makeConnectionFolder,
  sweepConnectionFolders,
} from '#electron/environments/ssh/connection-folder.ts';

it('the folder of a process that was killed is removed by the next one, and no other', () => {
  const { pid } = spawnSync(process.execPath, ['-e', '']);
  const dead = mkdtempSync(join(tmpdir(), `rekey-ssh-${pid}-`));
  const own = makeConnectionFolder();
  const foreign = mkdtempSync(join(tmpdir(), 'rekey-ssh-client-'));
  try {
    sweepConnectionFolders();
    expect([existsSync(dead), existsSync(own), existsSync(foreign)]).toEqual([false, true, true]);
  } finally {
    for (const folder of [dead, own, foreign]) rmSync(folder, { recursive: true, force: true });
  }
});
