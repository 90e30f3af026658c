import { spawn } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { installationFolder } from '#electron/installation.ts';
import { EnvironmentConfig } from '#shared/model/environment.ts';
import { sshClient, startSshServer } from '#test/support/ssh-server.ts';
import { printResult, progress } from './support/result.ts';

// The memory of a status of 10, 100 and 500 hosts over SSH: Rekey's own process, and it with every ssh that it runs.
// One sshd stands for all hosts, each under a loopback address of its own, so that each has its own connection.
const counts = [10, 100, 500];
const command = join(installationFolder(import.meta.dirname), 'dist', 'command', 'rekey.js');
if (!existsSync(command)) throw new Error('The command is not built: npm run build:command');

const client = sshClient();
const server = await startSshServer(client, ['ListenAddress 0.0.0.0', 'MaxSessions 1000']);
const home = mkdtempSync(join(tmpdir(), 'rk-b-'));
try {
  writeFileSync(
    join(client.folder, 'user_known_hosts'),
    server.knownHost.replace('[127.0.0.1]', '[127.*.*.*]'),
  );
  const file = join(home, '.env');
  writeFileSync(file, 'JWT_SECRET_KEY=a-value-of-the-memory-benchmark-0123456789abcdef-0123456789\n', {
    mode: 0o600,
  });
  const figures: Record<string, number> = {};
  for (const count of counts) {
    progress(`${count} hosts`);
    const peak = await peakMemory(count, file);
    figures[`${count} hosts, Rekey alone`] = peak.own / 1024;
    figures[`${count} hosts, with its ssh processes`] = peak.all / 1024;
  }
  const ratio = (what: string) => (figures[`500 hosts, ${what}`] ?? 0) / (figures[`10 hosts, ${what}`] ?? 1);
  printResult({
    name: 'fleet-memory',
    title: 'peak memory (PSS) of `rekey status` of 500 hosts over SSH, against 10',
    target: null,
    ratio: ratio('Rekey alone'),
    figures,
    unit: 'MiB',
    notes: [
      `One round each, looked at every 50 ms. With its ssh processes: ${ratio('with its ssh processes').toFixed(2)} ×. Beyond 64 open connections, those that are not used are closed.`,
    ],
  });
} finally {
  await server.stop();
  client.remove();
  rmSync(home, { recursive: true, force: true });
}

async function peakMemory(count: number, file: string): Promise<{ own: number; all: number }> {
  const data = join(home, `data-${count}`);
  mkdirSync(data, { mode: 0o700 });
  const config = EnvironmentConfig.parse({
    id: '0190dddd-0000-7000-8000-000000000001',
    name: 'fleet',
    stage: 'staging',
    connector: {
      kind: 'ssh',
      parser: 'dotenv',
      hosts: Array.from({ length: count }, (_, index) => ({
        address: `${userInfo().username}@127.1.${Math.floor(index / 200)}.${(index % 200) + 1}:${server.port}`,
        path: file,
      })),
      identity: client.key,
    },
  });
  writeFileSync(
    join(data, 'environments.json'),
    JSON.stringify({ schemaVersion: 1, environments: [config] }),
  );
  const child = spawn(process.execPath, [command, '--data-dir', data, 'status', '--json'], {
    env: { ...process.env, REKEY_SSH_CONFIG: client.configFile, REKEY_OPERATOR: 'bench@example.org' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  child.stdout.on('data', (chunk) => {
    stdout += chunk;
  });
  let isOver = false;
  const ended = new Promise<void>((resolve) => {
    child.once('close', () => {
      isOver = true;
      resolve();
    });
  });
  const peak = { own: 0, all: 0 };
  while (!isOver) {
    const own = pssOf(child.pid ?? 0);
    const all = own + childrenOf(child.pid ?? 0).reduce((sum, pid) => sum + pssOf(pid), 0);
    peak.own = Math.max(peak.own, own);
    peak.all = Math.max(peak.all, all);
    await wait(50);
  }
  await ended;
  const hosts = JSON.parse(stdout).environments[0].hosts as { reachable: boolean }[];
  const reached = hosts.filter(({ reachable }) => reachable).length;
  if (reached !== count) throw new Error(`${reached} of ${count} hosts were reached`);
  return peak;
}

/** KiB; 0 of a process that has ended. */
function pssOf(pid: number): number {
  try {
    return Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1] ?? 0);
  } catch {
    return 0;
  }
}

function childrenOf(pid: number): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => {
      try {
        return new RegExp(`^\\d+ \\(.*\\) \\S ${pid} `, 's').test(readFileSync(`/proc/${name}/stat`, 'utf8'));
      } catch {
        return false;
      }
    })
    .map(Number);
}
