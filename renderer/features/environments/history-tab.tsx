import { ScrollText } from 'lucide-react';
import { eventWords } from '#renderer/features/events/event-words.ts';
import { hashOf } from '#renderer/state/route.ts';
import { useLoaded } from '#renderer/state/use-call.ts';
import { Button } from '#renderer/ui/button/button.tsx';
import { EmptyState } from '#renderer/ui/empty-state/empty-state.tsx';
import { ErrorNotice } from '#renderer/ui/error-notice/error-notice.tsx';
import { Loading } from '#renderer/ui/loading/loading.tsx';
import { Cell, HeadCell, Table } from '#renderer/ui/table/table.tsx';
import { LocalTime } from '#renderer/ui/time/time.tsx';
import styles from './keys/keys-tab.module.css';

/** The latest events of one environment. */
export function HistoryTab({ environmentId }: { environmentId: string }) {
  const { value, error, reload } = useLoaded('events.query', { environment: environmentId, limit: 100 });
  if (error) return <ErrorNotice error={error} actions={<Button onClick={reload}>Try again</Button>} />;
  if (value === null) return <Loading label="Reading the events" />;
  if (value.events.length === 0) {
    return (
      <EmptyState icon={ScrollText} title="Nothing has happened here yet">
        Rotations, checks and changes of the configuration stand here, with who did them.
      </EmptyState>
    );
  }
  return (
    <div className={styles.stack}>
      <Table label="History" dense>
        <thead>
          <tr>
            <HeadCell>When</HeadCell>
            <HeadCell>What</HeadCell>
            <HeadCell>Key</HeadCell>
            <HeadCell>Who</HeadCell>
            <HeadCell>Reason</HeadCell>
          </tr>
        </thead>
        <tbody>
          {value.events.map((event) => (
            <tr key={event.id}>
              <Cell>
                <LocalTime at={event.timestamp} />
              </Cell>
              <Cell>{eventWords(event)}</Cell>
              <Cell>{event.key_type && <code>{event.key_type}</code>}</Cell>
              <Cell>{event.user_id}</Cell>
              <Cell>{event.reason}</Cell>
            </tr>
          ))}
        </tbody>
      </Table>
      <p>
        <a href={hashOf({ screen: 'events', environment: environmentId })}>All events of this environment</a>
      </p>
    </div>
  );
}
