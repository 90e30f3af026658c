import { emptyMetricsRecord, foldMetrics, type MetricsRecord } from '#shared/logic/metrics-fold.ts';
import { metricsSeries } from '#shared/logic/metrics-series.ts';
import type { Clock } from '#shared/model/clock.ts';
import type { MetricsDays, MetricsReport } from '#shared/model/metrics.ts';
import type { EventLog } from '../events/event-log.ts';
import { Projection } from '../events/projection.ts';

/** Raised when the fold or the form of the state changes: a cache of an older one is then ignored. */
const metricsVersion = 2;

/** The procedures' five metrics over time, as the log tells them. */
export class MetricsHistory {
  readonly #clock: Clock;
  readonly #projection: Projection<MetricsRecord>;

  /** `cacheFile`: `<data>/cache/metrics.json`. */
  constructor({ clock, ...options }: { clock: Clock; log: EventLog; cacheFile: string }) {
    this.#clock = clock;
    this.#projection = new Projection<MetricsRecord>({
      ...options,
      version: metricsVersion,
      initial: emptyMetricsRecord,
      apply: (record, event) => {
        foldMetrics(record, event);
        return record;
      },
      parse: (json) => json as MetricsRecord,
    });
  }

  read(days: MetricsDays): MetricsReport {
    return { days, points: metricsSeries(this.#projection.state, days, this.#clock.now()) };
  }

  /** Saves the cache. For the end of the process. */
  close(): void {
    this.#projection.close();
  }
}
