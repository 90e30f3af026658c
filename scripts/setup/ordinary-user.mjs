// Running programs as an ordinary user, so that Chromium's sandbox can be on although the tests were started as root.
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { projectRoot } from './project.mjs';

/** Unprivileged on every Debian and Ubuntu, and nobody's files are its own. */
const userName = 'nobody';

/**
 * @typedef {object} OrdinaryUser
 * @property {(command: string, args: string[]) => [string, string[]]} command - how to run something as this user
 * @property {string} folder - writable for this user, removed by `remove`
 * @property {string} project - the checkout, or a copy of it that this user may read
 * @property {NodeJS.ProcessEnv} environment
 * @property {() => void} remove - also ends what is left of this user's programs
 */

/** @returns {OrdinaryUser} this user, or another one when this is root */
export function ordinaryUser() {
  const isRoot = process.platform === 'linux' && process.getuid() === 0;
  // Short, because of the length limit of socket paths; always in /tmp, which every user can reach.
  const folder = mkdtempSync(join(isRoot ? '/tmp' : tmpdir(), 'rk-e2e-'));
  const directories = ['home', 'run', 't', 'results', 'cache'];
  for (const name of directories) mkdirSync(join(folder, name), { mode: 0o700 });
  const command = (program, args) =>
    isRoot ? ['runuser', ['-u', userName, '--', program, ...args]] : [program, args];
  let project = projectRoot;
  if (isRoot) {
    const uid = Number(spawnSync('id', ['-u', userName], { encoding: 'utf8' }).stdout);
    const gid = Number(spawnSync('id', ['-g', userName], { encoding: 'utf8' }).stdout);
    for (const name of ['', ...directories]) chownSync(join(folder, name), uid, gid);
    chmodSync(folder, 0o755);
    if (!isReadable(projectRoot, command)) project = copyProject(folder);
  }
  return {
    command,
    folder,
    project,
    environment: {
      ...process.env,
      HOME: join(folder, 'home'),
      XDG_RUNTIME_DIR: join(folder, 'run'),
      XDG_CONFIG_HOME: join(folder, 'home', '.config'),
      XDG_CACHE_HOME: join(folder, 'cache'),
      TMPDIR: join(folder, 't'),
      PWTEST_CACHE_DIR: join(folder, 'cache', 'playwright'),
      USER: isRoot ? userName : process.env.USER,
      LOGNAME: isRoot ? userName : process.env.LOGNAME,
    },
    remove() {
      endProgramsOf(folder);
      rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
    },
  };
}

function isReadable(project, command) {
  const [program, args] = command('sh', [
    '-c',
    'cd "$1" && cat package.json >/dev/null && ls node_modules/@playwright/test .cache out >/dev/null',
    'sh',
    project,
  ]);
  return spawnSync(program, args, { stdio: 'ignore' }).status === 0;
}

/** A checkout in a private folder (/root) is copied: what running the tests needs, readable for everybody. */
function copyProject(folder) {
  const copy = join(folder, 'project');
  mkdirSync(copy);
  const leftOut = new Set(['.git', 'test-results', 'coverage']);
  for (const name of readdirSync(projectRoot)) {
    if (leftOut.has(name)) continue;
    // Hard links where the file system allows them: the copy then costs no space.
    const linked = spawnSync('cp', ['-al', join(projectRoot, name), copy], { stdio: 'ignore' });
    if (linked.status !== 0)
      cpSync(join(projectRoot, name), join(copy, name), { recursive: true, verbatimSymlinks: true });
  }
  spawnSync('chmod', ['-R', 'a+rX', copy]);
  return copy;
}

/** Ends every program that still runs with `folder` as its runtime folder: those that detached themselves too. */
function endProgramsOf(folder) {
  if (process.platform !== 'linux') return;
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name) || Number(name) === process.pid) continue;
    try {
      if (readFileSync(`/proc/${name}/environ`, 'latin1').includes(`${folder}/`))
        process.kill(Number(name), 'SIGKILL');
    } catch {
      // Gone meanwhile, or another user's.
    }
  }
}
