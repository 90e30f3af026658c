// Two scripts started at the same time (two terminals, a test beside the app) must not install over each other.
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { notice } from './notice.mjs';
import { cacheFolder } from './project.mjs';

const lock = join(cacheFolder, 'setup.lock');
const sleep = (ms) => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);

function ownerIsAlive() {
  try {
    process.kill(Number(readFileSync(join(lock, 'pid'), 'utf8')), 0);
    return true;
  } catch (error) {
    // Another user's process may not be signalled, but it is there. ENOENT: it is being made or removed right now.
    return error.code === 'EPERM' || error.code === 'ENOENT';
  }
}

function take() {
  mkdirSync(cacheFolder, { recursive: true });
  const own = `${lock}.${process.pid}`;
  mkdirSync(own, { recursive: true });
  writeFileSync(join(own, 'pid'), String(process.pid));
  try {
    // Succeeds only where there is no lock: a folder that is not empty is never replaced.
    renameSync(own, lock);
    return true;
  } catch {
    rmSync(own, { recursive: true, force: true });
    return false;
  }
}

/** Takes the lock away in one step: a half-removed lock would look free. */
function remove() {
  const removed = `${lock}.removed-${process.pid}`;
  try {
    renameSync(lock, removed);
  } catch {
    // Somebody else was faster.
  }
  rmSync(removed, { recursive: true, force: true });
}

/**
 * Waits until no other script of this checkout sets anything up.
 * @returns {() => void} ends the own turn
 */
export function takeSetupLock() {
  let told = false;
  while (!take()) {
    if (!ownerIsAlive()) {
      remove();
      continue;
    }
    if (!told) notice('waiting for another set-up of this checkout to end');
    told = true;
    sleep(200);
  }
  return remove;
}
