// Where things are in a checkout. Runs on the system's Node (>= 20) before anything is installed.
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const projectRoot = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
export const cacheFolder = join(projectRoot, '.cache');
export const commandBundle = join(projectRoot, 'dist', 'command', 'rekey.js');
