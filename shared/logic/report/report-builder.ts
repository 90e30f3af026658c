import type { EnvironmentReference } from '../../model/environment.ts';
import type { LogEvent } from '../../model/event.ts';
import type {
  Report,
  ReportException,
  ReportLog,
  ReportPeriod,
  ReportRotation,
  ReportSigner,
} from '../../model/report.ts';
import { ReportCreatedData, ReportObservedData } from '../../model/report-event.ts';
import type { ReportPreview } from '../../model/report-making.ts';
import { exceptionAt, foldException, type RecordedException } from '../exception-fold.ts';
import { controlsOf } from './control-mapping.ts';
import { EnvironmentHistory } from './environment-history.ts';
import { counted, type FindingFacts } from './finding-facts.ts';
import { findingsOf, verdictOf } from './findings.ts';
import { type InPeriod, inPeriodOf } from './in-period.ts';
import { LogIntegrity, type SeqRange } from './log-integrity.ts';
import { metricsOf } from './metrics.ts';
import { populationOf } from './population.ts';
import { rotationEntry } from './rotation-entries.ts';
import { RunHistory } from './run-history.ts';
import { type HashText, sampleOf } from './sample.ts';
import type { Source } from './traces.ts';

/** Which report is to be made; fixed before the first event is folded. */
export interface ReportQuestion {
  period: ReportPeriod;
  /** Ids of the environments in scope; null: all. */
  environments: readonly string[] | null;
  /** The id of the `report`/`begun` event; null in a preview. */
  reportId: string | null;
}

/** A log as whoever read it describes it; what its events say of it is added. */
export type ReadLog = Pick<
  ReportLog,
  'id' | 'kind' | 'name' | 'folder' | 'origin' | 'size' | 'root' | 'anchored_by'
>;

/** All that is not in the events. */
export interface ReportFrame {
  generated: Report['generated'];
  /** The own log first. */
  logs: readonly ReadLog[];
  missingLogs: FindingFacts['missingLogs'];
  unconfirmedLogs: FindingFacts['unconfirmedLogs'];
  /** What people call this installation and those whose logs were imported. */
  installations: readonly string[];
}

export interface SignedFrame extends ReportFrame {
  signer: ReportSigner;
  hash: HashText;
}

const timestampPattern = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

/**
 * Folds the events of the logs into a report. A report is a function of the events, in the order in which they are
 * added, the question and the frame. Memory does not grow with the number of events, but with that of environments,
 * keys, open runs, and the rotations of the period.
 *
 * Add the logs one after the other: those that the own log continues (oldest first), the own log, then imported ones.
 */
export class ReportBuilder {
  readonly #question: ReportQuestion;
  readonly #inPeriod: InPeriod;
  readonly #runs: RunHistory;
  readonly #environments = new Map<string, EnvironmentHistory>();
  readonly #logs = new Map<string, LogIntegrity>();
  readonly #exceptions: Record<string, RecordedException> = {};
  readonly #exceptionSources = new Map<string, Source[]>();
  #begunSeq: number | null = null;
  #previousReport: Report['previous_report'] = null;

  constructor(question: ReportQuestion) {
    this.#question = question;
    this.#inPeriod = inPeriodOf(question.period);
    this.#runs = new RunHistory(question.period, this.#inPeriod);
  }

