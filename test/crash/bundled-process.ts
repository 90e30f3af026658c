import { mkdirSync, mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { rolldown } from 'rolldown';

const root = join(import.meta.dirname, '..', '..');

/** A folder for bundles inside the checkout, so that they find the keychain module. The caller removes it. */
export function bundleFolder(): string {
  const cache = join(root, 'node_modules', '.cache', 'rekey-crash');
  mkdirSync(cache, { recursive: true });
  return mkdtempSync(join(cache, 'bundle-'));
}

/** Bundles a program of this folder: one that need not read hundreds of modules starts in a third of the time. */
export async function bundledProcess(name: string, folder: string): Promise<string> {
  const file = join(folder, `${name}.mjs`);
  const bundle = await rolldown({
    input: join(import.meta.dirname, `${name}.ts`),
    platform: 'node',
    external: [/^@napi-rs\/keyring/, 'age-encryption'],
  });
  await bundle.write({ file, format: 'esm', codeSplitting: false });
  return file;
}
