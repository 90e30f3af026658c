import { type FormEvent, useState } from 'react';
import { useCall } from '#renderer/state/use-call.ts';
import { Button } from '#renderer/ui/button/button.tsx';
import { Dialog } from '#renderer/ui/dialog/dialog.tsx';
import { ErrorNotice } from '#renderer/ui/error-notice/error-notice.tsx';
import { SecretField, Select, TextField } from '#renderer/ui/field/field.tsx';
import { parseCommandLine } from '#renderer/ui/form/schemas.ts';
import { notify } from '#renderer/ui/toast/notify.ts';
import type { ChannelChoice, WebhookChannel } from '#shared/model/alert-channel.ts';
import type { AlertsState } from '#shared/model/alerts-state.ts';
import styles from '../alerts.module.css';

const minimums = [
  { value: 'warning', label: 'All alerts' },
  { value: 'critical', label: 'Critical alerts only' },
] as const;
const details = [
  { value: 'full', label: 'Names of environments and keys' },
  { value: 'brief', label: 'What kind of alert, without names' },
] as const;
const formats = [
  { value: 'json', label: 'JSON, signed (Standard Webhooks)' },
  { value: 'slack', label: 'Slack and compatible' },
] as const;

/** A webhook or a command that is told alerts from now on. */
export function AddChannel({
  kind,
  onClose,
  onAdded,
}: {
  kind: 'webhook' | 'command';
  onClose: () => void;
  onAdded: (state: AlertsState) => void;
}) {
  const webhook = useCall('alerts.add-webhook');
  const command = useCall('alerts.add-command');
  const [name, setName] = useState('');
  const [minimum, setMinimum] = useState<ChannelChoice['minimum']>('warning');
  const [detail, setDetail] = useState<ChannelChoice['detail']>('full');
  const [format, setFormat] = useState<WebhookChannel['format']>('json');
  const [url, setUrl] = useState('');
  const [secret, setSecret] = useState('');
  const [line, setLine] = useState('');
  const [tried, setTried] = useState(false);
  const isSigned = format === 'json';
  const parsed = parsedCommand(line);
  const problems = {
    name: name.trim() === '' ? 'Give it a name.' : undefined,
    url: kind === 'webhook' && !/^https?:\/\/\S+$/.test(url.trim()) ? 'It begins with https://.' : undefined,
    secret:
      kind === 'webhook' && isSigned && secret.trim().length < 24 ? 'At least 24 characters.' : undefined,
    line: kind === 'command' && 'problem' in parsed ? parsed.problem : undefined,
  };
  const pending = webhook.pending || command.pending;
  const error = webhook.error ?? command.error;
  async function add() {
    const choice = { name: name.trim(), minimum, detail };
    if (kind === 'webhook') {
      return webhook.run({ ...choice, format, url: url.trim(), secret: isSigned ? secret.trim() : null });
    }
    return 'argv' in parsed ? command.run({ ...choice, command: { argv: parsed.argv, shell: false } }) : null;
  }
  async function submit(event: FormEvent) {
    event.preventDefault();
    setTried(true);
    if (Object.values(problems).some(Boolean)) return;
    const reply = await add();
    // What was typed is not kept, whatever became of it.
    setSecret('');
    setTried(false);
    if (!reply?.ok) return;
    onAdded(reply.value);
    notify({ title: 'The channel was added', description: 'Send it a test.' });
    onClose();
  }
  return (
    <Dialog
      open
      onClose={onClose}
      busy={pending}
      title={kind === 'webhook' ? 'Add a webhook' : 'Add a command'}
      description={
        kind === 'webhook'
          ? 'Its address and secret go to the keychain and are never shown again.'
          : 'It is given each alert as a line of JSON on its standard input.'
      }
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" form="add-channel" variant="primary" busy={pending}>
            Add
          </Button>
        </>
      }
    >
      <form id="add-channel" noValidate className={styles.form} onSubmit={submit}>
        <TextField
          label="Name"
          value={name}
          maxLength={80}
          error={tried ? problems.name : undefined}
          onChange={(event) => setName(event.target.value)}
        />
        {kind === 'webhook' ? (
          <>
            <Select
              label="Takes"
              value={format}
              options={formats}
              onChange={(event) => setFormat(event.target.value as WebhookChannel['format'])}
            />
            <SecretField
              label="Address"
              value={url}
              error={tried ? problems.url : undefined}
              onChange={(event) => setUrl(event.target.value)}
            />
            {isSigned && (
              <SecretField
                label="Secret that signs"
                hint="The receiver checks with it that a message is from here: HMAC-SHA-256 over id, time and text."
                value={secret}
                error={tried ? problems.secret : undefined}
                onChange={(event) => setSecret(event.target.value)}
              />
            )}
          </>
        ) : (
          <TextField
            mono
            label="Command"
            hint="A program and its arguments; no shell."
            value={line}
            error={tried ? problems.line : undefined}
            onChange={(event) => setLine(event.target.value)}
          />
        )}
        <Select
          label="Told"
          value={minimum}
          options={minimums}
          onChange={(event) => setMinimum(event.target.value as ChannelChoice['minimum'])}
        />
        <Select
          label="It may see"
          value={detail}
          options={details}
          onChange={(event) => setDetail(event.target.value as ChannelChoice['detail'])}
        />
      </form>
      {error && <ErrorNotice error={error} />}
    </Dialog>
  );
}

function parsedCommand(line: string): { argv: string[] } | { problem: string } {
  try {
    return { argv: parseCommandLine(line) };
  } catch (error) {
    return { problem: error instanceof Error ? error.message : 'It does not fit.' };
  }
}
