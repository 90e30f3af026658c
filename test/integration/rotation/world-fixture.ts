import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import type { DirectRequest } from '#electron/services/rotation/direct-rotation.ts';
import type { Clock } from '#shared/model/clock.ts';
import {
  type ConsumerSetup,
  consumerEnvironmentId,
  foldersIn,
  variablesOf,
  writeConsumer,
} from '#test/crash/consumer-environment.ts';
import { openRotationWorld, type RotationWorld, type WorldOptions } from '#test/crash/rotation-world.ts';
import { type Keyring, startKeyring } from '#test/e2e/fixtures/keyring.ts';

/** A clock that a test sets forward. */
export class TestClock implements Clock {
  offset = 0;
  #waited = 0;
  now(): Date {
    return new Date(Date.now() + this.offset);
  }
  monotonic(): number {
    return performance.now() + this.#waited;
  }
  /** Milliseconds pass, on both clocks. */
  wait(milliseconds: number): void {
    this.offset += milliseconds;
    this.#waited += milliseconds;
  }
}

export interface TestWorld extends RotationWorld {
  root: string;
  clock: TestClock;
  environmentFolder: string;
  /** Names and values of the .env file now. */
  variables(): Map<string, string>;
  running(): Map<string, string>;
  /** Makes a command of the consumer fail, or behave otherwise. */
  tell(file: string, on?: boolean): void;
  request(keys: string[] | 'all', more?: Partial<DirectRequest>): DirectRequest;
  /** `action` of every key_rotation and run event, in order. */
  actions(): string[];
  reopen(options?: Partial<WorldOptions>): TestWorld;
}

/** A private keyring for the test file, and worlds in temporary folders that are removed at its end. */
export function rotationWorlds(): (setup: ConsumerSetup, options?: Partial<WorldOptions>) => TestWorld {
  const roots: string[] = [];
  let keyring: Keyring;
  let home: string;
  beforeAll(async () => {
    home = mkdtempSync(join(tmpdir(), 'rekey-keyring-'));
    keyring = await startKeyring({
      PATH: process.env.PATH ?? '',
      HOME: home,
      XDG_RUNTIME_DIR: home,
    });
    process.env.DBUS_SESSION_BUS_ADDRESS = keyring.environment.DBUS_SESSION_BUS_ADDRESS;
  });
  afterAll(async () => {
    await keyring.stop();
    for (const root of [...roots, home]) rmSync(root, { recursive: true, force: true });
  });
  return (setup, options = {}) => {
    const root = mkdtempSync(join(tmpdir(), 'rekey-rotation-'));
    roots.push(root);
    writeConsumer(root, setup);
    return openIn(root, options);
  };
}

function openIn(root: string, options: Partial<WorldOptions>): TestWorld {
  const clock = new TestClock();
  const folders = foldersIn(root);
  const world = openRotationWorld({ data: folders.data, clock, ...options });
  return {
    ...world,
    root,
    clock,
    environmentFolder: folders.environment,
    variables: () => variablesOf(join(folders.environment, '.env')),
    running: () => variablesOf(join(folders.environment, 'running.env')),
    tell: (file, on = true) => {
      const path = join(folders.environment, file);
      if (on) writeFileSync(path, '');
      else rmSync(path);
    },
    request: (keys, more = {}) => ({
      environmentId: consumerEnvironmentId,
      keys,
      mode: 'planned',
      reason: 'test',
      force: true,
      drill: false,
      ...more,
    }),
    actions: () =>
      [...world.log.scan()].map(({ event_type, action, key_type, data }) =>
        event_type === 'key_rotation'
          ? `${key_type} ${action}${data?.step && data.step !== action.replace(/-\w+$/, '') ? ` (${data.step})` : ''}`
          : `${event_type} ${action}`,
      ),
    reopen: (more = {}) => openIn(root, { ...options, ...more }),
  };
}
