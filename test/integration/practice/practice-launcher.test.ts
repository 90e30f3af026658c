import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { installationFolder } from '#electron/installation.ts';
import { practiceFiles, readServiceAddress } from '#electron/services/practice/service-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'rekey-practice-'));
const files = practiceFiles(folder);

afterEach(() => rmSync(folder, { recursive: true, force: true }));

it('a service ends with its launcher, also when that is killed', async () => {
  const root = installationFolder(import.meta.dirname);
  const program = `
    import { nodeServiceLauncher } from '#electron/services/practice/service-launcher.ts';
    nodeServiceLauncher('with-launcher').launch(
      ${JSON.stringify(join(root, 'electron', 'workers', 'practice-service.ts'))},
      [${JSON.stringify(folder)}, '0', 'with-launcher'],
    );
    setInterval(() => {}, 1000);
  `;
  const launcher = spawn(process.execPath, ['--input-type=module', '--eval', program], {
    cwd: root,
    stdio: 'ignore',
  });
  await until(() => readServiceAddress(files.service) !== null);
  const pid = readServiceAddress(files.service)?.pid ?? 0;
  expect(pid).toBeGreaterThan(0);
  expect(isAlive(pid)).toBe(true);
  launcher.kill('SIGKILL');
  await until(() => !isAlive(pid));
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

async function until(condition: () => boolean): Promise<void> {
  const deadline = performance.now() + 15_000;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error('it did not happen in 15 seconds');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
