import type { EnvironmentReference } from '#shared/model/environment.ts';
import { RekeyError } from '#shared/model/errors.ts';
import type { AutomaticHalt } from '#shared/model/task.ts';
import type { EventLog } from '../events/event-log.ts';
import { theSystem } from '../events/system-log.ts';
import type { WithoutSecrets } from '../secrets/environment-redactor.ts';
import type { TaskRegistry } from './task-registry.ts';

export interface AutomaticHaltsOptions {
  log: Pick<EventLog, 'append'>;
  registry: TaskRegistry;
  withoutSecrets: WithoutSecrets;
  /** Throws `operator-unknown`. */
  operator: () => string;
}

/** Environments whose automatic rotation stands still after a failure, until a person has looked. */
export class AutomaticHalts {
  readonly #options: AutomaticHaltsOptions;

  constructor(options: AutomaticHaltsOptions) {
    this.#options = options;
  }

  /** Null: nothing is halted there. */
  of(environmentId: string): AutomaticHalt | null {
    return this.#options.registry.halt(environmentId);
  }

  /** Every environment that stands still. */
  list(): AutomaticHalt[] {
    return this.#options.registry.halts();
  }

  /** Records that nothing is rotated there by itself until a person says so. */
  halt(environment: EnvironmentReference, why: string, runId: string | null): void {
    this.#options.log.append({
      event_type: 'task',
      action: 'automatic-halted',
      environment,
      run_id: runId,
      reason: why,
      by: theSystem,
    });
  }

  /** Lets it go on. Throws `illegal-move` where nothing stands still, and `operator-unknown`. */
  async resume(environment: EnvironmentReference, reason: string): Promise<void> {
    const { log, operator, withoutSecrets } = this.#options;
    operator();
    if (this.of(environment.id) === null) {
      throw new RekeyError('illegal-move', {
        message: `Automatic rotation of "${environment.name}" does not stand still.`,
        remedy: 'Nothing needs to be done.',
      });
    }
    log.append({
      event_type: 'task',
      action: 'automatic-resumed',
      environment,
      reason: await withoutSecrets(environment.id, reason),
    });
  }
}
