import { useVirtualizer } from '@tanstack/react-virtual';
import { History, ScrollText } from 'lucide-react';
import { type KeyboardEvent, useEffect, useRef, useState } from 'react';
import { Badge } from '#renderer/ui/badge/badge.tsx';
import { classNames } from '#renderer/ui/class-names.ts';
import { EmptyState } from '#renderer/ui/empty-state/empty-state.tsx';
import { Loading } from '#renderer/ui/loading/loading.tsx';
import { localDateTimeSeconds, utcTime } from '#renderer/ui/time/format-time.ts';
import type { ListedEvent } from '#shared/model/event.ts';
import styles from './event-table.module.css';
import { eventWords } from './event-words.ts';
import type { EventPages } from './use-event-pages.ts';

const rowHeight = 34;
const columns = ['No.', 'When', 'What', 'Environment', 'Key', 'Who', 'Reason'] as const;

/**
 * The log as a grid: only the rows in sight exist. Arrow keys, Page Up and Down, Home and End move; Enter opens.
 */
export function EventTable({
  pages,
  filtered,
  selected,
  onSelect,
}: {
  pages: EventPages;
  filtered: boolean;
  selected: ListedEvent | null;
  onSelect: (event: ListedEvent) => void;
}) {
  const frame = useRef<HTMLDivElement>(null);
  const [active, setActive] = useState(0);
  const { rows, see } = pages;
  const virtual = useVirtualizer({
    count: rows,
    getScrollElement: () => frame.current,
    estimateSize: () => rowHeight,
    overscan: 12,
  });
  const items = virtual.getVirtualItems();
  const first = items[0]?.index ?? 0;
  const last = items.at(-1)?.index ?? 0;
  useEffect(() => see(first, last), [see, first, last]);
  useEffect(() => {
    if (active >= rows && rows > 0) setActive(rows - 1);
  }, [active, rows]);

  if (pages.size === null) {
    return pages.error ? null : <Loading label="Reading the log" lines={8} />;
  }
  if (rows === 0) {
    return (
      <EmptyState icon={ScrollText} title={filtered ? 'No event matches' : 'Nothing has happened yet'}>
        {filtered
          ? 'Take a part of the filter away.'
          : 'What you do in Rekey is recorded here, before it takes effect.'}
      </EmptyState>
    );
  }

  function onKeyDown(event: KeyboardEvent) {
    const page = Math.max(1, Math.floor((frame.current?.clientHeight ?? rowHeight) / rowHeight) - 2);
    const moves: Readonly<Record<string, number>> = {
      ArrowDown: active + 1,
      ArrowUp: active - 1,
      PageDown: active + page,
      PageUp: active - page,
      Home: 0,
      End: rows - 1,
    };
    const target = moves[event.key];
    if (target !== undefined) {
      event.preventDefault();
      const next = Math.min(rows - 1, Math.max(0, target));
      setActive(next);
      virtual.scrollToIndex(next);
    } else if (event.key === 'Enter' || event.key === ' ') {
      event.preventDefault();
      const one = pages.row(active);
      if (one) onSelect(one);
    }
  }

  return (
    // biome-ignore lint/a11y/useSemanticElements: a virtual list of 100,000 rows cannot be a table element
    <div
      ref={frame}
      className={styles.frame}
      role="grid"
      aria-label="Events"
      aria-rowcount={rows + 1}
      aria-colcount={columns.length}
      aria-activedescendant={`event-row-${active}`}
      tabIndex={0}
      onKeyDown={onKeyDown}
    >
      {/* biome-ignore lint/a11y/useSemanticElements: part of the grid */}
      {/* biome-ignore lint/a11y/useFocusableInteractive: the grid itself holds the focus */}
      <div role="row" aria-rowindex={1} className={classNames(styles.row, styles.head)}>
        {columns.map((title) => (
          // biome-ignore lint/a11y/useSemanticElements: part of the grid
          // biome-ignore lint/a11y/useFocusableInteractive: the grid itself holds the focus
          <div key={title} role="columnheader" className={styles.cell}>
            {title}
          </div>
        ))}
      </div>
      {/* biome-ignore lint/a11y/useSemanticElements: part of the grid */}
      <div role="rowgroup" className={styles.body} style={{ height: virtual.getTotalSize() }}>
        {items.map((item) => {
          const event = pages.row(item.index);
          return (
            // biome-ignore lint/a11y/useSemanticElements: part of the grid
            // biome-ignore lint/a11y/useFocusableInteractive: the grid itself holds the focus
            // biome-ignore lint/a11y/useKeyWithClickEvents: the grid listens for keys
            <div
              key={item.key}
              id={`event-row-${item.index}`}
              role="row"
              aria-rowindex={item.index + 2}
              aria-selected={event !== undefined && selected?.id === event.id}
              className={classNames(styles.row, styles.data, item.index === active && styles.active)}
              style={{ transform: `translateY(${item.start}px)` }}
              onClick={() => {
                setActive(item.index);
                if (event) onSelect(event);
              }}
            >
              {event ? <Row event={event} /> : <Placeholder />}
            </div>
          );
        })}
      </div>
    </div>
  );
}

function Row({ event }: { event: ListedEvent }) {
  return (
    <>
      <SequenceNumber event={event} />
      <Cell title={utcTime(event.timestamp)}>{localDateTimeSeconds(event.timestamp)}</Cell>
      <Cell title={eventWords(event)}>
        {event.drill && <Badge tone="drill">Drill</Badge>} {eventWords(event)}
      </Cell>
      <Cell title={event.environment?.name}>{event.environment?.name}</Cell>
      <Cell title={event.key_type ?? undefined} className={styles.code}>
        {event.key_type}
      </Cell>
      <Cell title={event.user_id}>{event.user_id}</Cell>
      <Cell title={event.reason ?? undefined}>{event.reason}</Cell>
    </>
  );
}

/** Numbers begin at 0 in each log: those of an earlier one are marked. */
function SequenceNumber({ event: { seq, earlier_log } }: { event: ListedEvent }) {
  if (earlier_log === null) return <Cell className={styles.number}>{seq}</Cell>;
  return (
    <Cell className={classNames(styles.number, styles.earlier)} title={`In the earlier log, ${earlier_log}`}>
      <History size={13} aria-hidden="true" /> {seq}
      <span className="visually-hidden"> in an earlier log</span>
    </Cell>
  );
}

function Cell({
  className,
  title,
  children,
}: {
  className?: string | undefined;
  title?: string | undefined;
  children: React.ReactNode;
}) {
  return (
    // biome-ignore lint/a11y/useSemanticElements: part of the grid
    // biome-ignore lint/a11y/useFocusableInteractive: the grid itself holds the focus
    <div role="gridcell" className={classNames(styles.cell, className)} title={title}>
      {children}
    </div>
  );
}

function Placeholder() {
  return (
    <Cell>
      <span className="visually-hidden">Loading</span>
      <span className={styles.placeholder} />
    </Cell>
  );
}
