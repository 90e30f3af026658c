import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { connectEnvironment } from '#electron/environments/connect.ts';
import { ConnectionPool } from '#electron/environments/ssh/connection-pool.ts';
import { appVersion, resourceFile, workerEntry } from '#electron/installation.ts';
import { writeFileAtomic } from '#electron/storage/atomic-file.ts';
import { ExclusiveSection } from '#electron/storage/exclusive-section.ts';
import { holdsServiceStopped } from '#shared/logic/rotation-machine.ts';
import { UuidV7Generator } from '#shared/logic/uuid-v7.ts';
import { validateStartup } from '#shared/logic/validator/startup-validation.ts';
import type { EnvironmentConfig, Parser, Stage } from '#shared/model/environment.ts';
import type { EventDraft, LogEvent, LogHealth } from '#shared/model/event.ts';
import { keyRules } from '#shared/model/key-catalog.ts';
import { RotationTotalsRegistry } from './agent/rotation-totals-registry.ts';
import type { NotifyDesktop } from './alerts/alert-delivery.ts';
import { composeAlerts } from './alerts/compose-alerts.ts';
import { composeKeychain } from './compose-keychain.ts';
import { EnvironmentService } from './environments/environment-service.ts';
import { lookAtHosts, requireKnownHosts } from './environments/host-keys.ts';
import { Checkpoints } from './events/checkpoints.ts';
import { Cosignatures } from './events/cosignatures.ts';
import { Cosigner } from './events/cosigner.ts';
import { DailyLogCheck } from './events/daily-check.ts';
import { EventHistory } from './events/event-history.ts';
import { ImportedLogs } from './events/imported-logs.ts';
import { KnownLogs } from './events/known-logs.ts';
import { exportLog } from './events/log-export.ts';
import { moveLog } from './events/log-move.ts';
import { LogSnapshot } from './events/log-snapshot.ts';
import { systemLog, theSystem } from './events/system-log.ts';
import { RiskAcceptance } from './exceptions/risk-acceptance.ts';
import type { Foundation } from './foundation.ts';
import { MetricsHistory } from './metrics/metrics-history.ts';
import { forgetEnvironment } from './practice/forget-environment.ts';
import { PracticeEnvironment } from './practice/practice-environment.ts';
import type { ServiceLauncher } from './practice/service-launcher.ts';
import { BundleMaker } from './reports/bundle-maker.ts';
import { ReportRegistry } from './reports/report-registry.ts';
import { ReportService } from './reports/report-service.ts';
import { DirectRotation } from './rotation/direct-rotation.ts';
import { Recovery } from './rotation/recovery.ts';
import type { RotationDependencies } from './rotation/rotation-dependencies.ts';
import { RotationEngine } from './rotation/rotation-engine.ts';
import { EvidenceStore } from './runbooks/evidence-store.ts';
import { RunFolders } from './runbooks/run-folders.ts';
import { GuidedRuns } from './runbooks/run-service.ts';
import { RunbookLibrary } from './runbooks/runbook-library.ts';
import { withoutSecrets } from './secrets/environment-redactor.ts';
import { generateValue } from './secrets/generate-value.ts';
import { pem } from './signer/certificates.ts';
import { recordedEvent } from './signer/recorded-event.ts';
import { type ReplaceSignerRequest, replaceSigner } from './signer/replace-signer.ts';
import { exportSigner, writePublicFiles } from './signer/signer-export.ts';
import { SignerService } from './signer/signer-service.ts';
import { checkpointsAbroad, logOrigin, trustPoint } from './signer/trust-point.ts';
import { TrustedSigners } from './signer/trusted-signers.ts';
import { StatusMemory } from './status/status-memory.ts';
import { validateFile } from './status/validate-file.ts';
import { composeTasks } from './tasks/compose-tasks.ts';
import { BundleVerifier } from './verification/bundle-verifier.ts';
import { ReportVerification } from './verification/report-verification.ts';

export interface ComposeOptions {
  /** How the practice service is started: plain Node for the command, a utility process for the window. */
  launcher: ServiceLauncher;
  /** Something that the person should know and that is no error. */
  warn?: (line: string) => void;
  /** Only a window has a desktop to notify. */
  notifyDesktop?: NotifyDesktop;
}

/** Everything that the window and the command are doors to. */
export type Services = ReturnType<typeof composeServices>;

