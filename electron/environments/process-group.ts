import { type ChildProcess, spawnSync } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';

const pollMilliseconds = 20;

/**
 * Ends a command with everything that it started: SIGTERM to its process group, SIGKILL to what is left after the
 * grace period. Resolves when the group is gone. On Windows: `taskkill /T`, which knows no gentle way for programs
 * without a window.
 */
export async function endProcessGroup(child: ChildProcess, graceMilliseconds: number): Promise<void> {
  const { pid } = child;
  if (pid === undefined) return;
  if (process.platform === 'win32') {
    spawnSync('taskkill', ['/PID', String(pid), '/T', '/F'], { stdio: 'ignore', windowsHide: true });
    return;
  }
  if (!signalGroup(pid, 'SIGTERM')) return;
  for (let waited = 0; waited < graceMilliseconds; waited += pollMilliseconds) {
    await delay(pollMilliseconds);
    if (!signalGroup(pid, 0)) return;
  }
  signalGroup(pid, 'SIGKILL');
}

/** False when the group has no process left. */
function signalGroup(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    process.kill(-pid, signal);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
