import { type FormEvent, useState } from 'react';
import { call } from '#renderer/state/call.ts';
import { useCall } from '#renderer/state/use-call.ts';
import { Button } from '#renderer/ui/button/button.tsx';
import { ConfirmDialog } from '#renderer/ui/dialog/confirm-dialog.tsx';
import { Dialog } from '#renderer/ui/dialog/dialog.tsx';
import { ErrorNotice } from '#renderer/ui/error-notice/error-notice.tsx';
import { TextField } from '#renderer/ui/field/field.tsx';
import { Section } from '#renderer/ui/page/page.tsx';
import type { SigningState } from '#shared/ipc/contract.ts';
import type { TrustedSigner } from '#shared/model/trusted-signer.ts';
import styles from './signing-keys.module.css';

/** Signers of other installations whose reports are called "known signer" here. */
export function TrustedSigners({
  trusted,
  onChanged,
}: {
  trusted: readonly TrustedSigner[];
  onChanged: (state: SigningState) => void;
}) {
  const [adding, setAdding] = useState(false);
  const [removing, setRemoving] = useState<TrustedSigner | null>(null);
  return (
    <Section
      title="Known signers"
      hint="Enrolled by somebody here who got the fingerprint from the signer. This installation’s own keys are known anyway."
      actions={
        <Button size="small" onClick={() => setAdding(true)}>
          Enrol a signer…
        </Button>
      }
    >
      {trusted.length === 0 ? (
        <p className={styles.soft}>No other signer is enrolled.</p>
      ) : (
        <ul className={styles.trusted}>
          {trusted.map((signer) => (
            <li key={signer.fingerprint}>
              <div>
                <p>
                  {signer.name}
                  <span className={styles.soft}>
                    {' '}
                    · {signer.kind === 'ca' ? 'CA' : 'report key'}, enrolled {signer.addedAt.slice(0, 10)} by{' '}
                    {signer.addedBy}
                  </span>
                </p>
                <code className={styles.spoken}>{signer.fingerprint}</code>
              </div>
              <Button size="small" aria-label={`Remove ${signer.name}`} onClick={() => setRemoving(signer)}>
                Remove…
              </Button>
            </li>
          ))}
        </ul>
      )}
      {adding && <EnrolSigner onClose={() => setAdding(false)} onChanged={onChanged} />}
      <ConfirmDialog
        open={removing !== null}
        onClose={() => setRemoving(null)}
        title={`Remove ${removing?.name ?? ''}?`}
        confirmLabel="Remove it"
        onConfirm={async () => {
          const reply = await call('signer.distrust', { fingerprint: removing?.fingerprint ?? '' });
          if (!reply.ok) return reply.error;
          onChanged(reply.value);
          return null;
        }}
      >
        <p>Its reports are “signer unknown” from then on.</p>
      </ConfirmDialog>
    </Section>
  );
}

function EnrolSigner({
  onClose,
  onChanged,
}: {
  onClose: () => void;
  onChanged: (state: SigningState) => void;
}) {
  const { run, pending, error } = useCall('signer.trust');
  const [signer, setSigner] = useState('');
  const [name, setName] = useState('');
  const [tried, setTried] = useState(false);
  async function pickCa() {
    const reply = await call('verification.pick', { what: 'ca' });
    if (reply.ok && reply.value !== null) setSigner(reply.value.path);
  }
  async function submit(event: FormEvent) {
    event.preventDefault();
    setTried(true);
    if (signer.trim() === '' || name.trim() === '') return;
    const reply = await run({ signer: signer.trim(), name: name.trim() });
    if (!reply?.ok) return;
    onChanged(reply.value);
    onClose();
  }
  return (
    <Dialog
      open
      onClose={onClose}
      busy={pending}
      title="Enrol a signer"
      description="Only with a fingerprint that you got from the signer over another way than a report."
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" form="enrol" variant="primary" busy={pending}>
            Enrol
          </Button>
        </>
      }
    >
      <form id="enrol" noValidate className={styles.stack} onSubmit={submit}>
        <TextField
          label="Fingerprint"
          mono
          value={signer}
          placeholder="SHA256:…"
          hint="SHA256:… of a report key, the SHA-256 fingerprint of a CA, or the path of its PEM file."
          error={tried && signer.trim() === '' ? 'Give the fingerprint.' : undefined}
          onChange={(event) => setSigner(event.target.value)}
        />
        <div>
          <Button size="small" onClick={() => void pickCa()}>
            Choose a CA’s PEM file…
          </Button>
        </div>
        <TextField
          label="Name"
          value={name}
          hint="Whose reports it signs."
          error={tried && name.trim() === '' ? 'Give a name.' : undefined}
          onChange={(event) => setName(event.target.value)}
        />
      </form>
      {error && <ErrorNotice error={error} />}
    </Dialog>
  );
}
