/** One time series of a metric: its labels, and its value now. */
export interface Sample {
  labels?: Readonly<Record<string, string>>;
  value: number;
}

export type Metric =
  | { name: string; help: string; type: 'gauge' | 'counter'; samples: readonly Sample[] }
  | { name: string; help: string; type: 'histogram'; samples: readonly HistogramSample[] };

export interface HistogramSample {
  labels?: Readonly<Record<string, string>>;
  /** Upper bounds, ascending, without infinity; each with how many were at most that. */
  buckets: readonly { le: number; count: number }[];
  sum: number;
  count: number;
}

/**
 * Metrics in the text format of Prometheus, version 0.0.4
 * (https://prometheus.io/docs/instrumenting/exposition_formats/). A metric without samples is left out.
 */
export function prometheusText(metrics: readonly Metric[]): string {
  const lines: string[] = [];
  for (const metric of metrics) {
    if (metric.samples.length === 0) continue;
    const { name, help, type } = metric;
    lines.push(`# HELP ${name} ${escapeHelp(help)}`, `# TYPE ${name} ${type}`);
    if (metric.type === 'histogram') {
      for (const sample of metric.samples) lines.push(...histogramLines(name, sample));
    } else {
      for (const { labels = {}, value } of metric.samples) lines.push(line(name, labels, value));
    }
  }
  return `${lines.join('\n')}\n`;
}

function histogramLines(name: string, { labels = {}, buckets, sum, count }: HistogramSample): string[] {
  return [
    ...buckets.map(({ le, count: atMost }) => line(`${name}_bucket`, { ...labels, le: String(le) }, atMost)),
    line(`${name}_bucket`, { ...labels, le: '+Inf' }, count),
    line(`${name}_sum`, labels, sum),
    line(`${name}_count`, labels, count),
  ];
}

function line(name: string, labels: Readonly<Record<string, string>>, value: number): string {
  const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escapeLabel(text)}"`);
  return `${name}${pairs.length === 0 ? '' : `{${pairs.join(',')}}`} ${numberText(value)}`;
}

function numberText(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf';
  return String(value);
}

function escapeHelp(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
}

function escapeLabel(text: string): string {
  return escapeHelp(text).replaceAll('"', '\\"');
}
