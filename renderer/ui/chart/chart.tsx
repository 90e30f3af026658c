import styles from './chart.module.css';

/** One stretch of time: its value, or null where nobody measured. */
export interface ChartPoint {
  /** First and last day, as people read them. */
  label: string;
  value: number | null;
  /** Stacked on the value, hollow, in the colour of failures. Bars only. */
  failed?: number;
}

const [width, height] = [320, 104];
const [left, top, bottom] = [34, 8, 84];
const plot = width - left - 4;

/**
 * A small chart: a line from `min` to `max`, with gaps where nothing is known, or bars. It is a picture with one
 * sentence (`summary`); the numbers stand beside it in a table.
 */
export function Chart({
  kind,
  points,
  max,
  min = 0,
  format,
  summary,
}: {
  kind: 'line' | 'bars';
  points: readonly ChartPoint[];
  min?: number;
  max: number;
  format: (value: number) => string;
  summary: string;
}) {
  const step = plot / Math.max(1, points.length);
  const x = (index: number) => left + step * (index + 0.5);
  const y = (value: number) => bottom - ((value - min) / Math.max(max - min, 1e-9)) * (bottom - top);
  return (
    <svg role="img" aria-label={summary} viewBox={`0 0 ${width} ${height}`} className={styles.chart}>
      <line x1={left} x2={width - 4} y1={top} y2={top} className={styles.grid} />
      <line x1={left} x2={width - 4} y1={bottom} y2={bottom} className={styles.axis} />
      <text x={left - 5} y={top + 3} textAnchor="end" className={styles.label}>
        {format(max)}
      </text>
      <text x={left - 5} y={bottom + 1} textAnchor="end" className={styles.label}>
        {format(min)}
      </text>
      <text x={left} y={height - 6} className={styles.label}>
        {points[0]?.label}
      </text>
      <text x={width - 4} y={height - 6} textAnchor="end" className={styles.label}>
        {points.at(-1)?.label}
      </text>
      {kind === 'bars'
        ? points.map(({ label, value, failed = 0 }, index) => (
            <g key={label}>
              <Bar x={x(index)} from={y(0)} to={y(value ?? 0)} width={step} className={styles.good} />
              <Bar
                x={x(index)}
                from={y(value ?? 0)}
                to={y((value ?? 0) + failed)}
                width={step}
                className={styles.bad}
              />
            </g>
          ))
        : stretches(points).map((stretch) => (
            <g key={stretch[0]?.index}>
              <polyline
                points={stretch.map(({ index, value }) => `${x(index)},${y(value)}`).join(' ')}
                className={styles.line}
              />
              {stretch.length === 1 && stretch[0] && (
                <circle cx={x(stretch[0].index)} cy={y(stretch[0].value)} r={2.5} className={styles.dot} />
              )}
            </g>
          ))}
    </svg>
  );
}

function Bar({
  x,
  from,
  to,
  width: step,
  className,
}: {
  x: number;
  from: number;
  to: number;
  width: number;
  className: string | undefined;
}) {
  if (from === to) return null;
  const thickness = Math.min(14, Math.max(2, step * 0.7));
  return <rect x={x - thickness / 2} y={to} width={thickness} height={from - to} className={className} />;
}

/** Points in a row that are known: a line does not go over a gap. */
function stretches(points: readonly ChartPoint[]): { index: number; value: number }[][] {
  const found: { index: number; value: number }[][] = [];
  let open: { index: number; value: number }[] | null = null;
  for (const [index, { value }] of points.entries()) {
    if (value === null) {
      open = null;
      continue;
    }
    if (open === null) {
      open = [];
      found.push(open);
    }
    open.push({ index, value });
  }
  return found;
}
