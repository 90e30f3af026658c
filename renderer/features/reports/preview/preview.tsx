import { Duration } from '#renderer/ui/time/time.tsx';
import type { ReportMetric } from '#shared/model/report.ts';
import type { ReportOutline } from '#shared/model/report-outline.ts';
import { VerdictMark } from '../verdict-mark.tsx';
import { AdherenceChart, AgeChart, RotationsChart, TimesChart } from './charts.tsx';
import styles from './preview.module.css';
import { PreviewFindings } from './preview-findings.tsx';

/** A report before it is made: the outcome, the numbers, the findings, how the counts follow. */
export function Preview({ outline }: { outline: ReportOutline }) {
  const { verdict, rotations, population, charts } = outline;
  return (
    <div className={styles.stack}>
      <div className={styles.verdict}>
        <VerdictMark level={verdict.level} />
        <p>{verdict.sentence}</p>
        <p className={styles.soft}>{outline.scope.statement}</p>
      </div>
      <dl className={styles.metrics}>
        {outline.metrics.map((metric) => (
          <div key={metric.id} title={metric.formula}>
            <dt>{metric.title}</dt>
            <dd>
              <MetricValue metric={metric} />
            </dd>
          </div>
        ))}
      </dl>
      <div className={styles.charts}>
        <AdherenceChart {...charts.adherence} />
        <AgeChart ages={charts.ages} />
        <RotationsChart intervals={charts.over_time} />
        <TimesChart times={charts.times} />
      </div>
      <PreviewFindings findings={outline.findings} total={outline.findings_total} />
      <section aria-label="What it is computed from" className={styles.counts}>
        <h3>What it is computed from</h3>
        <ul>
          {population.equations.map(({ text, holds }) => (
            <li key={text}>
              {text} {holds ? '' : '(does not hold)'}
            </li>
          ))}
          <li>
            {rotations.total} rotations: {rotations.rotated} completed, {rotations.rolled_back} rolled back,{' '}
            {rotations.abandoned} abandoned, {rotations.open} open; {rotations.emergency} in an emergency
          </li>
          <li>
            {outline.deviations} deviations, {outline.exceptions.active} active exceptions, {outline.drills}{' '}
            drills
          </li>
          {outline.logs.map(({ id, name, size }) => (
            <li key={id}>
              {size.toLocaleString('en')} events of {name}
            </li>
          ))}
        </ul>
      </section>
    </div>
  );
}

function MetricValue({ metric: { value, unit } }: { metric: ReportMetric }) {
  if (value === null) return <>–</>;
  if (unit === 'milliseconds') return <Duration milliseconds={value} />;
  return <>{unit === 'percent' ? `${value} %` : value}</>;
}
