import { JsonFile } from '#electron/storage/json-file.ts';
import type { Clock } from '#shared/model/clock.ts';
import { type EnvironmentConfig, EnvironmentsFile } from '#shared/model/environment.ts';
import { RekeyError } from '#shared/model/errors.ts';

/** `environments.json`: which environments this installation knows, and how they are reached. */
export class EnvironmentStore {
  readonly #file: JsonFile<EnvironmentsFile>;

  constructor(options: { path: string; clock: Clock }) {
    this.#file = new JsonFile({
      path: options.path,
      schema: EnvironmentsFile,
      version: 1,
      initial: { schemaVersion: 1, environments: [] },
      name: 'the environments',
      clock: options.clock,
    });
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

  /** Throws `environment-exists` when the name or the file is taken. */
  add(config: EnvironmentConfig): void {
    this.#update((environments) => {
      requireFree(environments, config);
      return [...environments, config];
    });
  }

  /** Replaces the environment of the same id. */
  replace(config: EnvironmentConfig): void {
    this.#update((environments) => {
      const others = environments.filter(({ id }) => id !== config.id);
      if (others.length === environments.length) this.find(config.id);
      requireFree(others, config);
      return environments.map((existing) => (existing.id === config.id ? config : existing));
    });
  }

  remove(id: string): void {
    this.#update((environments) => environments.filter((existing) => existing.id !== id));
  }

  #update(change: (environments: EnvironmentConfig[]) => EnvironmentConfig[]): void {
    this.#file.update((file) => ({ ...file, environments: change(file.environments) }));
  }
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
    ({ id, connector }) => id === config.id || connector.path === config.connector.path,
  );
  if (same) {
    throw new RekeyError('environment-exists', {
      message: `"${same.name}" is this file already.`,
      remedy: 'Use that environment, or remove it first.',
    });
  }
}
