import { useEffect, useState } from 'react';
import { byImportance } from '#renderer/features/status/standing.ts';
import { useMirror } from '#renderer/state/store.ts';
import { Button } from '#renderer/ui/button/button.tsx';
import { Select, TextField } from '#renderer/ui/field/field.tsx';
import type { ChannelInput } from '#shared/ipc/contract.ts';
import type { EventType } from '#shared/model/event.ts';
import styles from './event-filters.module.css';
import { eventTypeWords } from './event-words.ts';

export interface EventFilter {
  environment: string;
  type: EventType | '';
  runId: string;
  /** Local dates, `YYYY-MM-DD`. */
  since: string;
  until: string;
  text: string;
}

export const emptyFilter: EventFilter = {
  environment: '',
  type: '',
  runId: '',
  since: '',
  until: '',
  text: '',
};

export type FilterQuery = Omit<ChannelInput<'events.query'>, 'beforeSeq' | 'log' | 'limit'>;

/** The filter as main is asked: only what was chosen. A day begins and ends by this machine's clock. */
export function queryOf(filter: EventFilter): FilterQuery {
  return {
    ...(filter.environment === '' ? {} : { environment: filter.environment }),
    ...(filter.type === '' ? {} : { type: filter.type }),
    ...(filter.runId === '' ? {} : { runId: filter.runId }),
    ...(filter.since === '' ? {} : { since: new Date(`${filter.since}T00:00:00`).toISOString() }),
    ...(filter.until === '' ? {} : { until: new Date(`${filter.until}T23:59:59.999`).toISOString() }),
    ...(filter.text.trim() === '' ? {} : { text: filter.text.trim() }),
  };
}

export function EventFilters({
  filter,
  onChange,
}: {
  filter: EventFilter;
  onChange: (filter: EventFilter) => void;
}) {
  const environments = useMirror((mirror) => mirror.environments) ?? [];
  const runs = useMirror((mirror) => mirror.runs) ?? [];
  const [text, setText] = useState(filter.text);
  const run = runs.find(({ run_id }) => run_id === filter.runId);

  // What is typed is searched after a moment of rest.
  // biome-ignore lint/correctness/useExhaustiveDependencies: only the typed text starts a search
  useEffect(() => {
    if (text === filter.text) return;
    const timer = setTimeout(() => onChange({ ...filter, text }), 300);
    return () => clearTimeout(timer);
  }, [text]);

  const any = JSON.stringify(filter) !== JSON.stringify(emptyFilter);
  return (
    <search className={styles.filters} aria-label="Filter events">
      <TextField
        label="Contains"
        optional="silent"
        type="search"
        className={styles.text}
        value={text}
        onChange={(event) => setText(event.target.value)}
      />
      <Select
        label="Environment"
        value={filter.environment}
        onChange={(event) => onChange({ ...filter, environment: event.target.value })}
        options={[
          { value: '', label: 'All' },
          ...byImportance(environments).map(({ id, name }) => ({ value: id, label: name })),
        ]}
      />
      <Select
        label="Type"
        value={filter.type}
        onChange={(event) => onChange({ ...filter, type: event.target.value as EventFilter['type'] })}
        options={[
          { value: '', label: 'All' },
          ...Object.entries(eventTypeWords).map(([value, label]) => ({ value, label })),
        ]}
      />
      <TextField
        label="From"
        optional="silent"
        type="date"
        value={filter.since}
        onChange={(event) => onChange({ ...filter, since: event.target.value })}
      />
      <TextField
        label="Until"
        optional="silent"
        type="date"
        value={filter.until}
        onChange={(event) => onChange({ ...filter, until: event.target.value })}
      />
      {any && (
        <Button
          className={styles.clear ?? ''}
          onClick={() => {
            setText('');
            onChange(emptyFilter);
          }}
        >
          Clear
        </Button>
      )}
      {filter.runId !== '' && (
        <p className={styles.run}>
          Only events of the run {run ? `“${run.title}” in ${run.environment.name}` : filter.runId}.
        </p>
      )}
    </search>
  );
}
