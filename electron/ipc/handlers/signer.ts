import { join } from 'node:path';
import type { Services } from '#electron/services/compose.ts';
import { readSmallText } from '#electron/storage/small-text-file.ts';
import type { Dialogs } from '#electron/window/dialogs.ts';
import type { SigningState } from '#shared/ipc/contract.ts';
import type { Handlers } from '../answer.ts';

type Channels =
  | 'signer.show'
  | 'signer.create'
  | 'signer.export'
  | 'signer.request-certificate'
  | 'signer.import-certificate'
  | 'signer.trust'
  | 'signer.distrust';

/** The keys with which this installation signs, and the signers of others that are known here. */
export function signerHandlers(services: Services, dialogs: Dialogs): Pick<Handlers, Channels> {
  const { signer, trustedSigners, clock } = services;
  const state = (): SigningState => ({ signer: signer.view(), trusted: [...trustedSigners.list()] });
  return {
    'signer.show': state,
    'signer.create': async () => {
      await signer.ensure();
      return state();
    },
    'signer.export': async () => {
      const parent = await dialogs.pickFolder('Choose where to put the public keys');
      if (parent === null) return null;
      const { folder } = await services.exportSigner(
        join(parent, `rekey-signer-${clock.now().toISOString().slice(0, 10)}`),
      );
      return { folder };
    },
    'signer.request-certificate': async () => {
      const path = await dialogs.pickNewFile('Save the request for a certificate', 'rekey-request.pem');
      if (path === null) return null;
      await services.certificateRequest(path);
      return { path };
    },
    'signer.import-certificate': async () => {
      const path = await dialogs.pickFile('Choose the certificate with its chain (PEM)');
      if (path === null) return null;
      const { warnings } = await signer.importChain(readSmallText(path));
      return { state: state(), warnings };
    },
    'signer.trust': ({ signer: given, name }) => {
      trustedSigners.trust(
        /[/\\]/.test(given) && !given.startsWith('SHA256:') ? readSmallText(given) : given,
        name,
      );
      return state();
    },
    'signer.distrust': ({ fingerprint }) => {
      trustedSigners.remove(fingerprint);
      return state();
    },
  };
}
