import { writeFileSync } from 'node:fs';
import { afterAll, beforeAll } from 'vitest';
import { DotenvEnvironment } from '#electron/environments/dotenv-environment.ts';
import { ConnectionPool } from '#electron/environments/ssh/connection-pool.ts';
import { SshHost } from '#electron/environments/ssh/ssh-host.ts';
import { systemClock } from '#electron/storage/system-clock.ts';
import { type SshServer, sshClient, startSshServer } from '#test/support/ssh-server.ts';
import { environmentContract, initialValues } from '../environment-contract.ts';
import { temporaryDotenv } from '../support/temporary-dotenv.ts';

const client = sshClient();
let server: SshServer;
let pool: ConnectionPool;
beforeAll(async () => {
  server = await startSshServer(client);
  writeFileSync(client.knownHosts, server.knownHost);
  pool = new ConnectionPool(() => ({
    knownHosts: client.knownHosts,
    configFile: client.configFile,
    credential: async () => null,
  }));
});
afterAll(async () => {
  await pool.closeAll();
  await server.stop();
  client.remove();
});

environmentContract('dotenv file of a host over SSH', async () => {
  const text = Object.entries(initialValues).map(([name, value]) => `${name}=${value}\n`);
  const dotenv = temporaryDotenv(`# the contract\n\n${text.join('')}`);
  const target = {
    address: server.address,
    identity: client.key,
    sudo: false,
    stored: [],
    environmentId: 'test',
  };
  return {
    connect: (configuration) =>
      new DotenvEnvironment(
        dotenv.config(configuration),
        dotenv.path,
        new SshHost({ target, pool, commandsRun: 'on-host', healthFrom: 'on-host' }),
        { clock: systemClock },
      ),
    changeOutside: async (name, value) => {
      dotenv.write(dotenv.text().replace(new RegExp(`^${name}=.*$`, 'm'), `${name}=${value}`));
    },
    lose: async () => dotenv.remove(),
    dispose: async () => dotenv.dispose(),
  };
});
