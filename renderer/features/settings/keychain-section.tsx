import { useState } from 'react';
import { isVaultLocked } from '#renderer/features/shell/welcome-state.ts';
import { CreateVault } from '#renderer/features/welcome/create-vault.tsx';
import { KeychainFinding } from '#renderer/features/welcome/keychain-finding.tsx';
import { UnlockVault } from '#renderer/features/welcome/unlock-vault.tsx';
import { call } from '#renderer/state/call.ts';
import { loadApp } from '#renderer/state/sync.ts';
import { useCall } from '#renderer/state/use-call.ts';
import { Button } from '#renderer/ui/button/button.tsx';
import { ConfirmDialog } from '#renderer/ui/dialog/confirm-dialog.tsx';
import { Dialog } from '#renderer/ui/dialog/dialog.tsx';
import { ErrorNotice } from '#renderer/ui/error-notice/error-notice.tsx';
import { Section } from '#renderer/ui/page/page.tsx';
import { notify } from '#renderer/ui/toast/notify.ts';
import type { AppState } from '#shared/ipc/contract.ts';
import type { KeychainBackend } from '#shared/model/keychain.ts';
import { ChangePassphrase } from './change-passphrase.tsx';
import { InterruptedMove } from './interrupted-move.tsx';
import styles from './settings.module.css';

type Open = 'vault' | 'passphrase' | 'rotate' | null;

/** The keychain or the vault, and the wrapping key in it. */
export function KeychainSection({ app }: { app: AppState }) {
  const probe = useCall('keychain.probe');
  const choose = useCall('keychain.choose');
  const [open, setOpen] = useState<Open>(null);
  const { keychain, settings } = app;
  const usesVault = settings.keychain === 'vault';
  async function check() {
    const reply = await probe.run();
    if (reply?.ok) await loadApp();
  }
  async function use(backend: KeychainBackend) {
    const reply = await choose.run({ backend });
    await loadApp();
    if (!reply?.ok) return;
    notify({
      title: backend === 'os' ? 'The system’s keychain is in use' : 'The vault is in use',
      description: 'The wrapping key and the credentials are there now.',
    });
  }
  return (
    <Section
      title="Keychain"
      hint="Holds credentials and the key under which all other values are sealed on disk."
    >
      <div className={styles.stack}>
        {keychain ? (
          <KeychainFinding probe={keychain} />
        ) : (
          <p className={styles.soft}>It has not been tried yet.</p>
        )}
        {isVaultLocked(app) && <UnlockVault />}
        {settings.keychainMove && (
          <InterruptedMove
            move={settings.keychainMove}
            inUse={settings.keychain}
            busy={choose.pending}
            onChoose={use}
          />
        )}
        {probe.error && <ErrorNotice error={probe.error} />}
        {choose.error && <ErrorNotice error={choose.error} />}
        <div className={styles.buttons}>
          <Button busy={probe.pending} onClick={() => void check()}>
            Try it again
          </Button>
          {usesVault ? (
            <>
              <Button onClick={() => setOpen('passphrase')}>Change the passphrase…</Button>
              <Button busy={choose.pending} onClick={() => void use('os')}>
                Use the system’s keychain
              </Button>
            </>
          ) : (
            <Button onClick={() => setOpen('vault')}>Use a passphrase vault instead…</Button>
          )}
          <Button onClick={() => setOpen('rotate')}>Replace the wrapping key…</Button>
        </div>
      </div>
      <Dialog
        open={open === 'vault'}
        onClose={() => setOpen(null)}
        title="Use a passphrase vault"
        description="An encrypted file in the data folder, opened with your passphrase each time Rekey starts. The wrapping key and the credentials move into it, and out of the system’s keychain."
      >
        <CreateVault
          onCreated={() => {
            setOpen(null);
            notify({ title: 'The vault is in use' });
            void loadApp();
          }}
        />
      </Dialog>
      <ChangePassphrase open={open === 'passphrase'} onClose={() => setOpen(null)} />
      <ConfirmDialog
        open={open === 'rotate'}
        onClose={() => setOpen(null)}
        title="Replace the wrapping key?"
        confirmLabel="Replace it"
        onConfirm={async () => {
          const reply = await call('keychain.rotate-wrapping-key');
          if (!reply.ok) return reply.error;
          const { resealed } = reply.value;
          notify({
            title: 'The wrapping key was replaced',
            description: `${resealed} sealed ${resealed === 1 ? 'value was' : 'values were'} sealed anew.`,
          });
          return null;
        }}
      >
        <p>
          A new key goes into the keychain, every sealed value is sealed under it, then the old key is
          destroyed. No environment is touched. If it is interrupted, it goes on at the next start.
        </p>
      </ConfirmDialog>
    </Section>
  );
}
