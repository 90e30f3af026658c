import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { installationFolder } from '#electron/installation.ts';
import { StatusReport } from '#shared/model/status.ts';
import { ansibleFor } from './support/ansible.ts';
import { bareReads } from './support/bare-ssh.ts';
import { interleaved, median, middleHalf } from './support/interleaved.ts';
import { printResult } from './support/result.ts';
import { startSshFleet } from './support/ssh-fleet.ts';

// `rekey status` of one environment on 50 hosts, against 50 bare connections by the same ssh that read the same two
// files, as many at once; and `ansible -m slurp` of the same files.
const hosts = 50;
const atOnce = 10;
const rounds = 5;
const command = join(installationFolder(import.meta.dirname), 'dist', 'command', 'rekey.js');
if (!existsSync(command)) throw new Error('The command is not built: npm run build:command');

const fleet = await startSshFleet(hosts, atOnce);
const home = mkdtempSync(join(tmpdir(), 'rk-b-'));
try {
  const data = join(home, 'data');
  mkdirSync(data, { mode: 0o700 });
  writeFileSync(
    join(data, 'environments.json'),
    JSON.stringify({ schemaVersion: 1, environments: [fleet.config] }),
  );
  const env = {
    ...process.env,
    REKEY_SSH_CONFIG: fleet.client.configFile,
    REKEY_OPERATOR: 'bench@example.org',
  };
  const status = () =>
    new Promise<number>((resolve, reject) => {
      const started = performance.now();
      const child = spawn(process.execPath, [command, '--data-dir', data, 'status', '--json'], { env });
      let stdout = '';
      let stderr = '';
      child.stdout.on('data', (chunk) => {
        stdout += chunk;
      });
      child.stderr.on('data', (chunk) => {
        stderr += chunk;
      });
      child.once('close', (code) => {
        const elapsed = performance.now() - started;
        const [environment] =
          code === 0 || code === 1 ? StatusReport.parse(JSON.parse(stdout)).environments : [];
        const reached = environment?.hosts?.filter(({ reachable }) => reachable).length;
        if (reached === hosts) resolve(elapsed);
        else
          reject(
            new Error(
              `rekey status ended with ${code}, ${reached} hosts reached: ${stderr}${stdout.slice(0, 300)}`,
            ),
          );
      });
    });
  // The first run judges the values.
  const first = await status();
  const floor = () => bareReads(fleet, atOnce);
  const figures = await interleaved(status, floor, { rounds });
  const ansible = ansibleFor(fleet, home);
  const slurp = () => {
    const started = performance.now();
    for (const suffix of ['', '.rekey.json']) {
      const args = [
        'all',
        '-i',
        ansible.inventory,
        '-f',
        String(hosts),
        '-m',
        'slurp',
        '-a',
        `src={{ file }}${suffix}`,
      ];
      const done = spawnSync('ansible', args, { env: ansible.env, encoding: 'utf8', maxBuffer: 1 << 26 });
      if (done.status !== 0) throw new Error(done.stdout.slice(-500) + done.stderr);
    }
    return performance.now() - started;
  };
  const slurps = ansible.isThere ? [slurp()] : [];
  printResult({
    name: 'fleet-status',
    title: `\`rekey status\` of ${hosts} hosts over SSH, against ${hosts} bare connections that read the same two files`,
    target: 1.3,
    ratio: median(figures.a) / median(figures.b),
    figures: {
      'rekey status': median(figures.a),
      'bare connections': median(figures.b),
      'first run': first,
      ...(slurps.length > 0 ? { 'ansible -m slurp, both files': median(slurps) } : {}),
    },
    unit: 'ms',
    notes: [
      `${rounds} rounds; middle half ${middleHalf(figures.a)} and ${middleHalf(figures.b)} ms. ${hosts} sshd on this machine, ${atOnce} connections at once; servers and clients share the cores.`,
      ...(slurps.length > 0
        ? [
            `ansible: -f ${hosts}, connections kept (ControlPersist) from the first file to the second, one round.`,
          ]
        : ['ansible is not installed (Debian: ansible-core).']),
    ],
  });
} finally {
  await fleet.stop();
  rmSync(home, { recursive: true, force: true });
}
