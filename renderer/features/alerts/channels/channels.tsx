import { Plus } from 'lucide-react';
import { useState } from 'react';
import { call } from '#renderer/state/call.ts';
import { keepAlerts } from '#renderer/state/sync.ts';
import { useCall } from '#renderer/state/use-call.ts';
import { Badge } from '#renderer/ui/badge/badge.tsx';
import { Button } from '#renderer/ui/button/button.tsx';
import { ConfirmDialog } from '#renderer/ui/dialog/confirm-dialog.tsx';
import { ErrorNotice } from '#renderer/ui/error-notice/error-notice.tsx';
import { Loading } from '#renderer/ui/loading/loading.tsx';
import { Section } from '#renderer/ui/page/page.tsx';
import { Cell, HeadCell, Table } from '#renderer/ui/table/table.tsx';
import { RelativeTime } from '#renderer/ui/time/time.tsx';
import { notify } from '#renderer/ui/toast/notify.ts';
import type { AlertChannel, ChannelView } from '#shared/model/alert-channel.ts';
import styles from '../alerts.module.css';
import { useAlerts } from '../use-alerts.ts';
import { AddChannel } from './add-channel.tsx';

/** Where alerts are told beside this window, and whether that works. */
export default function Channels() {
  const { value, error, reload } = useAlerts();
  const change = useCall('alerts.change-channel');
  const test = useCall('alerts.test-channel');
  const [adding, setAdding] = useState<'webhook' | 'command' | null>(null);
  const [removing, setRemoving] = useState<AlertChannel | null>(null);
  const [testing, setTesting] = useState<string | null>(null);
  if (error) return <ErrorNotice error={error} actions={<Button onClick={reload}>Try again</Button>} />;
  if (value === null) return <Loading label="Reading the channels" lines={3} />;
  const problem = change.error ?? test.error;
  async function sendTest({ id, name }: AlertChannel) {
    setTesting(id);
    const reply = await test.run({ id });
    setTesting(null);
    if (reply?.ok) notify({ title: 'The test was taken', description: name, tone: 'success' });
  }
  return (
    <Section
      title="Channels"
      hint="Each is told every alert once, when it comes back, and when it is resolved. No value of a key is ever among it."
      actions={
        <>
          <Button icon={<Plus size={15} aria-hidden="true" />} onClick={() => setAdding('webhook')}>
            Add a webhook…
          </Button>
          <Button icon={<Plus size={15} aria-hidden="true" />} onClick={() => setAdding('command')}>
            Add a command…
          </Button>
        </>
      }
    >
      {problem && <ErrorNotice error={problem} />}
      <Table label="Channels">
        <thead>
          <tr>
            <HeadCell>Channel</HeadCell>
            <HeadCell>Told</HeadCell>
            <HeadCell>State</HeadCell>
            <HeadCell>
              <span className="visually-hidden">Actions</span>
            </HeadCell>
          </tr>
        </thead>
        <tbody>
          {value.channels.map((view) => {
            const { channel } = view;
            return (
              <tr key={channel.id}>
                <th scope="row">
                  {channel.name}
                  <div className={styles.soft}>{whatItIs(channel)}</div>
                </th>
                <Cell>
                  {channel.minimum === 'critical' ? 'Critical alerts' : 'All alerts'}
                  {channel.detail === 'brief' && <div className={styles.soft}>without names</div>}
                </Cell>
                <Cell>
                  <ChannelState view={view} />
                </Cell>
                <Cell align="end">
                  <div className={styles.buttons}>
                    <Button
                      size="small"
                      busy={testing === channel.id}
                      aria-label={`Send a test: ${channel.name}`}
                      onClick={() => void sendTest(channel)}
                    >
                      Test
                    </Button>
                    <Button
                      size="small"
                      variant="quiet"
                      aria-label={`${channel.enabled ? 'Switch off' : 'Switch on'}: ${channel.name}`}
                      onClick={async () => {
                        const reply = await change.run({ id: channel.id, enabled: !channel.enabled });
                        if (reply?.ok) keepAlerts(reply.value);
                      }}
                    >
                      {channel.enabled ? 'Switch off' : 'Switch on'}
                    </Button>
                    {channel.kind !== 'desktop' && (
                      <Button
                        size="small"
                        variant="quiet"
                        aria-label={`Remove: ${channel.name}`}
                        onClick={() => setRemoving(channel)}
                      >
                        Remove…
                      </Button>
                    )}
                  </div>
                </Cell>
              </tr>
            );
          })}
        </tbody>
      </Table>
      {adding && <AddChannel kind={adding} onClose={() => setAdding(null)} onAdded={keepAlerts} />}
      <ConfirmDialog
        open={removing !== null}
        onClose={() => setRemoving(null)}
        title={`Remove ${removing?.name ?? ''}?`}
        confirmLabel="Remove"
        danger
        onConfirm={async () => {
          const reply = await call('alerts.remove-channel', { id: removing?.id ?? '' });
          if (!reply.ok) return reply.error;
          keepAlerts(reply.value);
          return null;
        }}
      >
        <p>Nothing is told there any more, and its address and secret are forgotten.</p>
      </ConfirmDialog>
    </Section>
  );
}

function whatItIs(channel: AlertChannel): string {
  switch (channel.kind) {
    case 'desktop':
      return 'While a window of Rekey is open';
    case 'webhook':
      return `${channel.format === 'slack' ? 'Slack-compatible webhook' : 'Signed webhook'} at ${channel.host}`;
    default:
      return channel.command.argv.join(' ');
  }
}

function ChannelState({ view: { channel, failing, last_delivered_at } }: { view: ChannelView }) {
  if (!channel.enabled) return <Badge>Off</Badge>;
  if (failing !== null) {
    return (
      <>
        <Badge tone="danger">Fails</Badge> <RelativeTime at={failing.since} />
        <div className={styles.soft}>{failing.message}</div>
      </>
    );
  }
  if (last_delivered_at === null) return <span className={styles.soft}>Told nothing yet</span>;
  return (
    <>
      <Badge tone="success">Works</Badge> <RelativeTime at={last_delivered_at} />
    </>
  );
}
