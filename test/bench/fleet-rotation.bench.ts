import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { valueChecker } from '#shared/logic/validator/value-check.ts';
import { loadZxcvbnPatterns } from '#shared/logic/validator/zxcvbn-patterns.ts';
import { keyCatalog } from '#shared/model/key-catalog.ts';
import { openRotationWorld } from '#test/crash/rotation-world.ts';
import { startKeyring } from '#test/e2e/fixtures/keyring.ts';
import { ansibleFor } from './support/ansible.ts';
import { bareRotation } from './support/bare-ssh.ts';
import { interleaved, median, middleHalf } from './support/interleaved.ts';
import { printResult } from './support/result.ts';
import { startSshFleet } from './support/ssh-fleet.ts';

// An emergency rotation of five keys on 50 hosts, verified and logged, in waves of 1 and then 49, against the same
// connections, reads, writes, renames and restarts with nothing else; and an Ansible playbook that edits in place and
// restarts, without verification.
const hosts = 50;
const atOnce = 10;
const rounds = 3;
const keys = keyCatalog.map(({ name }) => name);

const fleet = await startSshFleet(hosts, atOnce);
const home = mkdtempSync(join(tmpdir(), 'rk-b-'));
chmodSync(home, 0o700);
const keyring = await startKeyring({ PATH: process.env.PATH ?? '', HOME: home, XDG_RUNTIME_DIR: home });
process.env.DBUS_SESSION_BUS_ADDRESS = keyring.environment.DBUS_SESSION_BUS_ADDRESS;
process.env.REKEY_SSH_CONFIG = fleet.client.configFile;
try {
  const data = join(home, 'data');
  mkdirSync(data, { mode: 0o700 });
  writeFileSync(
    join(data, 'environments.json'),
    JSON.stringify({ schemaVersion: 1, environments: [fleet.config] }),
  );
  let events = 0;
  const rotate = async () => {
    const before = fleet.servers.map((server) => readFileSync(fleet.fileOf(server), 'utf8'));
    const started = performance.now();
    // Each round opens its connections anew, as the bare side does.
    const world = openRotationWorld({ data, overrides: { check: valueChecker(loadZxcvbnPatterns) } });
    const seen = world.log.size();
    const run = await world.direct.rotate({
      environmentId: fleet.config.id,
      keys,
      mode: 'emergency',
      reason: 'benchmark',
      force: true,
      drill: false,
    });
    events = world.log.size() - seen;
    await world.close();
    const elapsed = performance.now() - started;
    if (run.state !== 'completed') throw new Error(`the run is ${run.state}: ${run.waits_for}`);
    const after = new Set(fleet.servers.map((server) => readFileSync(fleet.fileOf(server), 'utf8')));
    if (after.size !== 1 || before.some((text) => after.has(text))) throw new Error('not every host is new');
    return elapsed;
  };
  const floor = () => bareRotation(fleet, { first: 1, limit: atOnce });
  const figures = await interleaved(rotate, floor, { rounds });
  const ansible = ansibleFor(fleet, home);
  const playbook = ansible.isThere ? [runPlaybook()] : [];
  printResult({
    name: 'fleet-rotation',
    title: `emergency rotation of ${keys.length} keys on ${hosts} hosts over SSH, verified and logged, waves of 1 then ${hosts - 1}, against the same connections, reads, writes, renames and restarts with nothing else`,
    target: 1.5,
    ratio: median(figures.a) / median(figures.b),
    figures: {
      Rekey: median(figures.a),
      bare: median(figures.b),
      ...(playbook.length > 0 ? { 'ansible-playbook -f 50': median(playbook) } : {}),
    },
    unit: 'ms',
    notes: [
      `${rounds} rounds; middle half ${middleHalf(figures.a)} and ${middleHalf(figures.b)} ms. ${hosts} sshd on this machine, ${atOnce} connections at once; servers and clients share the cores.`,
      `${events} events a run, each durable. The bare side reads both files before and after, writes and renames three files for the one change of five keys, restarts, and runs the same verify command.`,
      playbook.length > 0
        ? 'ansible: five lineinfile tasks and a restart, one round, nothing verified.'
        : 'ansible is not installed (Debian: ansible-core).',
    ],
  });

  function runPlaybook(): number {
    const file = join(home, 'rotate.yml');
    const restart = fleet.config.commands.restart?.argv.join(' ') ?? '';
    const tasks = keys.map(
      (key) =>
        `    - lineinfile: { path: "{{ file }}", regexp: "^${key}=", line: "${key}=ansible-${key}-0123456789abcdef" }\n`,
    );
    writeFileSync(
      file,
      `- hosts: all\n  gather_facts: false\n  tasks:\n${tasks.join('')}    - shell: ${JSON.stringify(restart)}\n`,
    );
    const started = performance.now();
    const done = spawnSync('ansible-playbook', ['-i', ansible.inventory, '-f', String(hosts), file], {
      env: ansible.env,
      encoding: 'utf8',
      maxBuffer: 1 << 26,
    });
    if (done.status !== 0) throw new Error(done.stdout.slice(-500) + done.stderr);
    return performance.now() - started;
  }
} finally {
  await keyring.stop();
  await fleet.stop();
  rmSync(home, { recursive: true, force: true });
}
