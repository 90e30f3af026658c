import type { LogEvent } from '#shared/model/event.ts';
import { ReportBegunData, ReportCreatedData } from '#shared/model/report-event.ts';
import type { ListedReport } from '#shared/model/report-making.ts';
import type { EventLog } from '../events/event-log.ts';
import { Projection } from '../events/projection.ts';

/** Raised when the fold or the form of the state changes: a cache of an older one is then ignored. */
const registryVersion = 1;

type Recorded = Omit<ListedReport, 'path'>;
type Begun = Pick<ListedReport, 'from' | 'to' | 'time_zone' | 'by' | 'at'>;

interface ReportsState {
  /** Begun and neither made nor given up. */
  begun: Record<string, Begun>;
  /** Oldest first. */
  made: Recorded[];
}

/** The reports that were made, as the log tells them. */
export class ReportRegistry {
  readonly #projection: Projection<ReportsState>;

  /** `cacheFile`: such as `<data>/cache/reports.json`. */
  constructor(options: { log: EventLog; cacheFile: string }) {
    this.#projection = new Projection<ReportsState>({
      ...options,
      version: registryVersion,
      initial: () => ({ begun: {}, made: [] }),
      apply: (state, event) => {
        foldReport(state, event);
        return state;
      },
      parse: (json) => json as ReportsState,
    });
  }

  /** Newest first. */
  list(): Recorded[] {
    return [...this.#projection.state.made].reverse();
  }

  close(): void {
    this.#projection.close();
  }
}

function foldReport(state: ReportsState, event: LogEvent): void {
  if (event.event_type !== 'report') return;
  if (event.action === 'begun') {
    const data = ReportBegunData.safeParse(event.data);
    if (!data.success) return;
    const { from, to, time_zone } = data.data;
    state.begun[event.id] = { from, to, time_zone, by: event.user_id, at: event.timestamp };
    return;
  }
  const id = event.data?.report_id;
  const begun = typeof id === 'string' ? state.begun[id] : undefined;
  if (begun === undefined || typeof id !== 'string') return;
  if (['created', 'cancelled', 'failed'].includes(event.action)) delete state.begun[id];
  const created = event.action === 'created' ? ReportCreatedData.safeParse(event.data) : null;
  if (!created?.success) return;
  const { bundle, sums_sha256, verdict } = created.data;
  state.made.push({ report_id: id, ...begun, bundle, sums_sha256, verdict });
}
