// The parts of `npm test`: each runs one tool and answers with what it counted.
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runEndToEnd } from './end-to-end.mjs';
import { notice } from './notice.mjs';
import { projectRoot } from './project.mjs';

/** @typedef {{passed: number, failed: number, skipped: number}} Counts */

const minutes = (n) => n * 60_000;
const tool = (...path) => join(projectRoot, 'node_modules', ...path);

/** Runs a tool in the project; one that hangs is ended after `timeout` milliseconds (0: never). */
function run(command, args, { env = process.env, timeout = 0 } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: projectRoot, env, stdio: 'inherit' });
    let timer;
    if (timeout > 0) {
      timer = setTimeout(() => {
        notice(`ended after ${timeout / 60_000} minutes without a result: ${args.join(' ')}`);
        child.kill('SIGKILL');
      }, timeout);
    }
    child.once('error', reject);
    child.once('close', (code) => {
      clearTimeout(timer);
      resolve(code ?? 1);
    });
  });
}

/** A tool that only says yes or no counts as nothing when it passes and as one failure when it does not. */
async function check(name, command, args) {
  notice(`checking: ${name}`);
  const failed = (await run(command, args, { timeout: minutes(5) })) === 0 ? 0 : 1;
  return { passed: 0, failed, skipped: 0 };
}

export const lint = () =>
  check('lint and layer rules', process.execPath, [tool('@biomejs', 'biome', 'bin', 'biome'), 'check', '.']);

export const typecheck = () =>
  check('types', process.execPath, [tool('typescript', 'bin', 'tsc'), '--noEmit', '-p', 'tsconfig.json']);

/**
 * @param {string[]} projects - names from vitest.config.ts
 * @param {boolean} long - the exhaustive crash test and the like
 */
export async function unitTests(projects, long) {
  notice(`testing: ${projects.join(', ')}${long ? ' (long)' : ''}`);
  const folder = mkdtempSync(join(tmpdir(), 'rekey-test-'));
  const report = join(folder, 'vitest.json');
  // The person's own Rekey, session bus and screen are none of the tests' business.
  const env = {
    ...process.env,
    XDG_CONFIG_HOME: join(folder, 'config'),
    XDG_DATA_HOME: join(folder, 'share'),
  };
  for (const name of Object.keys(env)) {
    if (/^(REKEY_|DBUS_SESSION_BUS_ADDRESS$|DISPLAY$|WAYLAND_DISPLAY$|INIT_CWD$)/.test(name))
      delete env[name];
  }
  if (long) env.REKEY_TEST_LONG = '1';
  if (process.stdout.isTTY !== true) {
    delete env.FORCE_COLOR;
    env.NO_COLOR = '1';
  }
  try {
    const args = ['run', ...projects.flatMap((name) => ['--project', name])];
    const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
    const exitCode = await run(process.execPath, [tool('vitest', 'vitest.mjs'), ...args, ...reporters], {
      env,
      timeout: long ? 0 : minutes(25),
    });
    const found = existsSync(report) ? JSON.parse(readFileSync(report, 'utf8')) : null;
    return counted('vitest', exitCode, {
      passed: found?.numPassedTests ?? 0,
      failed: found?.numFailedTests ?? 0,
      skipped: (found?.numPendingTests ?? 0) + (found?.numTodoTests ?? 0),
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * @param {'app' | 'packaged'} project - of playwright.config.ts
 * @param {{dist: string, packaged?: string, long?: boolean}} runtime - `long`: every fuzz payload, and the like
 */
export async function endToEndTests(project, runtime) {
  notice(`testing: the ${project === 'app' ? 'app on real Electron' : 'packaged app'}`);
  const { exitCode, report } = await runEndToEnd([`--project=${project}`], runtime);
  return counted('playwright', exitCode, {
    passed: report?.stats.expected ?? 0,
    failed: (report?.stats.unexpected ?? 0) + (report?.stats.flaky ?? 0),
    skipped: report?.stats.skipped ?? 0,
  });
}

/** A runner that failed without a failed test crashed, or could not load a file: that is a failure too. */
function counted(name, exitCode, counts) {
  if (counts.passed + counts.failed === 0) {
    notice(`${name} ran no tests`);
    return { ...counts, failed: 1 };
  }
  if (exitCode !== 0 && counts.failed === 0) {
    notice(`${name} ended with ${exitCode} although no test failed`);
    return { ...counts, failed: 1 };
  }
  return counts;
}
