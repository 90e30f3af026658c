import { existsSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { environmentReader } from '#electron/environments/reader.ts';
import { appVersion, workerEntry } from '#electron/installation.ts';
import type { DataFolder } from '#electron/storage/data-folder.ts';
import { ownIdentity } from '#electron/storage/process-identity.ts';
import { systemClock } from '#electron/storage/system-clock.ts';
import { signerStatus } from '#shared/logic/signer-status.ts';
import type { CheckValue } from '#shared/logic/validator/check-value.ts';
import type { Clock } from '#shared/model/clock.ts';
import { isRekeyError } from '#shared/model/errors.ts';
import type { EventDraft, LogEvent } from '#shared/model/event.ts';
import type { Settings } from '#shared/model/settings.ts';
import type { SignerStatus } from '#shared/model/signer.ts';
import { FileEventLog, type FileEventLogOptions } from './events/file-event-log.ts';
import { ImportedRotations } from './events/imported-log-records.ts';
import { ExceptionService } from './exceptions/exception-service.ts';
import { RunRegistry } from './rotation/run-registry.ts';
import { EnvironmentStore } from './settings/environment-store.ts';
import { resolveOperator } from './settings/operator.ts';
import { SettingsStore } from './settings/settings-store.ts';
import { SshConnections } from './ssh-connections.ts';
import { StatusService } from './status/status-service.ts';
import { VerdictCache } from './status/verdict-cache.ts';

export interface FoundationOptions {
  folder: DataFolder;
  environment: Readonly<Record<string, string | undefined>>;
  clock?: Clock;
}

/** What every other service stands on, and all that is needed to look. */
export type Foundation = ReturnType<typeof layFoundation>;

/**
 * Settings, environments, log, runs and status: what looks and changes nothing but the settings. It is apart from
 * compose.ts because it loads in a fraction of the time, and people look more often than they rotate.
 */
export function layFoundation({ folder, environment, clock = systemClock }: FoundationOptions) {
  const identity = ownIdentity();
  const append = (draft: EventDraft): LogEvent => log.append(draft);
  const settings = new SettingsStore({ path: folder.settings, clock, identity, append });
  const operator = () => resolveOperator(environment, settings.read());
  // The log asks where it is directly before it asks who acts: one look at the settings answers both.
  let seen: Settings | null = null;
  const logOptions: FileEventLogOptions = {
    folder: () => {
      seen = settings.read();
      return seen.logFolder ?? folder.log;
    },
    clock,
    identity,
    osUser: userInfo().username,
    appVersion,
    operator: () => declaredOrSystem(() => resolveOperator(environment, seen ?? settings.read())),
    verifyWorker: workerEntry(import.meta.dirname, 'log-verify'),
  };
  const log = new FileEventLog(logOptions);
  const store = new EnvironmentStore({ path: folder.environments, clock, identity, append });
  const runs = new RunRegistry({ log, cacheFile: join(folder.cache, 'runs.json') });
  const exceptions = new ExceptionService({
    clock,
    log,
    cacheFile: join(folder.cache, 'exceptions.json'),
  });
  const imported = new ImportedRotations(folder.importedLogs);
  const check = validatorWhenNeeded();
  const ssh = new SshConnections({ folder, settings, environment });
  const status = new StatusService({
    clock,
    environments: store,
    connect: (config) => environmentReader(config, { clock, identity, ssh: ssh.whenNeeded }),
    verdicts: new VerdictCache(join(folder.cache, 'verdicts.json'), check),
    recorded: () => {
      const { openRotation, knowsRotation } = runs.rotations();
      const accepted = exceptions.list({ state: 'active' });
      return {
        openRotation,
        knowsRotation: (id) => knowsRotation(id) || imported.has(id),
        acceptedRisks: (id) => accepted.filter((risk) => risk.environment.id === id),
      };
    },
  });
  return {
    clock,
    environment,
    folder,
    identity,
    settings,
    operator,
    /** Who acts, or the system while nobody said who does. */
    actor: () => declaredOrSystem(operator),
    logOptions,
    log,
    store,
    runs,
    exceptions,
    check,
    status,
    ssh,
    /** How the signing keys stand against their cryptoperiod. What reads them is loaded only where there are some. */
    signerStatus: async (): Promise<SignerStatus> => {
      if (!existsSync(folder.signer)) return signerStatus(null, clock.now());
      const { openSignerFile } = await import('./signer/signer-file.ts');
      const { current } = openSignerFile({ path: folder.signer, clock, identity }).read();
      return signerStatus(current?.dueAt ?? null, clock.now());
    },
    /** Saves caches, lets go of files. */
    close: async (): Promise<void> => {
      runs.close();
      exceptions.close();
      log.close();
      await ssh.close();
    },
  };
}

/** The validator, loaded for the first value that it has to judge. */
function validatorWhenNeeded(): CheckValue {
  let loaded: Promise<CheckValue> | null = null;
  const load = async () => {
    const [{ valueChecker }, { loadZxcvbnPatterns }] = await Promise.all([
      import('#shared/logic/validator/value-check.ts'),
      import('#shared/logic/validator/zxcvbn-patterns.ts'),
    ]);
    return valueChecker(loadZxcvbnPatterns);
  };
  return async (...value) => {
    loaded ??= load();
    return (await loaded)(...value);
  };
}

/** Events that nobody claims are the system's; a wrong REKEY_OPERATOR is reported, not hidden. */
function declaredOrSystem(operator: () => string): { user_id: string; source: 'declared' | 'system' } {
  try {
    return { user_id: operator(), source: 'declared' };
  } catch (error) {
    if (isRekeyError(error, 'operator-unknown')) return { user_id: 'system', source: 'system' };
    throw error;
  }
}
