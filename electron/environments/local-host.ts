import { runCommand } from './command-runner.ts';
import type { Host } from './host.ts';
import { localFiles } from './local-files.ts';

/** This machine. */
export const localHost: Host = {
  name: null,
  files: localFiles,
  run: runCommand,
  connect: null,
  keep: () => () => {},
  close: async () => {},
};
