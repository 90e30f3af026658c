import { spawn } from 'node:child_process';

/**
 * - `with-launcher`: ends when the process that launched it ends, however that happens.
 * - `detached`: outlives a command that returns to the shell; ends when asked to, or forgotten for hours.
 */
export type ServiceLifetime = 'with-launcher' | 'detached';

/** Starts the service's program in a process of its own: plain Node here, Electron's utility process in the window. */
export interface ServiceLauncher {
  readonly lifetime: ServiceLifetime;
  /** `entry`: the program's file; `args`: its arguments. Nothing secret. */
  launch(entry: string, args: readonly string[]): LaunchedService;
}

export interface LaunchedService {
  /** Resolves when the process has ended, or could not be started; to its exit code where it has one. */
  readonly ended: Promise<number | null>;
  kill(): void;
}

/** Launches with the Node that runs this program: for the command and for tests. */
export function nodeServiceLauncher(lifetime: ServiceLifetime): ServiceLauncher {
  return {
    lifetime,
    launch(entry, args) {
      const child = spawn(process.execPath, [entry, ...args], {
        detached: lifetime === 'detached',
        stdio: [lifetime === 'detached' ? 'ignore' : 'pipe', 'ignore', 'ignore'],
        // The service needs nothing of this process's environment, and inherits nothing by accident.
        env: process.platform === 'win32' ? { SystemRoot: process.env.SystemRoot } : {},
        windowsHide: true,
      });
      const ended = new Promise<number | null>((resolve) => {
        child.once('exit', (code) => resolve(code));
        child.once('error', () => resolve(null));
      });
      child.stdin?.on('error', () => undefined);
      // Neither the child nor the pipe that ties it to this process keeps this process from ending.
      child.unref();
      (child.stdin as unknown as { unref?: () => void } | null)?.unref?.();
      return { ended, kill: () => void child.kill('SIGKILL') };
    },
  };
}