  /**
   * `logId` is the id of one of the frame's logs, `leafIndex` the event's place in its tree, from 0. Never throws for
   * what an event says: one that cannot be folded is a finding.
   */
  add(logId: string, event: LogEvent, leafIndex: number): void {
    const integrity = this.#integrityOf(logId);
    integrity.add(event);
    if (!timestampPattern.test(event.timestamp)) {
      integrity.unreadable(
        { timestamp: this.#question.period.from, seq: event.seq },
        'An event has no readable time.',
      );
      return;
    }
    const source = { log: logId, seq: event.seq };
    try {
      this.#runs.add(event, logId, leafIndex);
      if (event.environment) this.#environmentOf(event, source).add(event, source, this.#inPeriod);
    } catch {
      integrity.unreadable(
        event,
        `Event ${event.seq} is not what it says to be (${event.event_type}/${event.action}).`,
      );
    }
    if (event.event_type === 'exception') this.#exceptionEvent(event, source);
    else if (event.event_type === 'report' && logId === 'own') this.#reportEvent(event, source);
  }

  /** A line of a log that is no event. It counts as a leaf. */
  addUnreadable(logId: string, leafIndex: number): void {
    const at = { timestamp: this.#question.period.from, seq: leafIndex };
    this.#integrityOf(logId).unreadable(at, `Line ${leafIndex + 1} cannot be read as an event.`);
  }

  /** Which events of a log the report rests on: those of the period, and those of the report itself. */
  rangesOf(logId: string): SeqRange[] {
    const integrity = this.#integrityOf(logId);
    const { last_seq: last } = integrity.facts();
    const begun = logId === 'own' ? this.#begunSeq : null;
    return [
      ...(integrity.inPeriodSeqs ? [integrity.inPeriodSeqs] : []),
      ...(begun !== null && last !== null ? [{ firstSeq: begun, lastSeq: last }] : []),
    ];
  }

  /** What was read of an environment for a preview, which leaves nothing in the log. */
  observe(
    environment: { id: string; name: string; stage: EnvironmentHistory['reference']['stage'] },
    data: ReportObservedData,
    at: string,
  ): void {
    let history = this.#environments.get(environment.id);
    if (history === undefined) {
      history = new EnvironmentHistory(environment, at, { log: 'own', seq: 0 });
      history.known = true;
      history.isEnvironment = true;
      this.#environments.set(environment.id, history);
    }
    history.list(data, at, null);
    history.observation = { data, at, source: null };
  }

  /** The report. Throws nothing that its input could cause. */
  finish(frame: SignedFrame): Report {
    const { content, rotations, leaves } = this.#content(frame, frame.signer);
    const own = content.logs[0];
    return {
      ...content,
      report_id: this.#question.reportId ?? '',
      sample: sampleOf(rotations, own?.root ?? '', frame.hash, (id) => leaves.get(id) ?? 0),
      signer: frame.signer,
    };
  }

  /** The same without what only a signed report has. */
  preview(frame: ReportFrame): ReportPreview {
    return this.#content(frame, null).content;
  }

  #content(frame: ReportFrame, signer: ReportSigner | null) {
    const { period } = this.#question;
    const now = frame.generated.at;
    const histories = this.#inScope();
    const inScope = new Set(histories.map(({ reference }) => reference.id));
    const traces = this.#runs.rotations().filter(({ record }) => inScope.has(record.environment.id));
    const rotations = traces.map(rotationEntry).sort(byTime);
    const logs = frame.logs.map((log): ReportLog => ({ ...log, ...this.#integrityOf(log.id).facts() }));
    const { environments, keys, reconciliation } = populationOf({
      environments: histories,
      rotations,
      period,
      now,
    });
    const covers = ({ id }: EnvironmentReference) => inScope.has(id) || this.#isInstallation(id);
    const deviations = this.#runs.deviations.filter(({ environment }) => covers(environment));
    const exceptions = this.#exceptionsAt(now, inScope);
    const drills = this.#runs.drills();
    const checks = {
      made: histories.reduce((sum, { checks }) => sum + checks.made, 0),
      healthy: histories.reduce((sum, { checks }) => sum + checks.healthy, 0),
    };
    const findings = findingsOf({
      period,
      now,
      histories,
      environments,
      keys,
      rotations,
      deviations,
      exceptions,
      openRuns: this.#runs
        .openRuns()
        .filter(({ run }) => covers(run.environment) && !run.drill && !run.dry_run),
      logs,
      missingLogs: frame.missingLogs,
      unconfirmedLogs: frame.unconfirmedLogs,
      signer,
      knowsRotation: (id) => this.#runs.knows(id),
    });
    const metrics = metricsOf({ keys, rotations, checks, period });
    const content: ReportPreview = {
      schema_version: 1,
      kind: 'key-rotation-report',
      title: 'Key rotation report',
      period,
      generated: frame.generated,
      scope: this.#scope(frame, histories),
      verdict: verdictOf(findings, keys.length, environments.length),
      metrics,
      findings,
      controls: controlsOf({
        keys,
        environments: environments.length,
        rotations,
        deviations,
        exceptions,
        drills,
        findings,
        metrics,
        logs,
      }),
      environments,
      population: { keys, reconciliation },
      rotations,
      deviations,
      exceptions,
      drills,
      logs,
      previous_report: this.#previousReport,
    };
    const leaves = new Map(traces.map(({ record, leafIndex }) => [record.rotation_id, leafIndex]));
    return { content, rotations, leaves };
  }

  /** Environments that were there at some time of the period, by name; practice is not one of them. */
  #inScope(): EnvironmentHistory[] {
    const { environments, period } = this.#question;
    const [from, to] = [Date.parse(period.from), Date.parse(period.to)];
    return [...this.#environments.values()]
      .filter(({ isEnvironment, practice, reference, since, removedAt }) => {
        if (!isEnvironment || practice || (environments !== null && !environments.includes(reference.id)))
          return false;
        return Date.parse(since) < to && (removedAt === null || Date.parse(removedAt) >= from);
      })
      .sort((a, b) => {
        const [left, right] = [a.reference, b.reference];
        if (left.name !== right.name) return left.name < right.name ? -1 : 1;
        return left.id < right.id ? -1 : 1;
      });
  }

  /** Runs about the installation itself are told of in a report on everything. */
  #isInstallation(id: string): boolean {
    return this.#question.environments === null && this.#environments.get(id)?.isEnvironment === false;
  }

  #scope({ installations }: ReportFrame, histories: readonly EnvironmentHistory[]): Report['scope'] {
    const { environments } = this.#question;
    const known = installations.length === 1 ? 'this installation' : `${installations.length} installations`;
    const statement =
      environments === null
        ? `All environments known to ${known} at some time of the period: ${histories.length}. Practice is left out, but for drills.`
        : `${counted(environments.length, 'chosen environment')} of those known to ${known}; ${histories.length} of them were there during the period.`;
    return {
      statement,
      chosen: environments === null ? null : this.#referencesOf(environments),
      environments: histories.length,
      installations: [...installations],
    };
  }

  /** As they were asked for, whether or not they were there during the period. */
  #referencesOf(ids: readonly string[]): EnvironmentReference[] {
    return ids.map((id) => {
      const { name, stage } = this.#environments.get(id)?.reference ?? { name: id, stage: 'production' };
      return { id, name, stage };
    });
  }

  #exceptionsAt(now: string, inScope: ReadonlySet<string>): ReportException[] {
    const { period } = this.#question;
    return Object.values(this.#exceptions)
      .map((recorded) => exceptionAt(recorded, now))
      .filter(({ environment, from, until, ended_at }) => {
        const end = ended_at !== null && ended_at < until ? ended_at : until;
        return (
          inScope.has(environment.id) &&
          Date.parse(from) < Date.parse(now) &&
          Date.parse(end) >= Date.parse(period.from)
        );
      })
      .map((exception) => {
        const sources = this.#exceptionSources.get(exception.id) ?? [];
        return { ...exception, log: sources[0]?.log ?? 'own', events: sources.map(({ seq }) => seq) };
      });
  }

  #exceptionEvent(event: LogEvent, source: Source): void {
    foldException(this.#exceptions, event);
    const id = event.action === 'added' ? event.id : String(event.data?.exception_id ?? '');
    if (!Object.hasOwn(this.#exceptions, id)) return;
    this.#exceptionSources.set(id, [...(this.#exceptionSources.get(id) ?? []), source]);
  }

  #reportEvent(event: LogEvent, source: Source): void {
    const { reportId } = this.#question;
    if (event.action === 'begun' && event.id === reportId) this.#begunSeq = event.seq;
    else if (event.action === 'created') {
      const created = ReportCreatedData.safeParse(event.data);
      if (!created.success) return;
      const { report_id, log_size, log_root } = created.data;
      this.#previousReport = { report_id, log_size, log_root };
    } else if (event.action === 'observed' && event.environment) {
      const data = ReportObservedData.safeParse(event.data);
      if (!data.success || data.data.report_id !== reportId) return;
      const history = this.#environments.get(event.environment.id);
      if (history) history.observation = { data: data.data, at: event.timestamp, source };
    }
  }

  #environmentOf(event: LogEvent, source: Source): EnvironmentHistory {
    const reference = event.environment as NonNullable<LogEvent['environment']>;
    const known = this.#environments.get(reference.id);
    if (known) return known;
    const history = new EnvironmentHistory(reference, event.timestamp, source);
    this.#environments.set(reference.id, history);
    return history;
  }

  #integrityOf(logId: string): LogIntegrity {
    const known = this.#logs.get(logId);
    if (known) return known;
    const made = new LogIntegrity(this.#inPeriod);
    this.#logs.set(logId, made);
    return made;
  }
}

function byTime(a: ReportRotation, b: ReportRotation): number {
  if (a.planned_at !== b.planned_at) return a.planned_at < b.planned_at ? -1 : 1;
  return a.rotation_id < b.rotation_id ? -1 : 1;
}
