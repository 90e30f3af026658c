import type { LogEvent } from '#shared/model/event.ts';
import { ReportBegunData, ReportCreatedData, ReportPublishIntendedData } from '#shared/model/report-event.ts';
import type { ListedReport } from '#shared/model/report-making.ts';
import type { EventLog } from '../events/event-log.ts';
import { Projection } from '../events/projection.ts';

/** Raised when the fold or the form of the state changes: a cache of an older one is then ignored. */
const registryVersion = 2;

type Recorded = Omit<ListedReport, 'path'>;
type Begun = Pick<ListedReport, 'from' | 'to' | 'time_zone' | 'by' | 'at'>;

/** A report whose bundle was about to be put in place, and by whom. */
interface Publishing {
  data: ReportPublishIntendedData;
  by: { user_id: string; source: 'declared' | 'system' };
}

interface ReportsState {
  /** Begun and neither made nor given up. */
  begun: Record<string, Begun>;
  /** Of the begun ones. */
  publishing: Record<string, Publishing>;
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
      initial: () => ({ begun: {}, publishing: {}, made: [] }),
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

  /** Reports of which the log does not tell whether their bundles came to their place. */
  publishing(): Publishing[] {
    return Object.values(this.#projection.state.publishing);
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
  if (event.action === 'publish-intended') {
    const intended = ReportPublishIntendedData.safeParse(event.data);
    const by = { user_id: event.user_id, source: event.user_id_source };
    if (intended.success) state.publishing[id] = { data: intended.data, by };
  }
  if (['created', 'cancelled', 'failed'].includes(event.action)) {
    delete state.begun[id];
    delete state.publishing[id];
  }
  const created = event.action === 'created' ? ReportCreatedData.safeParse(event.data) : null;
  if (!created?.success) return;
  const { bundle, sums_sha256, verdict } = created.data;
  state.made.push({ report_id: id, ...begun, bundle, sums_sha256, verdict });
}
