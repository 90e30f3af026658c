import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { connectEnvironment } from '#electron/environments/connect.ts';
import type { Environment } from '#electron/environments/environment.ts';
import { FleetEnvironment, type FleetOptions } from '#electron/environments/fleet/fleet-environment.ts';
import { RekeyError } from '#shared/model/errors.ts';
import {
  type ConsumerSetup,
  consumerConfig,
  foldersIn,
  variablesOf,
  writeConsumer,
} from '#test/crash/consumer-environment.ts';
import { openRotationWorld, type RotationWorld, type WorldOptions } from '#test/crash/rotation-world.ts';

/**
 * Several consumers with dotenv files of this machine, as the hosts of one fleet: what a fleet does to its hosts does
 * not depend on how they are reached. A host that is "down" cannot be read, locked or changed.
 */
export interface FleetWorld extends RotationWorld {
  hosts: readonly string[];
  /** Variables in the file of a host. */
  variables(host: string): Map<string, string>;
  /** What the consumer of a host was started with. */
  running(host: string): Map<string, string>;
  /** How often the consumer of a host was restarted. */
  restarts(host: string): number;
  down(host: string, isDown?: boolean): void;
  /** Removes the file of a host and its state. */
  lose(host: string): void;
  /** Changes a value on a host as something other than Rekey does. */
  write(host: string, name: string, value: string): void;
  /** Makes a command of the host's consumer behave otherwise (see consumer.sh). */
  tell(host: string, file: string, on?: boolean): void;
  environment(): Environment;
}

export interface FleetSetup extends ConsumerSetup {
  hosts: number;
  options?: Partial<FleetOptions>;
}

export function openFleetWorld(
  root: string,
  setup: FleetSetup,
  options: Partial<WorldOptions> = {},
): FleetWorld {
  const hosts = Array.from({ length: setup.hosts }, (_, index) => `web-${index + 1}`);
  const rootOf = (host: string) => join(root, 'hosts', host);
  const fileOf = (host: string) => join(foldersIn(rootOf(host)).environment, '.env');
  const { data } = foldersIn(root);
  if (!existsSync(data)) {
    writeConsumer(root, setup);
    for (const host of hosts) {
      mkdirSync(rootOf(host), { recursive: true });
      writeConsumer(rootOf(host), setup);
      // All hosts of a fleet hold the same.
      for (const name of ['.env', 'running.env', 'rows', '.env.rekey.json']) {
        writeFileSync(
          join(foldersIn(rootOf(host)).environment, name),
          readFileSync(join(foldersIn(root).environment, name)),
          { mode: 0o600 },
        );
      }
      writeFileSync(join(foldersIn(rootOf(host)).environment, 'restarts'), '');
      // The rows are the fleet's, not each host's: the first host has them.
      if (host !== hosts[0]) writeFileSync(join(foldersIn(rootOf(host)).environment, 'rows'), '');
    }
  }
  const environment = () =>
    new FleetEnvironment(
      consumerConfig(root, setup),
      hosts.map((host) => ({
        name: host,
        environment: reachable(
          connectEnvironment(consumerConfig(rootOf(host), setup), {
            clock: options.clock ?? world.dependencies.clock,
          }),
          () => !existsSync(join(rootOf(host), 'down')),
        ),
      })),
      {
        waves: { first: 1, rest: null },
        atOnce: 4,
        commandsOnHosts: true,
        healthOfHosts: true,
        ...setup.options,
      },
    );
  const world: RotationWorld = openRotationWorld({
    data,
    ...options,
    overrides: {
      ...options.overrides,
      environments: { config: () => consumerConfig(root, setup), open: () => environment() },
    },
  });
  return {
    ...world,
    hosts,
    environment,
    variables: (host) => variablesOf(fileOf(host)),
    running: (host) => variablesOf(join(foldersIn(rootOf(host)).environment, 'running.env')),
    restarts: (host) => {
      const file = join(foldersIn(rootOf(host)).environment, 'restarts');
      return existsSync(file) ? readFileSync(file, 'utf8').split('\n').length - 1 : 0;
    },
    down: (host, isDown = true) => {
      const file = join(rootOf(host), 'down');
      if (isDown) writeFileSync(file, '');
      else rmSync(file);
    },
    lose: (host) => {
      rmSync(fileOf(host));
      rmSync(`${fileOf(host)}.rekey.json`);
    },
    write: (host, name, value) => {
      const text = readFileSync(fileOf(host), 'utf8');
      writeFileSync(fileOf(host), text.replace(new RegExp(`^${name}=.*$`, 'm'), `${name}=${value}`));
    },
    tell: (host, file, on = true) => {
      const path = join(foldersIn(rootOf(host)).environment, file);
      if (on) writeFileSync(path, '');
      else rmSync(path);
    },
  };
}

/** The environment while it is up; else each operation ends as it does for a host that does not answer. */
function reachable(environment: Environment, isUp: () => boolean): Environment {
  return new Proxy(environment, {
    get(target, name) {
      const value = Reflect.get(target, name, target) as unknown;
      if (typeof value !== 'function') return value;
      return async (...args: unknown[]) => {
        // Giving a connection back never fails.
        if (name !== 'close' && !isUp()) {
          throw new RekeyError('environment-unreachable', {
            message: 'The host does not answer.',
            remedy: 'Bring it back.',
          });
        }
        return (value as (...given: unknown[]) => unknown).apply(target, args);
      };
    },
  });
}
