import { hostNames } from '#shared/logic/connector-places.ts';
import type { EnvironmentConfig, SshConnector } from '#shared/model/environment.ts';
import { DotenvEnvironment, type DotenvEnvironmentDependencies } from '../dotenv-environment.ts';
import { DotenvReader, type DotenvReaderDependencies } from '../dotenv-reader.ts';
import type { Environment, EnvironmentReader } from '../environment.ts';
import { FleetEnvironment } from '../fleet/fleet-environment.ts';
import { FleetReader } from '../fleet/fleet-reader.ts';
import type { ConnectionPool } from './connection-pool.ts';
import { SshHost } from './ssh-host.ts';

/** One host as an environment, several as a fleet. Connects when something is asked of it. */
export function sshEnvironment(
  config: EnvironmentConfig,
  connector: SshConnector,
  pool: ConnectionPool,
  dependencies: DotenvEnvironmentDependencies,
): Environment {
  const hosts = hostsOf(config, connector, pool).map(({ name, path, host }) => ({
    name,
    environment: new DotenvEnvironment(config, path, host, dependencies),
  }));
  const [only] = hosts;
  if (hosts.length === 1 && only) return only.environment;
  return new FleetEnvironment(config, hosts, {
    waves: connector.waves,
    atOnce: connector.atOnce,
    commandsOnHosts: connector.commandsRun === 'on-host',
    healthOfHosts: connector.healthFrom === 'on-host',
  });
}

/** The same, to look only. */
export function sshReader(
  config: EnvironmentConfig,
  connector: SshConnector,
  pool: ConnectionPool,
  dependencies: DotenvReaderDependencies,
): EnvironmentReader {
  const hosts = hostsOf(config, connector, pool).map(({ name, path, host }) => ({
    name,
    reader: new DotenvReader(config, path, host, dependencies),
  }));
  const [only] = hosts;
  if (hosts.length === 1 && only) return only.reader;
  return new FleetReader(config, { list: hosts, atOnce: connector.atOnce });
}

function hostsOf(
  config: EnvironmentConfig,
  connector: SshConnector,
  pool: ConnectionPool,
): { name: string; path: string; host: SshHost }[] {
  const names = hostNames(connector);
  return connector.hosts.map(({ address, path }, index) => ({
    name: names[index] ?? address,
    path,
    host: new SshHost({
      target: {
        address,
        identity: connector.identity,
        sudo: connector.sudo,
        stored: connector.credentials,
        environmentId: config.id,
      },
      pool,
      commandsRun: connector.commandsRun,
      healthFrom: connector.healthFrom,
    }),
  }));
}
