// What Electron, a display without a screen, and a real keyring need from Debian or Ubuntu.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { notice, SetupError } from './notice.mjs';
import { runQuietly } from './run-process.mjs';

/** Each need is a list of names: newer Ubuntu and Debian renamed libraries in the 64-bit-time transition. */
export const electronNeeds = [
  ['libgtk-3-0t64', 'libgtk-3-0'],
  ['libnss3'],
  ['libasound2t64', 'libasound2'],
  ['libgbm1'],
];
export const unpackingNeeds = [['unzip']];
export const testNeeds = [
  ['age'],
  ['dbus'],
  ['dbus-x11'],
  ['gnome-keyring'],
  ['keyutils'],
  ['libnss3-tools'],
  ['libsecret-1-0'],
  ['openssh-client'],
  ['openssh-server'],
  ['openssl'],
  ['poppler-utils'],
  ['prometheus'],
  ['python3'],
  ['sudo'],
  ['systemd'],
  ['xauth'],
  ['xvfb'],
];

const isDebian = () =>
  process.platform === 'linux' && existsSync('/usr/bin/dpkg-query') && existsSync('/usr/bin/apt-get');

function isPackageInstalled(name) {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: dpkg's own syntax
  const query = spawnSync('dpkg-query', ['-W', '-f=${db:Status-Status}', name], { encoding: 'utf8' });
  return query.status === 0 && query.stdout === 'installed';
}

function isPackageKnown(name) {
  const policy = spawnSync('apt-cache', ['policy', name], {
    encoding: 'utf8',
    env: { ...process.env, LC_ALL: 'C' },
  });
  return /^ {2}Candidate: (?!\(none\))/m.test(policy.stdout);
}

const missingOf = (needs) => needs.filter((names) => !names.some(isPackageInstalled));
const chooseNames = (needs) => needs.map((names) => names.find(isPackageKnown) ?? names.at(-1));

/**
 * Installs what is missing when this is root on Debian or Ubuntu. Elsewhere it does nothing: other systems
 * bring these libraries with their desktop, and Electron names the one it does not find.
 * @throws SetupError with the one command to run, where only an administrator can install them
 */
export function ensureDebianPackages(needs) {
  if (!isDebian()) return;
  let missing = missingOf(needs);
  if (missing.length === 0) return;
  if (process.getuid() !== 0) {
    throw new SetupError(
      `this system lacks packages that Rekey needs. Run this once, then the same command again:\n  sudo apt-get update && sudo apt-get install -y --no-install-recommends ${chooseNames(missing).join(' ')}`,
    );
  }
  const environment = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C' };
  notice(`installing system packages: ${chooseNames(missing).join(' ')}`);
  // An outdated list is no reason to stop: the installation says what it could not find.
  spawnSync('apt-get', ['update', '-qq'], { env: environment, stdio: 'ignore' });
  missing = missingOf(needs);
  runQuietly(
    'installing system packages',
    'apt-get',
    ['install', '-y', '-qq', '--no-install-recommends', ...chooseNames(missing)],
    { env: environment },
  );
}
