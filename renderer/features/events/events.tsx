import { useMemo, useState } from 'react';
import { useMirror } from '#renderer/state/store.ts';
import { useReady } from '#renderer/state/use-ready.ts';
import { Button } from '#renderer/ui/button/button.tsx';
import { ErrorNotice } from '#renderer/ui/error-notice/error-notice.tsx';
import { Page } from '#renderer/ui/page/page.tsx';
import type { ListedEvent } from '#shared/model/event.ts';
import { EventDetail } from './event-detail.tsx';
import { type EventFilter, EventFilters, emptyFilter, queryOf } from './event-filters.tsx';
import { EventTable } from './event-table.tsx';
import styles from './events.module.css';
import { LogActs } from './log-acts.tsx';
import { LogState } from './log-state.tsx';
import { useEventPages } from './use-event-pages.ts';

/** Everything that happened, newest first. */
export default function Events({ environment, runId }: { environment: string | null; runId: string | null }) {
  const [filter, setFilter] = useState<EventFilter>(() => ({
    ...emptyFilter,
    environment: environment ?? '',
    runId: runId ?? '',
  }));
  const [selected, setSelected] = useState<ListedEvent | null>(null);
  const query = useMemo(() => queryOf(filter), [filter]);
  const logFolder = useMirror((mirror) => mirror.app?.log.folder ?? null);
  const pages = useEventPages(query, logFolder);
  const size = useMirror((mirror) => mirror.log.size);
  const fresh = pages.size === null ? 0 : Math.max(0, size - pages.size);
  useReady('events', pages.size !== null);
  return (
    <Page
      fit="full"
      title="Events"
      subtitle="Everything that happened, in one append-only log. Nothing is ever changed or removed."
      actions={<LogActs />}
    >
      <div className={styles.stack}>
        <LogState />
        <EventFilters filter={filter} onChange={setFilter} />
        {pages.error && (
          <ErrorNotice error={pages.error} actions={<Button onClick={pages.refresh}>Try again</Button>} />
        )}
        <div className={styles.fresh} role="status">
          {fresh > 0 && (
            <Button size="small" onClick={pages.refresh}>
              {fresh === 1 ? 'Show 1 new event' : `Show ${fresh.toLocaleString('en')} new events`}
            </Button>
          )}
        </div>
        <EventTable
          pages={pages}
          filtered={Object.keys(query).length > 0}
          selected={selected}
          onSelect={setSelected}
        />
        {pages.unreadable !== null && (
          <p className={styles.unreadable}>
            The list goes back to where this log begins. The log before it, in <code>{pages.unreadable}</code>
            , cannot be read now.
          </p>
        )}
      </div>
      <EventDetail event={selected} onClose={() => setSelected(null)} />
    </Page>
  );
}
