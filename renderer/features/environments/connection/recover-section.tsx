import { type FormEvent, useState } from 'react';
import { useCall } from '#renderer/state/use-call.ts';
import { Banner } from '#renderer/ui/banner/banner.tsx';
import { Button } from '#renderer/ui/button/button.tsx';
import { Dialog } from '#renderer/ui/dialog/dialog.tsx';
import { ErrorNotice } from '#renderer/ui/error-notice/error-notice.tsx';
import { RadioGroup, SecretField, TextField } from '#renderer/ui/field/field.tsx';
import { Section } from '#renderer/ui/page/page.tsx';
import type { EnvironmentDetail } from '#shared/ipc/contract.ts';
import { placeInWords } from '#shared/logic/connector-places.ts';
import styles from '../keys/keys-tab.module.css';

/** Writes lost keys back, from what is sealed here or from a recovery file. */
export function RecoverSection({ detail, onChanged }: { detail: EnvironmentDetail; onChanged: () => void }) {
  const { run, pending, error, clear } = useCall('recover.restore');
  const [open, setOpen] = useState(false);
  const [from, setFrom] = useState<'here' | 'file'>('here');
  const [passphrase, setPassphrase] = useState('');
  const [typed, setTyped] = useState('');
  const [tried, setTried] = useState(false);
  const [result, setResult] = useState<{ restored: string[]; missing: string[]; silent: string[] } | null>(
    null,
  );
  const { config } = detail;
  const production = config.stage === 'production';
  const typedWrong = production && typed.trim() !== config.name;

  function close() {
    setOpen(false);
    setPassphrase('');
    setTyped('');
    setTried(false);
    setResult(null);
    clear();
  }

  async function submit(event: FormEvent) {
    event.preventDefault();
    setTried(true);
    if (pending || typedWrong) return;
    const secret = passphrase;
    setPassphrase('');
    const reply = await run({
      environmentId: config.id,
      fromFile: from === 'file',
      ...(secret === '' ? {} : { passphrase: secret }),
    });
    if (!reply?.ok || reply.value === null) return;
    setResult(reply.value);
    onChanged();
  }

  return (
    <Section
      title="Recover lost keys"
      hint="When the file was lost or emptied: writes back the current values that are sealed here, or in a recovery file."
    >
      <div>
        <Button onClick={() => setOpen(true)}>Recover keys…</Button>
      </div>
      <Dialog
        open={open}
        onClose={close}
        busy={pending}
        title={`Recover keys of ${config.name}`}
        description={`Values that are missing from ${placeInWords(config.connector)} are written back. Others stay as they are.`}
        footer={
          result ? (
            <Button variant="primary" onClick={close}>
              Close
            </Button>
          ) : (
            <>
              <Button onClick={close} disabled={pending}>
                Cancel
              </Button>
              <Button type="submit" form="recover" variant="primary" busy={pending}>
                {from === 'file' ? 'Choose the file and recover…' : 'Recover'}
              </Button>
            </>
          )
        }
      >
        {result ? (
          <>
            <Banner
              role="status"
              tone={result.restored.length > 0 ? 'success' : 'warning'}
              title={
                result.restored.length > 0
                  ? `Written back: ${result.restored.join(', ')}.`
                  : 'Nothing was written back.'
              }
            >
              {result.restored.length > 0 && (
                <p>
                  Rekey keeps only the keys that it manages. Put the other lines of the file back from your
                  deployment or a backup, then restart the service.
                </p>
              )}
            </Banner>
            {result.missing.length > 0 && (
              <Banner tone="warning" title={`Not found anywhere here: ${result.missing.join(', ')}.`}>
                <p>Look in backups of the file, or rotate these keys.</p>
              </Banner>
            )}
            {result.silent.length > 0 && (
              <Banner tone="warning" title={`Not reached: ${result.silent.join(', ')}.`}>
                <p>Nothing was changed there. Recover again when they answer.</p>
              </Banner>
            )}
          </>
        ) : (
          <form id="recover" noValidate className={styles.stack} onSubmit={submit}>
            <RadioGroup
              legend="From where?"
              name="from"
              value={from}
              onChange={(value) => setFrom(value as 'here' | 'file')}
              options={[
                {
                  value: 'here',
                  label: 'From this machine',
                  hint: 'The current values that Rekey keeps sealed.',
                },
                {
                  value: 'file',
                  label: 'From a recovery file',
                  hint: 'An .age file that was written before a change.',
                },
              ]}
            />
            {from === 'file' && (
              <SecretField
                label="Passphrase of the file"
                optional
                hint="Leave it empty when the file was sealed for a recipient whose identity is on this machine."
                value={passphrase}
                onChange={(event) => setPassphrase(event.target.value)}
              />
            )}
            {production && (
              <TextField
                label={
                  <>
                    Type <strong>{config.name}</strong> to confirm
                  </>
                }
                value={typed}
                error={tried && typedWrong ? 'This is not the name.' : undefined}
                onChange={(event) => setTyped(event.target.value)}
              />
            )}
            {error && <ErrorNotice error={error} />}
          </form>
        )}
      </Dialog>
    </Section>
  );
}
