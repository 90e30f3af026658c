import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** Every file in electron/workers is the entry of a thread or process of its own: `{'workers/NAME': path}`. */
export function workerEntries(projectRoot: string): Record<string, string> {
  const folder = join(projectRoot, 'electron', 'workers');
  if (!existsSync(folder)) return {};
  const names = readdirSync(folder).filter((name) => name.endsWith('.ts'));
  return Object.fromEntries(names.map((name) => [`workers/${name.slice(0, -3)}`, join(folder, name)]));
}
