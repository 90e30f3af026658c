import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { composeServices, type Services } from '#electron/services/compose.ts';
import { type Foundation, layFoundation } from '#electron/services/foundation.ts';
import { nodeServiceLauncher } from '#electron/services/practice/service-launcher.ts';
import { dataFolder } from '#electron/storage/data-folder.ts';
import type { RotationWindow } from '#shared/model/environment.ts';
import {
  type ConsumerSetup,
  consumerEnvironmentId,
  foldersIn,
  variablesOf,
  writeConsumer,
} from '#test/crash/consumer-environment.ts';
import { type Keyring, startKeyring } from '#test/e2e/fixtures/keyring.ts';
import { TestClock } from '../rotation/world-fixture.ts';

/** Every hour of the week. */
export const always: RotationWindow = {
  days: ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'],
  from: '00:00',
  to: '00:00',
  timeZone: 'UTC',
};

export const day = 86_400_000;

/** The services as the window composes them, over a consumer whose keys grow old with a clock that the test sets. */
export class AutomaticWorld {
  readonly clock = new TestClock();
  readonly services: Services;
  readonly foundation: Foundation;
  /** Notifications that a desktop would have shown. */
  readonly notified: string[] = [];
  readonly #root: string;

  constructor(root: string) {
    this.#root = root;
    this.foundation = layFoundation({
      folder: dataFolder(foldersIn(root).data),
      environment: { ...process.env, REKEY_OPERATOR: undefined },
      clock: this.clock,
    });
    this.services = composeServices(this.foundation, {
      launcher: nodeServiceLauncher('with-launcher'),
      notifyDesktop: ({ title }) => this.notified.push(title),
    });
  }

  /** Records that the keys were put in place today, and lets so much time pass that they are due. */
  async grownOld(keys: readonly string[]): Promise<this> {
    this.services.settings.setOperator({ name: 'Ada', email: 'ada@example.org' });
    const today = this.clock.now().toISOString().slice(0, 10);
    for (const key of keys) {
      await this.services.environments.baseline(consumerEnvironmentId, key, today, 'Put in place today.');
    }
    this.clock.offset = 400 * day;
    return this;
  }

  variables(): Map<string, string> {
    return variablesOf(join(foldersIn(this.#root).environment, '.env'));
  }

  /** Makes a command of the consumer fail, or behave otherwise. */
  tell(file: string, on = true): void {
    const path = join(foldersIn(this.#root).environment, file);
    if (on) writeFileSync(path, '');
    else rmSync(path);
  }

  async execute(maxRotations = 5) {
    return (await this.services.tasks.run('execute-rotations', { maxRotations })).result;
  }

  /** Another Rekey on the same data folder. */
  another(): AutomaticWorld {
    const other = new AutomaticWorld(this.#root);
    other.clock.offset = this.clock.offset;
    return other;
  }

  /** What a schedule would do now. */
  look(): Promise<string[]> {
    return this.services.scheduler.runDue();
  }

  close(): Promise<void> {
    return this.services.close();
  }
}

/** A private keyring for the test file, and worlds in temporary folders that are removed at its end. */
export function automaticWorlds(): (setup: ConsumerSetup) => Promise<AutomaticWorld> {
  const home = mkdtempSync(join(tmpdir(), 'rekey-automatic-'));
  const worlds: AutomaticWorld[] = [];
  let keyring: Keyring;
  beforeAll(async () => {
    keyring = await startKeyring({ PATH: process.env.PATH ?? '', HOME: home, XDG_RUNTIME_DIR: home });
    process.env.DBUS_SESSION_BUS_ADDRESS = keyring.environment.DBUS_SESSION_BUS_ADDRESS;
  });
  afterAll(async () => {
    for (const world of worlds) await world.close();
    await keyring.stop();
    rmSync(home, { recursive: true, force: true });
  });
  return async (setup) => {
    const root = mkdtempSync(join(home, 'world-'));
    writeConsumer(root, { windows: [always], ...setup });
    const world = new AutomaticWorld(root);
    worlds.push(world);
    return world.grownOld(Object.keys(setup.keys));
  };
}
