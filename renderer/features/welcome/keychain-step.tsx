import { useEffect, useState } from 'react';
import { useWelcome } from '#renderer/features/shell/welcome-state.ts';
import { loadApp } from '#renderer/state/sync.ts';
import { useCall } from '#renderer/state/use-call.ts';
import { Banner } from '#renderer/ui/banner/banner.tsx';
import { Button } from '#renderer/ui/button/button.tsx';
import { ErrorNotice } from '#renderer/ui/error-notice/error-notice.tsx';
import { Loading } from '#renderer/ui/loading/loading.tsx';
import type { AppState } from '#shared/ipc/contract.ts';
import type { KeychainProbe } from '#shared/model/keychain.ts';
import { CreateVault } from './create-vault.tsx';
import { KeychainFinding } from './keychain-finding.tsx';
import styles from './welcome-form.module.css';

/** A keychain that answers by itself does so long before, in milliseconds. */
const slowAfter = 3_000;

/** Tries the keychain for real; where it does not last, offers the vault. Nothing is ever kept in plain text. */
export function KeychainStep({ app, onUsable }: { app: AppState; onUsable: () => void }) {
  const { run: probeAgain, pending, error } = useCall('keychain.probe');
  const { run: choose, pending: choosing, error: chooseError } = useCall('keychain.choose');
  const [probe, setProbe] = useState<KeychainProbe | null>(app.keychain);
  const [vault, setVault] = useState(false);

  async function check() {
    const reply = await probeAgain();
    if (reply?.ok) setProbe(reply.value);
  }
  // biome-ignore lint/correctness/useExhaustiveDependencies: once, when the step opens
  useEffect(() => {
    if (probe === null) void check();
  }, []);

  // A locked keychain makes the system ask for its password, and waits for the answer.
  const [slow, setSlow] = useState(false);
  useEffect(() => {
    setSlow(false);
    if (!pending) return;
    const timer = setTimeout(() => setSlow(true), slowAfter);
    return () => clearTimeout(timer);
  }, [pending]);

  const usable = probe?.state === 'durable';
  async function goOn() {
    if (probe === null) return;
    const reply = await choose({ backend: probe.backend });
    if (!reply?.ok) return;
    onUsable();
    await loadApp();
  }

  return (
    <div className={styles.stack}>
      {pending && <Loading label="Trying the keychain" lines={2} />}
      {slow && (
        <Banner tone="info" title="It does not answer yet." role="status">
          <p>
            If the system asks for a password, it wants to unlock the keychain: look behind this window too.
            Otherwise wait up to a minute, or use a passphrase vault.
          </p>
        </Banner>
      )}
      {error && <ErrorNotice error={error} />}
      {probe && !pending && <KeychainFinding probe={probe} />}
      {chooseError && <ErrorNotice error={chooseError} />}
      {(!pending || slow) && (
        <div className={styles.buttons}>
          {usable && !pending && (
            <Button variant="primary" busy={choosing} onClick={goOn}>
              Use this keychain
            </Button>
          )}
          {!pending && <Button onClick={check}>Try again</Button>}
          {!vault && <Button onClick={() => setVault(true)}>Use a passphrase vault instead</Button>}
        </div>
      )}
      {vault && (
        <section className={styles.alternative} aria-label="Passphrase vault">
          <h2>Passphrase vault</h2>
          <p className={styles.soft}>
            An encrypted file in the data folder, opened with your passphrase each time Rekey starts. Where a
            keychain works, it is the more convenient of the two.
          </p>
          <CreateVault
            onCreated={() => {
              onUsable();
              void loadApp();
            }}
          />
        </section>
      )}
      {!usable && app.settings.operator !== null && !vault && !pending && (
        <Banner tone="info">
          <p>You may look around without one. Nothing can be rotated until there is a keychain or a vault.</p>
          <Button size="small" onClick={() => useWelcome.setState({ skipped: true, next: null })}>
            Look around first
          </Button>
        </Banner>
      )}
    </div>
  );
}
