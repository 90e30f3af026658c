import { CircleAlert, CircleCheck } from 'lucide-react';
import { useCall } from '#renderer/state/use-call.ts';
import { Badge } from '#renderer/ui/badge/badge.tsx';
import { Button } from '#renderer/ui/button/button.tsx';
import { CopyButton } from '#renderer/ui/code-block/code-block.tsx';
import { ErrorNotice } from '#renderer/ui/error-notice/error-notice.tsx';
import { Section } from '#renderer/ui/page/page.tsx';
import { LocalDate } from '#renderer/ui/time/time.tsx';
import { notify } from '#renderer/ui/toast/notify.ts';
import type { SigningState } from '#shared/ipc/contract.ts';
import type { SignerView } from '#shared/model/signer.ts';
import styles from './signing-keys.module.css';

/** Fingerprints to compare, how long the keys sign, and the certificate's ways out and in. */
export function OwnKeys({
  view,
  keys,
  onChanged,
}: {
  view: SignerView;
  keys: NonNullable<SignerView['keys']>;
  onChanged: (state: SigningState) => void;
}) {
  const exporting = useCall('signer.export');
  const requesting = useCall('signer.request-certificate');
  const importing = useCall('signer.import-certificate');
  const { state, message, due_at } = view;
  async function importCertificate() {
    const reply = await importing.run();
    if (!reply?.ok || reply.value === null) return;
    onChanged(reply.value.state);
    notify({
      title: 'The certificate is in use',
      ...(reply.value.warnings.length > 0 ? { description: reply.value.warnings.join(' ') } : {}),
    });
  }
  return (
    <Section
      title="Keys of this installation"
      hint="Give the report key’s fingerprint to whoever verifies your reports, over another way than the reports."
    >
      <div className={styles.stack}>
        <div className={styles.status}>
          <Badge
            tone={state === 'ok' ? 'success' : state === 'overdue' ? 'danger' : 'warning'}
            icon={state === 'ok' ? CircleCheck : CircleAlert}
          >
            {state === 'ok' ? 'In use' : state === 'overdue' ? 'Overdue' : 'Due soon'}
          </Badge>
          <span>
            Since <LocalDate at={keys.created_at} />, to sign until{' '}
            <LocalDate at={due_at ?? keys.created_at} />
          </span>
        </div>
        {message && <p>{message}</p>}
        <dl className={styles.keys}>
          <Fingerprint name="Report key" of={keys.report} />
          <Fingerprint name="Log key" of={keys.log} />
          <Fingerprint name="Certificate" of={keys.certificate} note={keys.certificate.subject} />
          <Fingerprint
            name={keys.ca.kind === 'organisation' ? 'Your organisation’s CA' : 'CA of this installation'}
            of={keys.ca}
            note={keys.ca.subject}
          />
        </dl>
        <div className={styles.buttons}>
          <Button
            busy={exporting.pending}
            onClick={async () => {
              const reply = await exporting.run();
              if (reply?.ok && reply.value !== null)
                notify({ title: 'The public keys were written', description: reply.value.folder });
            }}
          >
            Export the public keys…
          </Button>
          <Button
            busy={requesting.pending}
            onClick={async () => {
              const reply = await requesting.run();
              if (reply?.ok && reply.value !== null)
                notify({ title: 'The request was written', description: reply.value.path });
            }}
          >
            Request a certificate…
          </Button>
          <Button busy={importing.pending} onClick={() => void importCertificate()}>
            Use a certificate of your CA…
          </Button>
        </div>
        {[exporting, requesting, importing].map(
          ({ error }, index) =>
            // biome-ignore lint/suspicious/noArrayIndexKey: the three calls have a fixed order
            error && <ErrorNotice key={index} error={error} />,
        )}
      </div>
    </Section>
  );
}

/** As ssh-keygen and openssl print it, and in groups that can be read aloud. */
function Fingerprint({
  name,
  of: { fingerprint, readable },
  note,
}: {
  name: string;
  of: { fingerprint: string; readable: readonly string[] };
  note?: string;
}) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>
        <span className={styles.fingerprint}>
          <code>{fingerprint}</code>
          <CopyButton text={fingerprint} label={`Copy the fingerprint: ${name}`} />
        </span>
        {readable.map((line) => (
          <code key={line} className={styles.spoken}>
            {line}
          </code>
        ))}
        {note && <span className={styles.soft}>{note}</span>}
      </dd>
    </div>
  );
}
