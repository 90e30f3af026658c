import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { newState } from '#electron/environments/state-file.ts';
import { generateValue } from '#electron/services/secrets/generate-value.ts';
import { EnvironmentConfig } from '#shared/model/environment.ts';
import { keyCatalog } from '#shared/model/key-catalog.ts';
import { type SshClientFiles, type SshServer, sshClient, startSshServer } from '#test/support/ssh-server.ts';

/** A real sshd for each host, all on this machine, each with a dotenv file of its own that holds the same five keys. */
export interface SshFleet {
  client: SshClientFiles;
  servers: readonly SshServer[];
  config: EnvironmentConfig;
  /** The dotenv file of a host. */
  fileOf(server: SshServer): string;
  restarts(server: SshServer): number;
  stop(): Promise<void>;
}

/** How many sshd are started at the same time. */
const startsAtOnce = 8;

export async function startSshFleet(count: number, atOnce: number): Promise<SshFleet> {
  const client = sshClient();
  const servers: SshServer[] = [];
  const values = keyCatalog.map((rule) => `${rule.name}=${generateValue(rule).reveal()}\n`).join('');
  const text = `# Settings of a service\nPORT=8080\n${values}`;
  const state = `${JSON.stringify(newState('0190bbbb-0000-7000-8000-000000000001'), null, 2)}\n`;
  const fileOf = (server: SshServer) => join(server.folder, 'service', '.env');
  while (servers.length < count) {
    const more = Math.min(startsAtOnce, count - servers.length);
    servers.push(...(await Promise.all(Array.from({ length: more }, () => startSshServer(client)))));
  }
  for (const server of servers) {
    mkdirSync(join(server.folder, 'service'));
    writeFileSync(fileOf(server), text, { mode: 0o600 });
    writeFileSync(`${fileOf(server)}.rekey.json`, state, { mode: 0o600 });
  }
  writeFileSync(join(client.folder, 'user_known_hosts'), servers.map(({ knownHost }) => knownHost).join(''));
  const config = EnvironmentConfig.parse({
    id: '0190bbbb-0000-7000-8000-000000000001',
    name: 'fleet',
    stage: 'production',
    connector: {
      kind: 'ssh',
      parser: 'dotenv',
      hosts: servers.map((server) => ({ address: server.address, path: fileOf(server) })),
      identity: client.key,
      atOnce,
      waves: { first: 1, rest: null },
    },
    commands: {
      restart: { argv: [restartLine], shell: true },
      verify: { argv: ['true'] },
    },
    keys: Object.fromEntries(keyCatalog.map(({ name }) => [name, { slots: 'one', protects: 'messages' }])),
  });
  return {
    client,
    servers,
    config,
    fileOf,
    restarts: (server) => readFileSync(restartsFile(server.port), 'utf8').length,
    stop: async () => {
      for (const server of servers) {
        await server.stop();
        rmSync(restartsFile(server.port), { force: true });
      }
      client.remove();
    },
  };
}

const run = randomBytes(4).toString('hex');
const restartsFile = (port: number | string) => `/tmp/rekey-bench-${run}-${port}`;

/** The command is the same on every host: which one it runs on, it knows by the port of the connection. */
const restartLine = `set -- $SSH_CONNECTION; printf . >> ${restartsFile('$4')}`;
