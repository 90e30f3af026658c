import type { ProcessIdentity } from '#electron/storage/process-identity.ts';
import { VersionedFile } from '#electron/storage/versioned-file.ts';
import type { Clock } from '#shared/model/clock.ts';
import { emptySignerFile, SignerFile } from '#shared/model/signer.ts';

/** `signer.json`: what is public of the signing keys, present and former. */
export function openSignerFile(options: {
  path: string;
  clock: Clock;
  identity: ProcessIdentity;
}): VersionedFile<SignerFile> {
  return new VersionedFile({
    ...options,
    what: 'The facts about the signing keys',
    schema: SignerFile,
    version: 1,
    initial: emptySignerFile,
  });
}
