import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { FileEventLog } from '#electron/services/events/file-event-log.ts';
import { PassphraseVault } from '#electron/services/keychain/passphrase-vault.ts';
import { WrappingKey } from '#electron/services/keychain/wrapping-key.ts';
import { FileSealedStore } from '#electron/services/secrets/file-sealed-store.ts';
import { recordedEvent } from '#electron/services/signer/recorded-event.ts';
import { SignerService } from '#electron/services/signer/signer-service.ts';
import { ExclusiveSection } from '#electron/storage/exclusive-section.ts';
import { Secret } from '#shared/model/secret.ts';
import { logOptions, openLog } from '../integration/events/log-fixture.ts';

export interface SignerWorld {
  log: FileEventLog;
  sealed: FileSealedStore;
  vault: PassphraseVault;
  signer: SignerService;
}

const passphrase = new Secret('four words for a test');

/** The signer as the application composes it, over a data folder with an open passphrase vault. */
export async function openSignerWorld(data: string): Promise<SignerWorld> {
  const { clock, identity } = logOptions(data);
  const log = openLog(join(data, 'log'));
  const vault = new PassphraseVault(join(data, 'vault.json'));
  if (vault.exists()) await vault.unlock(passphrase);
  else await vault.create(passphrase);
  const section = new ExclusiveSection(
    { path: join(data, 'wrapping-key.lock'), identity, clock },
    'The wrapping key',
  );
  const wrappingKey = new WrappingKey({
    credentials: async () => vault,
    hasSealedFiles: () => sealed.list().length > 0,
    exclusively: (action) => section.run(action),
  });
  const sealed: FileSealedStore = new FileSealedStore(join(data, 'sealed'), wrappingKey);
  const signer = new SignerService({
    path: join(data, 'signer.json'),
    clock,
    identity,
    sealed,
    append: (draft) => log.append(draft),
    recorded: (action, id) => recordedEvent(log, 'access', action, id),
    section: new ExclusiveSection({ path: join(data, 'signer.json.section'), identity, clock }, 'The signer'),
    newId: randomUUID,
  });
  return { log, sealed, vault, signer };
}

/** What the process of these tests asks for, and what its user asks for again after a crash. */
export const rollover = {
  reason: 'two years are over',
  compromised: false,
  trustedUntil: null,
  runId: 'the-run',
} as const;
