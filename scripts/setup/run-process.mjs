// Starting other programs: quietly during set-up, or in this program's place.
import { spawn, spawnSync } from 'node:child_process';
import { constants } from 'node:os';
import { stripVTControlCharacters } from 'node:util';
import { SetupError, withoutAddresses } from './notice.mjs';

/**
 * Runs a set-up command without output. When it fails, throws with what it printed.
 * @param {string} what - said to the person when it fails, e.g. "installing the packages"
 */
export function runQuietly(what, command, args, options = {}) {
  const env = { ...(options.env ?? process.env), NO_COLOR: '1' };
  delete env.FORCE_COLOR;
  const result = spawnSync(command, args, { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024, ...options, env });
  if (result.error) throw new SetupError(`${what} failed: ${result.error.message}`);
  if (result.status !== 0) {
    const output = stripVTControlCharacters(`${result.stdout}${result.stderr}`.trim());
    const lines = withoutAddresses(output).split('\n');
    const shown = lines.length <= 30 ? lines : [...lines.slice(0, 20), '…', ...lines.slice(-9)];
    throw new SetupError(`${what} failed:\n${shown.join('\n')}`);
  }
  return result.stdout;
}

/**
 * Runs a program in the place of this one: same terminal, signals passed on.
 * @returns {Promise<number>} its exit code; 128 + n when signal n ended it
 */
export function runInPlace(command, args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: 'inherit', ...options });
    // A terminal sends Ctrl-C to the whole process group, so the child has it already; a supervisor does not.
    const passOn = (signal) => child.kill(signal);
    const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
    for (const signal of signals) process.on(signal, passOn);
    child.on('error', reject);
    child.on('close', (code, signal) => {
      for (const each of signals) process.off(each, passOn);
      resolve(code ?? 128 + constants.signals[signal]);
    });
  });
}
