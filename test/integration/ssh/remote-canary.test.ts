import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CanaryScan } from '#test/support/canary-scan.ts';
import { type SshServer, sshClient, startSshServer } from '#test/support/ssh-server.ts';
import { canMakeUsers, makeSystemUser, type SystemUser } from '#test/support/system-user.ts';
import { RekeyWorld } from '../command/rekey-command.ts';

// What a rotation leaves on the hosts, and shows there while it runs: every process with its arguments and environment,
// the log of sshd at its most talkative, the shell's history, and temporary files. Keys stand in their file alone,
// and passwords nowhere.

const keys = ['API_SIGNING_KEY', 'ENCRYPTION_KEY'] as const;
const planted = () => randomBytes(32).toString('base64url');

describe.skipIf(!canMakeUsers)('the hosts (without root: skipped, since it makes a system user)', () => {
  const client = sshClient();
  const servers: SshServer[] = [];
  const scan = new CanaryScan();
  let user: SystemUser;
  let home: string;
  let world: RekeyWorld;
  let watcher: ChildProcess;
  let seen: string;

  beforeAll(async () => {
    user = makeSystemUser();
    chmodSync(client.folder, 0o755);
    home = mkdtempSync(join(tmpdir(), 'rekey-remote-home-'));
    spawnSync('usermod', ['--home', home, '--shell', '/bin/bash', user.name]);
    // A shell that keeps a history even of what is not typed.
    writeFileSync(join(home, '.bashrc'), `set -o history\nHISTFILE=${home}/.bash_history\n`);
    spawnSync('chown', ['-R', user.name, home]);
    user.allow('/usr/lib/openssh/sftp-server');
    for (let count = 0; count < 2; count += 1) {
      servers.push(
        await startSshServer(client, [
          'PasswordAuthentication yes',
          'LogLevel DEBUG3',
          `SetEnv HOME=${home}`,
        ]),
      );
    }
    world = new RekeyWorld({ REKEY_SSH_CONFIG: client.configFile });
    seen = join(home, 'seen');
    watcher = spawn(process.execPath, ['-e', watchProcesses, seen], { stdio: 'ignore' });
  });
  afterAll(async () => {
    watcher.kill('SIGKILL');
    for (const server of servers) await server.stop();
    user.remove();
    world.remove();
    client.remove();
    rmSync(home, { recursive: true, force: true });
  });

  it('show no key and no password anywhere but in the file', async () => {
    const before = new Map(keys.map((key) => [key, planted()]));
    for (const [name, value] of before) scan.plant({ name: `${name} before`, value });
    scan.plant({ name: 'password', value: user.password });
    const files = servers.map((server) => {
      const folder = join(server.folder, 'service');
      mkdirSync(folder);
      const lines = [...before].map(([name, value]) => `${name}=${value}\n`);
      writeFileSync(join(folder, '.env'), lines.join(''), { mode: 0o600 });
      return join(folder, '.env');
    });
    const places = servers.flatMap(({ port }, index) => [
      '--ssh',
      `${user.name}@127.0.0.1:${port}${files[index]}`,
    ]);
    const hostKeys = servers.flatMap(({ fingerprint }) => ['--host-key', fingerprint]);
    const added = await world.call(
      [
        ...['env', 'add', '--name', 'fleet', '--stage', 'staging', '--parser', 'dotenv'],
        ...places,
        ...hostKeys,
        ...['--sudo', '--credential', 'ssh-password', '--credential', 'sudo'],
        ...['--restart', 'sh -c "sleep 0.2"', '--verify', 'sh -c "cat >/dev/null; sleep 0.2"'],
        ...['--stop', 'true', '--start', 'true'],
        ...[
          '--reencrypt',
          `sh -c "cat >/dev/null; echo '{\\"total\\":0,\\"changed\\":0,\\"remaining_old\\":0}'"`,
        ],
      ],
      { input: `${user.password}\n${user.password}\n` },
    );
    expect(added.code, added.stdout + added.stderr).toBe(0);
    const rotated = await world.call([
      'rotate',
      'fleet',
      '--all',
      '--emergency',
      '--yes',
      '--reason',
      'canary',
    ]);
    expect(rotated.code, rotated.stdout + rotated.stderr).toBe(0);
    expect((await world.call(['status', 'fleet'])).code).toBe(0);

    const texts = files.map((file) => readFileSync(file, 'utf8'));
    expect(new Set(texts).size).toBe(1);
    for (const key of keys) {
      const value = new RegExp(`^${key}=(.*)$`, 'm').exec(texts[0] ?? '')?.[1] ?? '';
      expect(value).not.toBe(before.get(key));
      scan.plant({ name: `${key} now`, value });
    }
    watcher.kill('SIGKILL');

    const processes = readFileSync(seen, 'latin1');
    // The watcher was there: it saw what the hosts ran, and under whom.
    expect(processes).toMatch(/sftp-server/);
    expect(processes).toMatch(/sudo/);
    expect(processes).toMatch(/sleep 0\.2/);
    const logs = servers.map((server) => server.log());
    expect(logs.join('')).toMatch(/Accepted password/);
    const hits = [
      ...scan.bytes('processes', processes),
      ...logs.flatMap((log, index) => scan.bytes(`log of host ${index}`, log)),
      ...filesBelow(home).flatMap((file) => scan.bytes(file, readFileSync(file))),
      ...servers.flatMap(({ folder }) =>
        filesBelow(folder)
          .filter((file) => !files.includes(file))
          .flatMap((file) => scan.bytes(file, readFileSync(file))),
      ),
      ...filesBelow(client.folder).flatMap((file) => scan.bytes(file, readFileSync(file))),
      ...authLogs.filter(existsSync).flatMap((file) => scan.bytes(file, readFileSync(file))),
    ];
    expect(hits).toEqual([]);
    // The search does find what is there.
    expect(files.flatMap((file) => scan.bytes(file, readFileSync(file)))).toHaveLength(2 * keys.length);
    for (const file of files)
      expect(readdirSync(join(file, '..')).sort()).toEqual(['.env', '.env.rekey.json']);
    console.log(
      `Canaries on the hosts: ${scan.size} values in ${processes.length} bytes of processes and ${logs.join('').length} bytes of sshd's log`,
    );
  }, 120_000);
});

const authLogs = ['/var/log/auth.log', '/var/log/syslog', '/var/log/sudo.log'];

/**
 * Writes every argument list and environment of every process down, once each. A process may become another program soon
 * after its start, so young ones are looked at again and again, the others now and then.
 */
const watchProcesses = `
const fs = require('node:fs');
const seen = new Set();
const since = new Map();
const out = fs.openSync(process.argv[1], 'a');
const pause = new Int32Array(new SharedArrayBuffer(4));
for (let look = 0; ; look += 1) {
  Atomics.wait(pause, 0, 0, 3);
  const now = Date.now();
  for (const pid of fs.readdirSync('/proc')) {
    if (!/^[0-9]+$/.test(pid)) continue;
    if (!since.has(pid)) since.set(pid, now);
    if (now - since.get(pid) > 500 && look % 100 !== 0) continue;
    for (const what of ['cmdline', 'environ']) {
      let text;
      try { text = fs.readFileSync('/proc/' + pid + '/' + what, 'latin1').replaceAll('\\0', ' '); } catch { continue; }
      if (seen.has(text)) continue;
      seen.add(text);
      fs.writeSync(out, text + '\\n');
    }
  }
}`;

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}
