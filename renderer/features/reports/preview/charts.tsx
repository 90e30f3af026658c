import type { ReactNode } from 'react';
import { classNames } from '#renderer/ui/class-names.ts';
import type { ReportOutline } from '#shared/model/report-outline.ts';
import styles from './charts.module.css';

type Charts = ReportOutline['charts'];

/** Small charts, drawn as SVG: each has its words beside it, so that nothing is said by colour or length alone. */
function Chart({ title, summary, children }: { title: string; summary: string; children: ReactNode }) {
  return (
    <figure className={styles.chart}>
      <figcaption>
        <span className={styles.title}>{title}</span>
        <span className={styles.summary}>{summary}</span>
      </figcaption>
      {children}
    </figure>
  );
}

export function AdherenceChart({ onTime, late, unknown }: Charts['adherence']) {
  const total = onTime + late + unknown;
  const parts = [
    { label: 'by the due date', value: onTime, look: styles.success },
    { label: 'after it', value: late, look: styles.danger },
    { label: 'no due date known', value: unknown, look: styles.neutral },
  ];
  let x = 0;
  return (
    <Chart
      title="Schedule adherence"
      summary={total === 0 ? 'No rotation was completed.' : `${onTime} of ${total} by the due date`}
    >
      <svg viewBox="0 0 100 6" preserveAspectRatio="none" className={styles.bar} aria-hidden="true">
        <rect width="100" height="6" className={styles.track} />
        {parts.map(({ label, value, look }) => {
          const width = total === 0 ? 0 : (100 * value) / total;
          x += width;
          return <rect key={label} x={x - width} width={width} height="6" className={look} />;
        })}
      </svg>
      <ul className={styles.legend}>
        {parts.map(({ label, value, look }) => (
          <li key={label}>
            <svg viewBox="0 0 8 8" aria-hidden="true">
              <rect width="8" height="8" rx="2" className={look} />
            </svg>
            {value} {label}
          </li>
        ))}
      </ul>
    </Chart>
  );
}

export function AgeChart({ ages }: { ages: Charts['ages'] }) {
  return (
    <Chart
      title="Age by key"
      summary={ages.length === 0 ? 'No age is known.' : 'oldest in their cryptoperiod first'}
    >
      <ul className={styles.rows}>
        {ages.map(({ label, ageDays, cryptoperiodDays, percent }) => (
          <li key={label}>
            <span className={styles.name}>{label}</span>
            <span>
              {ageDays} of {cryptoperiodDays} days
            </span>
            <svg viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true">
              <rect width="100" height="4" className={styles.track} />
              <rect
                width={Math.min(100, percent)}
                height="4"
                className={percent >= 100 ? styles.danger : percent >= 85 ? styles.warning : styles.accent}
              />
            </svg>
          </li>
        ))}
      </ul>
    </Chart>
  );
}

export function RotationsChart({ intervals }: { intervals: Charts['over_time'] }) {
  const planned = intervals.reduce((sum, one) => sum + one.planned, 0);
  const emergency = intervals.reduce((sum, one) => sum + one.emergency, 0);
  return (
    <Chart title="Rotations over time" summary={`${planned} planned, ${emergency} in an emergency (on top)`}>
      <Columns
        bars={intervals.map(({ label, planned: below, emergency: above }) => ({
          label,
          parts: [
            { value: below, look: styles.accent },
            { value: above, look: styles.danger },
          ],
        }))}
      />
    </Chart>
  );
}

export function TimesChart({ times }: { times: Charts['times'] }) {
  const total = times.reduce((sum, { count }) => sum + count, 0);
  return (
    <Chart title="Time to rotate" summary={`${total} from plan to new value in place`}>
      <Columns
        bars={times.map(({ label, count }) => ({ label, parts: [{ value: count, look: styles.accent }] }))}
      />
    </Chart>
  );
}

interface Bar {
  label: string;
  parts: readonly { value: number; look: string | undefined }[];
}

function Columns({ bars }: { bars: readonly Bar[] }) {
  const sumOf = ({ parts }: Bar) => parts.reduce((sum, { value }) => sum + value, 0);
  const most = Math.max(1, ...bars.map(sumOf));
  const every = Math.ceil(bars.length / 6);
  if (bars.every((bar) => sumOf(bar) === 0)) return null;
  return (
    <div className={styles.columns}>
      {bars.map((bar, index) => {
        let y = 40;
        return (
          <div key={bar.label} className={styles.column}>
            <span className={styles.count}>{sumOf(bar) || ''}</span>
            <svg viewBox="0 0 10 40" preserveAspectRatio="none" aria-hidden="true">
              {bar.parts.map(({ value, look }, place) => {
                const height = (40 * value) / most;
                y -= height;
                // biome-ignore lint/suspicious/noArrayIndexKey: the parts have a fixed order
                return <rect key={place} y={y} width="10" height={height} className={look} />;
              })}
            </svg>
            <span className={classNames(styles.label, index % every !== 0 && styles.left)}>{bar.label}</span>
          </div>
        );
      })}
    </div>
  );
}