/** Builds every other service on the foundation. Opens nothing yet: each reads what it needs when it is asked. */
export function composeServices(
  foundation: Foundation,
  { launcher, warn = () => {}, notifyDesktop }: ComposeOptions,
) {
  const {
    clock,
    environment,
    folder,
    identity,
    settings,
    operator,
    actor,
    logOptions,
    log,
    store,
    runs,
    exceptions,
    check,
    status,
    ssh,
  } = foundation;
  const ids = new UuidV7Generator(randomBytes);
  const newId = () => ids.next(clock.now());
  const append = (draft: EventDraft): LogEvent => log.append(draft);
  const history = new EventHistory(log);

  const { keychain, credentials, sealed } = composeKeychain(foundation, { newId, warn });

  const signer = new SignerService({
    path: folder.signer,
    clock,
    identity,
    sealed,
    append,
    recorded: (action, id) => recordedEvent(log, 'access', action, id),
    section: new ExclusiveSection({ path: `${folder.signer}.section`, identity, clock }, 'The signer'),
    newId,
  });
  const trustedSigners = new TrustedSigners({
    path: folder.trustedSigners,
    clock,
    identity,
    append,
    operator,
    own: () => signer.own(),
  });

  const publicKeys = () => ({
    facts: signer.requireFacts(),
    view: signer.view(),
    origin: logOrigin(log),
    now: clock.now().toISOString(),
  });

  const checkpoints = new Checkpoints({
    log,
    folder: logOptions.folder,
    keys: signer,
    clock,
    identity,
    warn,
  });
  log.onAppend((event) => checkpoints.notice(event));
  const knownLogs = new KnownLogs({ path: folder.cosigned, clock, identity });
  const ownOrigin = () => LogSnapshot.originOf(log);
  const importedLogs = new ImportedLogs({
    folder: folder.importedLogs,
    known: knownLogs,
    clock,
    identity,
    append,
    ownOrigin,
  });

  const practice: PracticeEnvironment = new PracticeEnvironment({
    folder: folder.practice,
    environments: store,
    log,
    clock,
    launcher,
    heldStopped: (environmentId) =>
      runs.openRuns(environmentId).some((run) => run.rotations.some(holdsServiceStopped)),
    forget: forgetEnvironment({ log, runs, sealed }),
  });
  const sshPool = () => ssh.with(ConnectionPool, () => keychain.credentials());
  const connect = (config: EnvironmentConfig) =>
    connectEnvironment(config, {
      clock,
      identity,
      credentials,
      ssh: sshPool,
      builtins: config.practice ? practice.commands : undefined,
    });

  const words = withoutSecrets({ open: (id) => connect(store.find(id)), list: () => store.list() }, sealed);
  const environments = new EnvironmentService({
    clock,
    log,
    store,
    connect,
    credentials: () => credentials,
    check,
    operator,
    openRotation: (environmentId, key) => runs.openRotation(environmentId, key),
    openRuns: (environmentId) => runs.openRuns(environmentId),
    status: (environmentId) => status.environment(environmentId),
    isOver: (runId) => runs.isOver(runId),
    lookAtHosts: async (addresses) =>
      lookAtHosts(addresses, { pool: sshPool(), configFile: environment.REKEY_SSH_CONFIG }),
    requireKnownHosts: async (connector, environmentId, given) =>
      requireKnownHosts(connector, environmentId, {
        knownHosts: folder.knownHosts,
        configFile: environment.REKEY_SSH_CONFIG,
        pool: sshPool(),
        ...given,
      }),
    withoutSecrets: words,
  });

  const bundleVerifier = new BundleVerifier(workerEntry(import.meta.dirname, 'bundle-verify'));
  const reportWorker = workerEntry(import.meta.dirname, 'report');
  const reportRegistry = new ReportRegistry({ log, cacheFile: join(folder.cache, 'reports.json') });
  const reports = new ReportService({
    clock,
    log,
    identity,
    environments: store,
    status,
    keys: signer,
    checkpoints,
    maker: new BundleMaker({ keys: signer, checkpoints, verifier: bundleVerifier, worker: reportWorker }),
    registry: reportRegistry,
    importedLogs: () =>
      importedLogs.list().map((one) => ({ ...one, checkpoint: importedLogs.checkpoint(one) })),
    operator: actor,
    appVersion,
    folder: folder.reports,
    scratch: folder.cache,
    worker: reportWorker,
  });

  const dependencies: RotationDependencies = {
    clock,
    log,
    runs,
    environments,
    sealed,
    status: (environmentId) => status.environment(environmentId),
    generate: generateValue,
    check,
    validate: (config, values) => validateStartup(config.stage, keyRules(config.keys), values, check),
    operator,
    newId,
  };
  const rotations = new RotationEngine(dependencies);
  const folders = new RunFolders(folder.runs);
  const evidence = new EvidenceStore({ folders, clock });
  const direct: DirectRotation = new DirectRotation(dependencies, rotations, {
    keepEvidence: (run, given) => guided.keepEvidence(run, given),
    withoutSecrets: words,
  });
  const directBySystem = (): DirectRotation => {
    const bySystem = { ...dependencies, log: systemLog(log), operator: () => theSystem.user_id };
    return new DirectRotation(bySystem, new RotationEngine(bySystem), {
      keepEvidence: (run, given) => guided.keepEvidence(run, given),
      withoutSecrets: words,
    });
  };
  const statuses = new StatusMemory({ clock, log, status });
  const tasks = composeTasks(foundation, {
    environments,
    keychain,
    reports,
    direct: (by) => (by === 'system' ? directBySystem() : direct),
    withoutSecrets: words,
    statuses,
  });
  const rotationTotals = new RotationTotalsRegistry({
    log,
    cacheFile: join(folder.cache, 'rotation-totals.json'),
  });
  const metrics = new MetricsHistory({ clock, log, cacheFile: join(folder.cache, 'metrics.json') });
  const alerts = composeAlerts(foundation, {
    credentials,
    keychain,
    statuses,
    tasks: tasks.registry,
    automaticHalts: tasks.automaticHalts,
    withoutSecrets: words,
    notifyDesktop: notifyDesktop ?? null,
  });
  const runbooks = new RunbookLibrary({
    builtInFolder: resourceFile(import.meta.dirname, 'runbooks'),
    customFolder: folder.runbooks,
    clock,
    lastDrill: (id) =>
      runs.list().find((run) => run.drill && run.runbook === id && run.ended_at)?.ended_at ?? null,
  });
  const replaceKeys = async (request: ReplaceSignerRequest) =>
    replaceSigner(signer, log, { ...request, reason: await words(null, request.reason) });
  const guided: GuidedRuns = new GuidedRuns({
    ...dependencies,
    log,
    history,
    rotations,
    environments,
    library: runbooks,
    evidence,
    folders,
    signer: {
      installationId: () => signer.installationId(),
      view: () => signer.view(),
      checkpointsAbroad: () => checkpointsAbroad(log),
      trustPoint: (given) => trustPoint(given, log, signer.requireFacts()),
      replace: replaceKeys,
      replacedBy: (runId) => signer.replacedBy(runId),
      writePublicFiles: (to) => writePublicFiles(to, publicKeys()),
    },
    probeKeychain: () => keychain.probe(),
    contacts: () => settings.read().contacts,
    resumeDirect: (runId) => direct.resume(runId),
  });

  return {
    clock,
    folder,
    settings,
    operator,
    log,
    history,
    keychain,
    runs,
    status,
    environments,
    practice,
    signer,
    trustedSigners,
    exceptions,
    risks: new RiskAcceptance({
      clock,
      log,
      exceptions,
      environments: store,
      operator,
      withoutSecrets: words,
    }),
    reports,
    tasks: tasks.runner,
    scheduler: tasks.scheduler,
    automaticHalts: tasks.automaticHalts,
    alerts,
    statuses,
    taskRegistry: tasks.registry,
    rotationTotals,
    metrics,
    reportVerification: new ReportVerification(bundleVerifier, () => trustedSigners.known()),
    rotations,
    direct,
    recovery: new Recovery(dependencies, words),
    runbooks,
    guided,
    check,
    validateFile: (path: string, stage: Stage, parser: Parser) =>
      validateFile(path, stage, parser, connect, check),
    /** Makes the keys on first use. */
    exportSigner: async (to: string) => {
      await signer.ensure();
      return exportSigner(to, publicKeys());
    },
    /** PEM; written to the file as well where one is given. Makes the keys on first use. */
    certificateRequest: async (path: string | null): Promise<string> => {
      await signer.ensure();
      const request = pem('CERTIFICATE REQUEST', await signer.request());
      if (path !== null) writeFileAtomic(path, request);
      return request;
    },
    replaceSigner: replaceKeys,
    checkpoints,
    cosigner: new Cosigner({ known: knownLogs, keys: signer, clock, append, ownOrigin }),
    cosignatures: new Cosignatures({ log, checkpoints, known: knownLogs, clock, append }),
    importedLogs,
    dailyLogCheck: new DailyLogCheck({
      log,
      clock,
      markFile: join(folder.cache, 'log-check.json'),
      checked: () => checkpoints.makeSoon(),
    }),
    exportLog: (to: string) => exportLog({ log, checkpoints, clock }, to),
    moveLog: async (to: string, reason: string): Promise<LogHealth> => {
      const kept = await words(null, reason);
      moveLog(log, logOptions, to, kept, (moved) => settings.setLogFolder(moved));
      return log.health();
    },
    /** Accepts a reported corruption, so that rotations can go on. */
    acknowledgeLog: async (reason: string): Promise<LogHealth> => {
      log.acknowledge(await words(null, reason));
      return log.health();
    },
    /** Stops tasks, saves caches, wipes what the vault holds in memory, lets go of files. */
    close: async (): Promise<void> => {
      await tasks.close();
      alerts.close();
      rotationTotals.close();
      metrics.close();
      await checkpoints.settled();
      if (launcher.lifetime === 'with-launcher') await practice.stop();
      reportRegistry.close();
      keychain.lock();
      await foundation.close();
    },
  };
}
