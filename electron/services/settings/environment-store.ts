import type { ProcessIdentity } from '#electron/storage/process-identity.ts';
import { VersionedFile } from '#electron/storage/versioned-file.ts';
import { placeInWords, sharePlace } from '#shared/logic/connector-places.ts';
import type { Clock } from '#shared/model/clock.ts';
import { type EnvironmentConfig, EnvironmentsFile } from '#shared/model/environment.ts';
import { RekeyError } from '#shared/model/errors.ts';
import type { EventDraft } from '#shared/model/event.ts';
import { environmentChanges } from './environment-patch.ts';

export interface EnvironmentStoreOptions {
  path: string;
  clock: Clock;
  identity: ProcessIdentity;
  /** Each change is an event first: when it cannot be recorded, nothing changes. */
  append: (draft: EventDraft) => void;
}

/** `environments.json`: which environments this installation knows, and how they are reached. */
export class EnvironmentStore {
  readonly #file: VersionedFile<EnvironmentsFile>;
  readonly #append: (draft: EventDraft) => void;

  constructor({ path, clock, identity, append }: EnvironmentStoreOptions) {
    this.#file = new VersionedFile({
      path,
      what: 'The environments',
      schema: EnvironmentsFile,
      version: 1,
      initial: { schemaVersion: 1, environments: [] },
      identity,
      clock,
    });
    this.#append = append;
  }

  list(): readonly EnvironmentConfig[] {
    return this.#file.read().environments;
  }

  /** By id, or by name without regard to case. Throws `environment-unknown`. */
  find(nameOrId: string): EnvironmentConfig {
    const environments = this.list();
    const wanted = nameOrId.trim().toLowerCase();
    const found =
      environments.find(({ id }) => id === wanted) ??
      environments.find(({ name }) => name.toLowerCase() === wanted);
    if (found) return found;
    throw new RekeyError('environment-unknown', {
      message: `There is no environment "${nameOrId}".`,
      remedy:
        environments.length === 0
          ? 'Add one with "rekey env add".'
          : `Known are: ${environments.map(({ name }) => name).join(', ')}.`,
    });
  }

  /** `data` goes into the event. Throws `environment-exists` when the name or the file is taken. */
  add(config: EnvironmentConfig, data: Record<string, unknown> = {}): void {
    this.#update(
      (environments) => {
        requireFree(environments, config);
        return [...environments, config];
      },
      {
        ...eventOf(config, 'added'),
        data: {
          path: placeInWords(config.connector),
          parser: config.connector.parser,
          practice: config.practice,
          ...data,
        },
      },
    );
  }

  /**
   * Replaces the configuration `before`, from which `config` was made. Throws `conflict` when somebody else has
   * changed it since it was read, `environment-unknown` when it is gone, `environment-exists`.
   */
  replace(before: EnvironmentConfig, config: EnvironmentConfig): void {
    const changes = environmentChanges(before, config);
    if (changes.length === 0) return;
    this.#update(
      (environments) => {
        requireUnchanged(
          environments.find(({ id }) => id === before.id),
          before,
        );
        requireFree(
          environments.filter(({ id }) => id !== config.id),
          config,
        );
        return environments.map((existing) => (existing.id === config.id ? config : existing));
      },
      { ...eventOf(config, 'changed'), data: { changes } },
    );
  }

  /** Forgets the environment; its files are not touched. `data` goes into the event. Throws `environment-unknown`. */
  remove(id: string, data: Record<string, unknown> | null = null): void {
    this.#update((environments) => environments.filter((existing) => existing.id !== id), {
      ...eventOf(this.find(id), 'removed'),
      data,
    });
  }

  #update(change: (environments: EnvironmentConfig[]) => EnvironmentConfig[], event: EventDraft): void {
    this.#file.update(
      (file) => ({ ...file, environments: change(file.environments) }),
      () => this.#append(event),
    );
  }
}

function eventOf(config: EnvironmentConfig, action: string): EventDraft {
  return {
    event_type: 'environment',
    action,
    environment: { id: config.id, name: config.name, stage: config.stage },
  };
}

function requireUnchanged(now: EnvironmentConfig | undefined, before: EnvironmentConfig): void {
  if (now === undefined) {
    throw new RekeyError('environment-unknown', {
      message: `The environment "${before.name}" was removed meanwhile.`,
      remedy: 'Add it again if it is still needed.',
    });
  }
  if (JSON.stringify(now) === JSON.stringify(before)) return;
  throw new RekeyError('conflict', {
    message: `The configuration of "${now.name}" was changed by somebody else meanwhile.`,
    remedy: 'Look at it again, and repeat your change if it is still needed.',
  });
}

function requireFree(others: readonly EnvironmentConfig[], config: EnvironmentConfig): void {
  const sameName = others.find(({ name }) => name.toLowerCase() === config.name.toLowerCase());
  if (sameName) {
    throw new RekeyError('environment-exists', {
      message: `There is an environment "${sameName.name}" already.`,
      remedy: 'Choose another name.',
    });
  }
  const same = others.find(
    ({ id, connector }) => id === config.id || sharePlace(connector, config.connector),
  );
  if (same) {
    throw new RekeyError('environment-exists', {
      message: `"${same.name}" is this file already.`,
      remedy: 'Use that environment, or remove it first.',
    });
  }
}
