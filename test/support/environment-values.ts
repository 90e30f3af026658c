import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CanaryScan } from './canary-scan.ts';
import { isEnvironmentFile } from './outbound.ts';

/**
 * Plants every value of every environment file below a folder, so that those that a rotation makes are searched for
 * too; call it after each step, since a later one replaces them. Values that are no secret (`PORT=8080`) are short;
 * of an address only the password is one, which the test plants itself.
 */
export function plantEnvironmentValues(scan: CanaryScan, root: string): void {
  for (const entry of readdirSync(root, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !isEnvironmentFile(entry.name)) continue;
    const text = readFileSync(join(entry.parentPath, entry.name), 'utf8');
    for (const [, name, value] of text.matchAll(/^(?:export )?([A-Z_]+)=["']?([^"'\n]{16,})/gm)) {
      if (name && value && !value.includes('://')) scan.plant({ name: `${entry.name}: ${name}`, value });
    }
  }
}
