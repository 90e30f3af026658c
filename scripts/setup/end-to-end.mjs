// Everything around a run of the end-to-end tests: a display, an ordinary user, the chosen Electron.
import { spawn } from 'node:child_process';
import { cpSync, existsSync, readFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { startVirtualDisplay } from './display.mjs';
import { ordinaryUser } from './ordinary-user.mjs';
import { projectRoot } from './project.mjs';

/**
 * Runs Playwright under a virtual display as an ordinary user.
 * @param {string[]} args - further arguments of `playwright test`
 * @param {{dist: string, packaged?: string, keepScreenshots?: boolean, long?: boolean}} options - `dist`: folder of
 *   the Electron; `packaged`: the packaged app's executable; `keepScreenshots`: put what the specs wrote into
 *   docs/screenshots; `long`: with what is too long for every day
 * @returns {Promise<{exitCode: number, report: object | null}>} Playwright's JSON report, null when it wrote none
 */
export async function runEndToEnd(args, { dist, packaged, keepScreenshots = false, long = false }) {
  const user = ordinaryUser();
  const moved = (path) =>
    path.startsWith(projectRoot) ? user.project + path.slice(projectRoot.length) : path;
  let display = null;
  const stop = () => {
    display?.stop();
    user.remove();
  };
  const interrupted = () => {
    stop();
    process.exit(130);
  };
  process.once('SIGINT', interrupted);
  process.once('SIGTERM', interrupted);
  try {
    display = await startVirtualDisplay(user);
    const node = moved(process.execPath);
    const results = join(user.folder, 'results');
    const screenshots = join(results, 'screenshots');
    const reportFile = join(results, 'report.json');
    const environment = {
      ...user.environment,
      PATH: [dirname(node), process.env.PATH].join(delimiter),
      DISPLAY: display.display,
      ELECTRON_OVERRIDE_DIST_PATH: moved(dist),
      ...(packaged === undefined ? {} : { REKEY_PACKAGED_APP: moved(packaged) }),
      ...(long ? { REKEY_TEST_LONG: '1' } : {}),
      REKEY_E2E_REPORT: reportFile,
      REKEY_E2E_RESULTS: join(results, 'tests'),
      REKEY_SCREENSHOTS: screenshots,
    };
    delete environment.WAYLAND_DISPLAY;
    delete environment.XAUTHORITY;
    const cli = join(user.project, 'node_modules', '@playwright', 'test', 'cli.js');
    const [program, programArgs] = user.command(node, [cli, 'test', ...args]);
    const exitCode = await new Promise((resolve, reject) => {
      const child = spawn(program, programArgs, { cwd: user.project, env: environment, stdio: 'inherit' });
      child.once('error', reject);
      child.once('close', (code) => resolve(code ?? 1));
    });
    const failures = join(results, 'tests');
    if (exitCode !== 0 && existsSync(failures)) {
      cpSync(failures, join(projectRoot, 'test-results'), { recursive: true });
    }
    if (keepScreenshots && existsSync(screenshots)) {
      cpSync(screenshots, join(projectRoot, 'docs', 'screenshots'), { recursive: true });
    }
    const report = existsSync(reportFile) ? JSON.parse(readFileSync(reportFile, 'utf8')) : null;
    return { exitCode, report };
  } finally {
    process.off('SIGINT', interrupted);
    process.off('SIGTERM', interrupted);
    stop();
  }
}
