import { ChartLine } from 'lucide-react';
import { useState } from 'react';
import { navigate } from '#renderer/state/route.ts';
import { useLoadedWithLog } from '#renderer/state/use-loaded-with-log.ts';
import { useReady } from '#renderer/state/use-ready.ts';
import { Button } from '#renderer/ui/button/button.tsx';
import { Chart } from '#renderer/ui/chart/chart.tsx';
import { EmptyState } from '#renderer/ui/empty-state/empty-state.tsx';
import { ErrorNotice } from '#renderer/ui/error-notice/error-notice.tsx';
import { Select } from '#renderer/ui/field/field.tsx';
import { Loading } from '#renderer/ui/loading/loading.tsx';
import { Page } from '#renderer/ui/page/page.tsx';
import { Cell, HeadCell, Table } from '#renderer/ui/table/table.tsx';
import { type MetricsDays, metricsDays } from '#shared/model/metrics.ts';
import { type MetricCard, metricCards } from './metric-cards.ts';
import styles from './metrics.module.css';

const ranges: Readonly<Record<MetricsDays, string>> = {
  30: 'Last 30 days',
  90: 'Last 90 days',
  365: 'Last year',
};

/** Whether rotating goes well, over time: the five metrics of the procedures. */
export default function Metrics() {
  const [days, setDays] = useState<MetricsDays>(30);
  const { value, error, reload } = useLoadedWithLog('metrics.read', { days });
  useReady('metrics', value !== null || error !== null);
  const cards = value === null ? [] : metricCards(value.points);
  const isEmpty = cards.every(({ figure }) => figure === null);
  return (
    <Page
      title="Metrics"
      subtitle="Whether rotating goes well, over time. All of it is drawn from the event log."
      actions={
        <Select
          label="Range"
          labelHidden
          value={String(days)}
          options={metricsDays.map((one) => ({ value: String(one), label: ranges[one] }))}
          onChange={(event) => setDays(Number(event.target.value) as MetricsDays)}
        />
      }
    >
      {error && <ErrorNotice error={error} actions={<Button onClick={reload}>Try again</Button>} />}
      {value === null && !error && <Loading label="Reading the log" lines={6} />}
      {value !== null && isEmpty && (
        <EmptyState
          icon={ChartLine}
          title="Nothing was measured in this time"
          actions={<Button onClick={() => navigate({ screen: 'settings' })}>Open the schedule</Button>}
        >
          The health check measures compliance, due keys and availability every four hours; rotations count
          when they end. Drills do not count, and the practice environment is not measured.
        </EmptyState>
      )}
      {value !== null && !isEmpty && (
        <div className={styles.cards}>
          {cards.map((card) => (
            <Card key={card.title} card={card} range={ranges[days]} />
          ))}
        </div>
      )}
    </Page>
  );
}

function Card({ card, range }: { card: MetricCard; range: string }) {
  const { title, what, figure, beside, kind, points, max, format } = card;
  return (
    <section className={styles.card} aria-label={title}>
      <h2 className={styles.title}>{title}</h2>
      <p className={styles.figure}>
        {figure !== null && <span className={styles.number}>{figure}</span>}{' '}
        <span className={styles.beside}>{beside}</span>
      </p>
      <Chart
        kind={kind}
        points={points}
        max={max}
        format={format}
        summary={`${title}, ${range.toLowerCase()}: ${figure ?? ''} ${beside}`}
      />
      <p className={styles.soft}>{what}</p>
      <details>
        <summary>Numbers</summary>
        <Numbers card={card} />
      </details>
    </section>
  );
}

function Numbers({ card: { title, points, exact } }: { card: MetricCard }) {
  const hasFailed = points.some(({ failed }) => failed !== undefined);
  const known = points.filter(
    ({ value, failed = 0 }) => value !== null && (!hasFailed || value + failed > 0),
  );
  if (known.length === 0) return <p className={styles.soft}>None.</p>;
  return (
    <Table label={`Numbers: ${title}`}>
      <thead>
        <tr>
          <HeadCell>When (UTC)</HeadCell>
          <HeadCell align="end">{hasFailed ? 'Succeeded' : 'Value'}</HeadCell>
          {hasFailed && <HeadCell align="end">Failed</HeadCell>}
        </tr>
      </thead>
      <tbody>
        {known.map(({ label, value, failed }) => (
          <tr key={label}>
            <th scope="row">{label}</th>
            <Cell align="end">{exact(value ?? 0)}</Cell>
            {hasFailed && <Cell align="end">{failed ?? 0}</Cell>}
          </tr>
        ))}
      </tbody>
    </Table>
  );
}
