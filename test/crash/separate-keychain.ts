import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import type { CredentialStore } from '#electron/services/keychain/credential-store.ts';
import { Secret } from '#shared/model/secret.ts';
import { foldersIn } from './consumer-environment.ts';
import type { CrashTools } from './template.ts';

/** The OS keychain, each call in a process of its own (keychain-process.ts). */
export function keychainOf(tools: CrashTools, root: string): CredentialStore {
  const index = join(foldersIn(root).data, 'keychain-index.json');
  const call = (operation: string, name: string, input?: Secret): string => {
    const done = spawnSync(process.execPath, [tools.keychainBundle, index, operation, name], {
      encoding: 'utf8',
      input: input ? JSON.stringify(input.reveal()) : '',
    });
    if (done.status !== 0) throw new Error(`The keychain failed: ${done.stderr.slice(0, 300)}`);
    return done.stdout;
  };
  return {
    backend: 'os',
    probe: () => Promise.reject(new Error('not needed here')),
    get: async (name) => {
      const value = JSON.parse(call('get', name)) as string | null;
      return value === null ? null : new Secret(value);
    },
    put: async (name, value) => {
      call('put', name, value);
    },
    remove: async (name) => {
      call('remove', name);
    },
  };
}

/** A credential store that asks for each entry once, whether there is one or not: each question is a process. */
export function remembering(store: CredentialStore): CredentialStore {
  const known = new Map<string, Secret | null>();
  return {
    backend: store.backend,
    probe: () => store.probe(),
    get: async (name) => {
      const remembered = known.get(name);
      if (remembered !== undefined) return remembered;
      const value = await store.get(name);
      known.set(name, value);
      return value;
    },
    put: async (name, value) => {
      await store.put(name, value);
      known.set(name, value);
    },
    remove: async (name) => {
      await store.remove(name);
      known.set(name, null);
    },
  };
}
