import { readFileSync } from 'node:fs';
import { KeychainIndex } from '#electron/services/keychain/keychain-index.ts';
import { OsKeychain } from '#electron/services/keychain/os-keychain.ts';
import { Secret } from '#shared/model/secret.ts';

/**
 * One call of the OS keychain in a process of its own: keychain-process INDEX-FILE get|put|remove NAME, the value as
 * JSON on stdin and stdout. The keychain's module keeps its connection to the first bus that it has spoken to, and a
 * test that starts keyrings anew speaks to many.
 */
const [indexFile = '', operation, name = ''] = process.argv.slice(2);
const keychain = new OsKeychain(new KeychainIndex(indexFile));
if (operation === 'put') await keychain.put(name, new Secret(JSON.parse(readFileSync(0, 'utf8')) as string));
else if (operation === 'remove') await keychain.remove(name);
else process.stdout.write(JSON.stringify((await keychain.get(name))?.reveal() ?? null));
