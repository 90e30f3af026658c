// Run by Node in a process of its own, because a keychain library keeps its connection: does what its one argument
// says, in order, with the OS keychain of its environment, and prints what came of each as JSON.

import { KeychainIndex } from '#electron/services/keychain/keychain-index.ts';
import { OsKeychain } from '#electron/services/keychain/os-keychain.ts';
import { WrappingKey } from '#electron/services/keychain/wrapping-key.ts';
import { FileSealedStore } from '#electron/services/secrets/file-sealed-store.ts';
import { dataFolder } from '#electron/storage/data-folder.ts';
import { RekeyError } from '#shared/model/errors.ts';
import { Secret } from '#shared/model/secret.ts';
import type { KeychainJob } from './run-keychain-program.ts';

const job = JSON.parse(process.argv[2] ?? '') as KeychainJob;
const folder = dataFolder(job.folder);
const keychain = new OsKeychain(new KeychainIndex(folder.keychainIndex));
const wrappingKey: WrappingKey = new WrappingKey({
  credentials: async () => keychain,
  hasSealedFiles: () => sealed.list().length > 0,
  exclusively: (action) => action(),
});
const sealed = new FileSealedStore(folder.sealed, wrappingKey);

const results: unknown[] = [];
for (const step of job.steps) {
  try {
    switch (step.do) {
      case 'probe':
        results.push(await keychain.probe());
        break;
      case 'put':
        await keychain.put(step.name, new Secret(step.value));
        results.push('stored');
        break;
      case 'get':
        results.push((await keychain.get(step.name))?.reveal() ?? null);
        break;
      case 'remove':
        await keychain.remove(step.name);
        results.push('removed');
        break;
      case 'seal':
        await sealed.seal(step.name, new Secret(step.value));
        results.push('sealed');
        break;
      case 'open':
        results.push((await sealed.open(step.name)).reveal());
        break;
      case 'rotate':
        results.push(await wrappingKey.rotate((key) => sealed.resealAll(key)));
        break;
    }
  } catch (error) {
    if (!(error instanceof RekeyError)) throw error;
    results.push({ error: error.code, message: error.message, remedy: error.remedy });
  }
}
process.stdout.write(JSON.stringify(results));
