import { utilityProcess } from 'electron';
import type { ServiceLauncher } from '../services/practice/service-launcher.ts';

/**
 * Runs the practice service as a utility process: the packaged app has no Node to run a program with (its fuse is
 * off). Electron ends it with the app, also when the app is killed.
 */
export const utilityServiceLauncher: ServiceLauncher = {
  lifetime: 'with-launcher',
  launch(entry, args) {
    const child = utilityProcess.fork(entry, [...args], {
      stdio: 'ignore',
      serviceName: 'Rekey practice service',
      env: {},
    });
    return {
      ended: new Promise((resolve) => child.once('exit', (code) => resolve(code))),
      kill: () => void child.kill(),
    };
  },
};
