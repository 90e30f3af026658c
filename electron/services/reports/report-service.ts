import { existsSync, renameSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { syncFolder } from '#electron/storage/atomic-file.ts';
import type { ProcessIdentity } from '#electron/storage/process-identity.ts';
import { lastFullWeek, lastSevenDays } from '#shared/logic/report/period.ts';
import type { Clock } from '#shared/model/clock.ts';
import type { EnvironmentConfig, EnvironmentReference } from '#shared/model/environment.ts';
import { isRekeyError } from '#shared/model/errors.ts';
import type { LogEvent } from '#shared/model/event.ts';
import type {
  ReportBegunData,
  ReportCreatedData,
  ReportEndedData,
  ReportObservedData,
  ReportPublishIntendedData,
} from '#shared/model/report-event.ts';
import {
  type CreatedReport,
  type ListedReport,
  type ReportPreview,
  type ReportProgress,
  ReportRequest,
  type ReportStage,
} from '#shared/model/report-making.ts';
import type { Checkpoints } from '../events/checkpoints.ts';
import type { FileEventLog } from '../events/file-event-log.ts';
import type { LogExtent } from '../events/log-snapshot.ts';
import type { SigningKeys } from '../signer/signing-keys.ts';
import type { StatusService } from '../status/status-service.ts';
import type { BundleMaker, MadeBundle } from './bundle-maker.ts';
import { settlePublications } from './interrupted-publication.ts';
import { observationOf } from './observation.ts';
import { bundleExists, writeError } from './report-errors.ts';
import type { ReportRegistry } from './report-registry.ts';
import {
  bundleName,
  type KnownEnvironments,
  type UnderstoodRequest,
  understood,
  withReason,
} from './report-request.ts';
import { shareOfWhole } from './report-stages.ts';
import type { ImportedLogSource, LogSources } from './report-task.ts';
import { runReportTask } from './report-thread.ts';
import { removeStaleWork, WorkingFolder } from './working-folder.ts';

export interface ReportServiceOptions {
  clock: Clock;
  log: FileEventLog;
  identity: ProcessIdentity;
  environments: KnownEnvironments;
  status: Pick<StatusService, 'reading'>;
  keys: Pick<SigningKeys, 'ensure' | 'sign'>;
  checkpoints: Pick<Checkpoints, 'make' | 'at'>;
  maker: BundleMaker;
  registry: ReportRegistry;
  /** Logs of other installations that were imported here. */
  importedLogs: () => readonly ImportedLogSource[];
  /** Who acts, for a preview: what is recorded says it by itself. */
  operator: () => { user_id: string; source: 'declared' | 'system' };
  appVersion: string;
  /** Where bundles go unless another folder is named: `<data>/reports`. */
  folder: string;
  /** For what a preview derives on the way: `<data>/cache`. */
  scratch: string;
  /** electron/workers/report.ts, or what it is bundled to. */
  worker: string;
}

export interface CreateOptions {
  /** The folder in which the bundle is put. Default: the folder of reports. */
  out?: string | undefined;
  /** Also as a stored zip beside it. */
  zip?: boolean | undefined;
  signal?: AbortSignal | undefined;
  onProgress?: ((progress: ReportProgress) => void) | undefined;
}

/** How far the making of one report has come, for whoever is told and for the record of a failure. */
class Stages {
  current: ReportStage = 'check';
  readonly #onProgress: CreateOptions['onProgress'];

  constructor(onProgress: CreateOptions['onProgress']) {
    this.#onProgress = onProgress;
  }

  readonly at = (stage: ReportStage, share: number): void => {
    this.current = stage;
    this.#onProgress?.({ stage, share: shareOfWhole(stage, share) });
  };
}

/**
 * Makes signed reports (docs/report-format.md). What is read for one is recorded first, so that the report is a
 * function of the log; the bundle is built and checked in a folder beside its target, by threads, and put in place when
 * it is whole.
 */
export class ReportService {
  readonly #options: ReportServiceOptions;

  constructor(options: ReportServiceOptions) {
    this.#options = options;
  }

  /** The request for the last week that is over, Monday to Sunday, of all environments. Throws `invalid-input`. */
  lastWeek(timeZone: string): ReportRequest {
    const days = withReason(() => lastFullWeek(this.#options.clock.now(), timeZone));
    return ReportRequest.parse({ ...days, timeZone });
  }

  /** The request for the seven days before today, of all environments. Throws `invalid-input`. */
  lastSevenDays(timeZone: string): ReportRequest {
    const days = withReason(() => lastSevenDays(this.#options.clock.now(), timeZone));
    return ReportRequest.parse({ ...days, timeZone });
  }

  /** Reports that were made, newest first, and where their bundles lie if they are still in the folder of reports. */
  list(): ListedReport[] {
    this.#settle();
    return this.#options.registry.list().map((report): ListedReport => {
      const path = join(this.#options.folder, report.bundle);
      return { ...report, path: existsSync(join(path, 'SHA256SUMS')) ? path : null };
    });
  }

  /** Removes what interrupted reports left in the folder of reports, and records bundles that came to their place. */
  removeStaleWork(): string[] {
    const { folder, scratch, identity, clock } = this.#options;
    const removed = [folder, scratch].flatMap((target) => removeStaleWork(target, identity, clock.now()));
    this.#settle();
    return removed;
  }

  #settle(): void {
    const { log, ...options } = this.#options;
    settlePublications({ ...options, append: (draft) => log.append(draft) });
  }

  /** What a report would say now. Reads every environment; records, signs and writes nothing. Throws `invalid-input`. */
  async preview(
    request: ReportRequest,
    { signal, onProgress }: Pick<CreateOptions, 'signal' | 'onProgress'> = {},
  ): Promise<ReportPreview> {
    const { clock, identity, log, operator, appVersion, worker } = this.#options;
    const { period, chosen, environments } = understood(request, this.#options.environments, clock.now());
    const stages = new Stages(onProgress);
    const observations: { environment: EnvironmentReference; data: ReportObservedData }[] = [];
    await this.#readEach(environments, stages, signal, (config, data) => {
      observations.push({ environment: referenceOf(config), data });
    });
    const at = clock.now().toISOString();
    const { user_id: by, source: by_source } = operator();
    const extent = log.snapshot();
    const work = WorkingFolder.make(this.#options.scratch, identity);
    try {
      return await runReportTask<'preview'>(
        worker,
        {
          kind: 'preview',
          question: { period, environments: chosen, reportId: null },
          logs: this.#sources(extent, extent?.size ?? 0),
          author: { at, by, by_source, host: identity.host, app_version: appVersion },
          observations,
          scratch: work.scratch,
        },
        { onProgress: stages.at, signal },
      );
    } catch (error) {
      throw writeError(error);
    } finally {
      work.remove();
    }
  }

  /**
   * Makes a report: reads every environment (as events), builds and signs the bundle, verifies it as a stranger would,
   * sees that damaged copies are refused, and puts it in place. When this throws there is no bundle, and the log says
   * why. Throws `invalid-input`, `environment-unknown`, `file-exists`, `disk-full`, `no-write-permission`, a keychain
   * or log error, or the signal's reason.
   */
  async create(request: ReportRequest, options: CreateOptions = {}): Promise<CreatedReport> {
    const { clock, identity, log, keys } = this.#options;
    const asked = understood(request, this.#options.environments, clock.now());
    const target = resolve(options.out ?? this.#options.folder);
    removeStaleWork(target, identity, clock.now());
    this.#settle();
    const stages = new Stages(options.onProgress);
    await keys.ensure();
    const { signal } = options;
    await log.verify({ onProgress: (share) => stages.at('check', share), ...(signal ? { signal } : {}) });
    const work = this.#workIn(target);
    let begun: LogEvent | null = null;
    try {
      begun = this.#begin(request, asked);
      return await this.#make(request, asked, begun, { ...options, out: target }, work, stages);
    } catch (cause) {
      const error = signal?.aborted ? signal.reason : writeError(cause);
      if (begun !== null) this.#recordEnd(begun, stages.current, signal?.aborted === true, error);
      throw error;
    } finally {
      work.remove();
    }
  }

  async #make(
    request: ReportRequest,
    asked: UnderstoodRequest,
    begun: LogEvent,
    options: CreateOptions & { out: string },
    work: WorkingFolder,
    stages: Stages,
  ): Promise<CreatedReport> {
    const { log, checkpoints, maker } = this.#options;
    const name = bundleName(asked.period, begun.id);
    const place = join(options.out, name);
    const zip = options.zip === true ? `${place}.zip` : null;
    for (const path of [place, ...(zip ? [zip] : [])]) if (existsSync(path)) throw bundleExists(path);

    await this.#readEach(asked.environments, stages, options.signal, (config, data) => {
      log.append({
        event_type: 'report',
        action: 'observed',
        environment: referenceOf(config),
        data: { ...data, report_id: begun.id },
      });
    });
    stages.at('checkpoint', 0);
    const checkpoint = await checkpoints.make();
    const made = await maker.make({
      work,
      name,
      zip: zip !== null,
      question: { period: asked.period, environments: asked.chosen, reportId: begun.id },
      logs: this.#sources(log.snapshot(), checkpoint.size),
      author: {
        at: begun.timestamp,
        by: begun.user_id,
        by_source: begun.user_id_source,
        host: begun.host,
        app_version: begun.app_version,
      },
      checkpoint,
      paper: request.paper,
      onProgress: stages.at,
      signal: options.signal,
    });
    options.signal?.throwIfAborted();
    stages.at('publish', 0);
    const created = createdData(begun, name, made, checkpoint.size);
    const folder = resolve(options.out) === resolve(this.#options.folder) ? null : resolve(options.out);
    this.#record('publish-intended', { ...created, folder });
    this.#publish(work, place, zip, () => this.#record('created', created));
    stages.at('publish', 1);
    return { report_id: begun.id, bundle: place, zip, verified: true, verdict: made.verdict };
  }

  /** Puts bundle and zip in place, then records them; takes them away again when that fails. */
  #publish(work: WorkingFolder, place: string, zip: string | null, record: () => void): void {
    for (const path of [place, ...(zip ? [zip] : [])]) if (existsSync(path)) throw bundleExists(path);
    try {
      renameSync(work.bundle, place);
      if (zip !== null) renameSync(work.zip, zip);
      syncFolder(resolve(place, '..'));
      record();
    } catch (error) {
      // What is not in the log must not be there either.
      rmSync(place, { recursive: true, force: true });
      if (zip !== null) rmSync(zip, { force: true });
      throw error;
    }
  }

  /** Reads environments one after the other, so that others get their turn in between. */
  async #readEach(
    environments: readonly EnvironmentConfig[],
    stages: Stages,
    signal: AbortSignal | undefined,
    use: (config: EnvironmentConfig, data: ReportObservedData) => void,
  ): Promise<void> {
    const turn = async () => {
      await setImmediate();
      signal?.throwIfAborted();
    };
    for (const [index, config] of environments.entries()) {
      await turn();
      use(config, observationOf(await this.#options.status.reading(config.id, turn), ''));
      stages.at('observe', (index + 1) / environments.length);
    }
  }

  #begin({ paper }: ReportRequest, { period, chosen }: UnderstoodRequest): LogEvent {
    const data: ReportBegunData = {
      from: period.first_day,
      to: period.last_day,
      time_zone: period.time_zone,
      environments: chosen,
      paper,
    };
    return this.#options.log.append({ event_type: 'report', action: 'begun', data: { ...data } });
  }

  #record(action: 'publish-intended', data: ReportPublishIntendedData): void;
  #record(action: 'created', data: ReportCreatedData): void;
  #record(action: string, data: object): void {
    this.#options.log.append({ event_type: 'report', action, data: { ...data } });
  }

  /** A log that cannot be written is perhaps why there is no report: then its beginning has no end, and that shows it. */
  #recordEnd(begun: LogEvent, stage: ReportStage, cancelled: boolean, error: unknown): void {
    const known = isRekeyError(error) ? error : null;
    const data: ReportEndedData = {
      report_id: begun.id,
      stage,
      code: cancelled ? null : (known?.code ?? 'internal'),
      message: cancelled ? null : (known?.message ?? 'Something unexpected went wrong.'),
    };
    try {
      const action = cancelled ? 'cancelled' : 'failed';
      this.#options.log.append({ event_type: 'report', action, data: { ...data } });
    } catch (failure) {
      if (!isRekeyError(failure)) throw failure;
    }
  }

  #workIn(target: string): WorkingFolder {
    try {
      return WorkingFolder.make(target, this.#options.identity);
    } catch (error) {
      throw writeError(error);
    }
  }

  #sources(own: LogExtent | null, size: number): LogSources {
    return { own, size, name: this.#options.identity.host, imported: this.#options.importedLogs() };
  }
}

function createdData(begun: LogEvent, bundle: string, made: MadeBundle, size: number): ReportCreatedData {
  return {
    report_id: begun.id,
    bundle,
    sums_sha256: made.sumsSha256,
    log_size: size,
    log_root: made.root,
    report_key: made.reportKey,
    verdict: made.verdict.level,
  };
}

function referenceOf({ id, name, stage }: EnvironmentConfig): EnvironmentReference {
  return { id, name, stage };
}
