import { KeyRound } from 'lucide-react';
import { useState } from 'react';
import { hashOf } from '#renderer/state/route.ts';
import { useCall, useLoaded } from '#renderer/state/use-call.ts';
import { Button } from '#renderer/ui/button/button.tsx';
import { Dialog } from '#renderer/ui/dialog/dialog.tsx';
import { EmptyState } from '#renderer/ui/empty-state/empty-state.tsx';
import { ErrorNotice } from '#renderer/ui/error-notice/error-notice.tsx';
import { Loading } from '#renderer/ui/loading/loading.tsx';
import { Section } from '#renderer/ui/page/page.tsx';
import { notify } from '#renderer/ui/toast/notify.ts';
import type { SigningState } from '#shared/ipc/contract.ts';
import { firstUseExplanation } from '#shared/model/signer.ts';

import { OwnKeys } from './own-keys.tsx';
import styles from './signing-keys.module.css';
import { TrustedSigners } from './trusted-signers.tsx';

/** The keys with which this installation signs, and the signers of others that are known here. */
export default function SigningKeys() {
  const { value: state, setValue, error, reload } = useLoaded('signer.show');
  if (error) return <ErrorNotice error={error} actions={<Button onClick={reload}>Try again</Button>} />;
  if (state === null) return <Loading label="Reading the signing keys" lines={4} />;
  const view = state.signer;
  return (
    <div className={styles.stack}>
      {view.keys === null ? (
        <FirstKeys onCreated={setValue} />
      ) : (
        <OwnKeys view={view} keys={view.keys} onChanged={setValue} />
      )}
      {view.former.length > 0 && (
        <Section title="Replaced keys" hint="Reports that they signed stay verifiable.">
          <ul className={styles.former}>
            {view.former.map(({ report_key, replaced_at, reason, compromised }) => (
              <li key={report_key}>
                <code>{report_key}</code>
                <span className={styles.soft}>
                  {' '}
                  until {replaced_at.slice(0, 10)}
                  {compromised ? ', compromised' : ''}: {reason}
                </span>
              </li>
            ))}
          </ul>
        </Section>
      )}
      <TrustedSigners trusted={state.trusted} onChanged={setValue} />
      <Section title="More">
        <p>
          Replace the keys with the runbook “Replace the signing keys”, in{' '}
          <a href={hashOf({ screen: 'runs' })}>Runbooks & runs</a>. Checkpoints, cosigning and logs of other
          installations: <code>rekey events --help</code>.
        </p>
      </Section>
    </div>
  );
}

/** Before first use: what is made, and what a person has to do with it. */
function FirstKeys({ onCreated }: { onCreated: (state: SigningState) => void }) {
  const create = useCall('signer.create');
  const [asking, setAsking] = useState(false);
  async function make() {
    const reply = await create.run();
    if (!reply?.ok) return;
    setAsking(false);
    onCreated(reply.value);
    notify({ title: 'The signing keys were made', description: 'Give their fingerprint to your auditors.' });
  }
  return (
    <Section title="Keys of this installation">
      <EmptyState
        icon={KeyRound}
        title="There are no signing keys yet"
        actions={<Button onClick={() => setAsking(true)}>Make them now…</Button>}
      >
        The first report makes them. Make them now to give your auditors the fingerprint ahead.
      </EmptyState>
      <Dialog
        open={asking}
        onClose={() => setAsking(false)}
        busy={create.pending}
        title="Make the signing keys"
        footer={
          <>
            <Button onClick={() => setAsking(false)}>Cancel</Button>
            <Button variant="primary" busy={create.pending} onClick={() => void make()}>
              Make them
            </Button>
          </>
        }
      >
        <div className={styles.explanation}>
          {firstUseExplanation.map((sentence) => (
            <p key={sentence}>{sentence}</p>
          ))}
        </div>
        {create.error && <ErrorNotice error={create.error} />}
      </Dialog>
    </Section>
  );
}
