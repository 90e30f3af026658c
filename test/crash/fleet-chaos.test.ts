import { type ChildProcess, spawn } from 'node:child_process';
import {
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
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newState, parseState } from '#electron/environments/state-file.ts';
import { bringHostUpToDate } from '#electron/services/environments/host-catch-up.ts';
import { fingerprintIn } from '#electron/services/secrets/fingerprint.ts';
import { generateValue } from '#electron/services/secrets/generate-value.ts';
import { EnvironmentConfig } from '#shared/model/environment.ts';
import type { KeyRuleOverride } from '#shared/model/key.ts';
import { keyCatalog } from '#shared/model/key-catalog.ts';
import { openRunStates } from '#shared/model/run.ts';
import { Secret } from '#shared/model/secret.ts';
import { type Keyring, startKeyring } from '#test/e2e/fixtures/keyring.ts';
import { type SshServer, sshClient, startSshServer } from '#test/support/ssh-server.ts';
import { bundledProcess, bundleFolder } from './bundled-process.ts';
import { variablesOf } from './consumer-environment.ts';
import { openRotationWorld, type RotationWorld } from './rotation-world.ts';

// Ten hosts, each a real sshd, and all five keys rotated on them, while hosts and Rekey are killed at any moment. When
// it is quiet again, the run is finished or rolled back: no key is lost, and every host ends on the old value or the new
// one exactly as the log says. Every round prints its seed: REKEY_CHAOS_SEED=N runs that round alone, N..M
// those from N to M.

const long = process.env.REKEY_TEST_LONG === '1';
const only = process.env.REKEY_CHAOS_SEED;
const rounds = long ? 200 : 2;
const firstSeed = 20_261_126;
const hostCount = 10;
const environmentId = '0190cccc-0000-7000-8000-000000000001';
const keys = keyCatalog.map(({ name }) => name);

/** What a re-encryption says of rows that the test does not have. */
const reencrypted = '{"total":0,"changed":0,"remaining_old":0}';

const client = sshClient();
const servers: SshServer[] = [];
let folder = '';
let bundles = '';
let program = '';
let keyring: Keyring | null = null;
let failed = false;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'rekey-chaos-'));
  bundles = bundleFolder();
  program = await bundledProcess('chaos-process', bundles);
  servers.push(...(await Promise.all(Array.from({ length: hostCount }, () => startSshServer(client)))));
  writeFileSync(join(client.folder, 'user_known_hosts'), servers.map(({ knownHost }) => knownHost).join(''));
  process.env.REKEY_SSH_CONFIG = client.configFile;
});
afterAll(async () => {
  await keyring?.stop();
  for (const server of servers) await server.stop();
  client.remove();
  rmSync(bundles, { recursive: true, force: true });
  if (!failed) rmSync(folder, { recursive: true, force: true });
});

describe('hosts and Rekey are killed at any moment', () => {
  const [from = firstSeed, to = from] = (only?.split('..') ?? []).map(Number);
  const last = only === undefined ? firstSeed + rounds - 1 : to;
  const seeds = Array.from({ length: last - from + 1 }, (_, index) => from + index);
  it(
    'no key is lost, and every host ends as the log says',
    async () => {
      const endings = new Map<string, number>();
      const failures: string[] = [];
      for (const [index, seed] of seeds.entries()) {
        if (index % 10 === 0) await renewKeyring();
        const round = new Round(seed);
        try {
          const ending = await round.play();
          endings.set(ending, (endings.get(ending) ?? 0) + 1);
          console.log(`chaos round ${index + 1}, seed ${seed}: ${round.story.join(', ')}; ${ending}`);
          round.remove();
        } catch (error) {
          const why = error instanceof Error ? error.message : String(error);
          failed = true;
          failures.push(
            `seed ${seed}: ${round.story.join(', ')}; ${why.slice(0, 800)} (kept in ${round.root})`,
          );
          console.log(`chaos round ${index + 1} FAILED, ${failures.at(-1)}`);
          await round.calm();
        }
      }
      console.log(`chaos: ${seeds.length} rounds, ${JSON.stringify(Object.fromEntries(endings))}`);
      expect(failures).toEqual([]);
    },
    long ? 4 * 3_600_000 : 600_000,
  );
});

class Round {
  readonly root: string;
  /** What was done, for whoever reads a failure. */
  readonly story: string[] = [];
  readonly #data: string;
  readonly #random: () => number;
  readonly #before = new Map<string, string>();
  /** Every value that any host had for a key at any time. */
  readonly #seen = new Map<string, Set<string>>();
  readonly #down = new Set<SshServer>();

  constructor(seed: number) {
    this.#random = parkMiller(seed);
    this.root = mkdtempSync(join(folder, `round-${seed}-`));
    this.#data = join(this.root, 'data');
    mkdirSync(this.#data, { mode: 0o700 });
    this.#writeHosts();
  }

  async play(): Promise<string> {
    const mode = this.#chance(0.5) ? 'emergency' : 'planned';
    await this.#underFire(['rotate', mode]);
    for (let attempt = 0; attempt < 2 && this.#chance(0.6); attempt += 1) {
      if (this.#isRunOpen()) await this.#underFire(['resume']);
    }
    // From here on nothing dies any more. Sometimes one host stays away for good, and is left out.
    const away = this.#chance(0.25) ? this.#pick(servers) : null;
    await this.calm(away);
    if (away && !this.#down.has(away)) await this.#killHost(away);
    await this.#finish(away);
    if (away) {
      await this.calm();
      await this.#catchUp(away);
    }
    return this.#expectEnd();
  }

  /** Every host answers again, except for one. */
  async calm(except: SshServer | null = null): Promise<void> {
    for (const server of this.#down) {
      if (server === except) continue;
      await server.start();
      this.#down.delete(server);
    }
  }

  remove(): void {
    rmSync(this.root, { recursive: true, force: true });
  }

  /** One thing that a person does, while hosts, or Rekey, or both are killed. */
  async #underFire(args: readonly string[]): Promise<void> {
    const { child, ended } = this.#start(args);
    const shots = 1 + Math.floor(this.#random() * 3);
    for (let shot = 0; shot < shots; shot += 1) {
      await Promise.race([this.#progress(Math.floor(this.#random() * 160)), ended]);
      if (child.exitCode !== null || child.signalCode !== null) break;
      const what = this.#random();
      if (what < 0.6) await this.#killHost(this.#pick(servers));
      if (what > 0.4) {
        child.kill('SIGKILL');
        this.story.push('Rekey killed');
      }
      if (this.#chance(0.4)) await this.calm();
    }
    this.story.push(`${args.join(' ')}: ${await ended}`);
    this.#look();
  }

  /** A moment of the work, not of the clock, which runs otherwise on a busy machine: when so many events are recorded. */
  async #progress(events: number): Promise<void> {
    const file = join(this.#data, 'log', 'events.jsonl');
    const before = countLines(file);
    const until = Date.now() + 30_000;
    while (countLines(file) < before + events && Date.now() < until) await wait(5);
    await wait(this.#random() * 60);
  }

  async #finish(away: SshServer | null): Promise<void> {
    const rollsBack = this.#chance(0.25);
    for (let attempt = 0; attempt < 6 && this.#isRunOpen(); attempt += 1) {
      if (away && attempt === 0) await this.#calmly(['exclude', away.address]);
      else if (rollsBack && attempt === (away ? 1 : 0)) await this.#calmly(['roll-back']);
      else await this.#calmly(['resume']);
    }
    if (this.#isRunOpen()) throw new Error('the run does not come to an end');
  }

  async #calmly(args: readonly string[]): Promise<void> {
    this.story.push(`${args.join(' ')}: ${await this.#start(args).ended}`);
    this.#look();
  }

  async #killHost(server: SshServer): Promise<void> {
    if (this.#down.has(server)) return;
    this.#down.add(server);
    await server.kill();
    this.story.push(`host ${servers.indexOf(server)} killed`);
  }

  #start(args: readonly string[]): { child: ChildProcess; ended: Promise<string> } {
    const child = spawn(process.execPath, [program, this.#data, ...args], {
      env: { ...process.env, NODE_OPTIONS: '' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk) => {
      stdout += chunk;
    });
    child.stderr.on('data', (chunk) => {
      stderr += chunk;
    });
    const ended = new Promise<string>((resolve) => {
      child.once('exit', (code, signal) => {
        const code4 = /code: '([^']+)'/.exec(stderr)?.[1];
        resolve(signal ?? (code === 0 ? stdout.trim() : (code4 ?? stderr.slice(0, 300))));
      });
    });
    return { child, ended };
  }

  /** What every host holds now: whatever happens, a key is what it was or one new value. */
  #look(): void {
    for (const server of servers) {
      const values = variablesOf(this.#fileOf(server));
      for (const key of keys) this.#seen.get(key)?.add(values.get(key) ?? 'nothing');
    }
    for (const [key, seen] of this.#seen) {
      if (seen.size > 2) throw new Error(`${key} had ${seen.size} values in one run`);
      if (seen.has('nothing')) throw new Error(`${key} is gone`);
    }
  }

  #isRunOpen(): boolean {
    return this.#withWorld(({ runs }) => runs.openRuns().some(({ state }) => openRunStates.includes(state)));
  }

  #withWorld<T>(use: (world: RotationWorld) => T): T {
    const world = openRotationWorld({ data: this.#data });
    try {
      return use(world);
    } finally {
      world.log.close();
    }
  }

  async #catchUp(server: SshServer): Promise<void> {
    const world = openRotationWorld({ data: this.#data });
    const environment = world.dependencies.environments.open(environmentId);
    try {
      await bringHostUpToDate(environment, server.address, {
        runId: 'catch-up',
        operator: 'ada@example.org',
        isOver: (runId) => world.runs.isOver(runId),
      });
      this.story.push(`host ${servers.indexOf(server)} caught up`);
    } finally {
      await world.close();
    }
  }

  async #expectEnd(): Promise<string> {
    const endings = new Set<string>();
    const world = openRotationWorld({ data: this.#data });
    try {
      for (const key of keys) {
        const latest = world.runs.latestRotation(environmentId, key);
        const state = latest?.state ?? 'never begun';
        endings.add(state);
        for (const server of servers) {
          const file = this.#fileOf(server);
          const value = variablesOf(file).get(key) ?? '';
          const which = `${key} on host ${servers.indexOf(server)} (${state})`;
          const isOld = value === this.#before.get(key);
          if (state === 'closed') {
            const path = `${file}.rekey.json`;
            const fingerprint = fingerprintIn(parseState(path, readFileSync(path)), new Secret(value));
            expect(isOld, `${which} is old`).toBe(false);
            expect(fingerprint, which).toBe(latest?.new_fingerprint);
          } else {
            expect(['rolled-back', 'abandoned', 'failed', 'never begun'], which).toContain(state);
            expect(isOld, `${which} is not old`).toBe(true);
          }
        }
      }
      // A run that lost a host could not give its lock back there: the next one takes it over.
      const environment = world.dependencies.environments.open(environmentId);
      const isOver = (runId: string) => world.runs.isOver(runId);
      await (await environment.lock({ runId: 'next', operator: 'ada@example.org', isOver })).release();
      for (const server of servers) {
        const left = readdirSync(this.#folderOf(server)).filter((name) => /\.tmp$|\.lock$/.test(name));
        expect(left, `left on host ${servers.indexOf(server)}`).toEqual([]);
        const slots = [...variablesOf(this.#fileOf(server)).keys()].filter((name) =>
          /_(NEXT|PREVIOUS)$/.test(name),
        );
        expect(slots, `slots of host ${servers.indexOf(server)}`).toEqual([]);
      }
      expect((await world.log.verify()).intact).toBe(true);
    } finally {
      await world.close();
    }
    return [...endings].sort().join(' and ');
  }

  #folderOf(server: SshServer): string {
    return join(this.root, 'hosts', String(server.port));
  }

  #fileOf(server: SshServer): string {
    return join(this.#folderOf(server), '.env');
  }

  #writeHosts(): void {
    const slots = ['one', 'previous', 'next+previous'] as const;
    const overrides: Record<string, KeyRuleOverride> = {};
    for (const rule of keyCatalog) {
      const value = generateValue(rule).reveal();
      this.#before.set(rule.name, value);
      this.#seen.set(rule.name, new Set([value]));
      overrides[rule.name] = {
        slots: this.#pick(slots),
        ...(rule.protects === 'messages' ? { soak: '0s' } : {}),
      };
    }
    const lines = [...this.#before].map(([name, value]) => `${name}=${value}\n`);
    const state = `${JSON.stringify(newState(environmentId))}\n`;
    const config = EnvironmentConfig.parse({
      id: environmentId,
      name: 'chaos',
      stage: 'staging',
      connector: {
        kind: 'ssh',
        parser: 'dotenv',
        hosts: servers.map((server) => ({ address: server.address, path: this.#fileOf(server) })),
        identity: client.key,
        atOnce: hostCount,
        waves: { first: 1, rest: 4 },
      },
      commands: Object.fromEntries(
        ['restart', 'stop', 'start', 'reencrypt', 'verify', 'verify-old-refused', 'accepts-next'].map(
          (kind) => [kind, { argv: kind === 'reencrypt' ? ['echo', reencrypted] : ['true'] }],
        ),
      ),
      keys: overrides,
    });
    for (const server of servers) {
      mkdirSync(this.#folderOf(server), { recursive: true });
      writeFileSync(this.#fileOf(server), `PORT=8080\n${lines.join('')}`, { mode: 0o600 });
      writeFileSync(`${this.#fileOf(server)}.rekey.json`, state, { mode: 0o600 });
    }
    writeFileSync(
      join(this.#data, 'environments.json'),
      JSON.stringify({ schemaVersion: 1, environments: [config] }),
    );
  }

  #chance(share: number): boolean {
    return this.#random() < share;
  }

  #pick<T>(from: readonly T[]): T {
    return from[Math.floor(this.#random() * from.length)] as T;
  }
}

function countLines(file: string): number {
  return existsSync(file) ? readFileSync(file, 'latin1').split('\n').length - 1 : 0;
}

/** Between 0 and 1: what is done is the same for the same seed; when, as far as a machine keeps time. */
function parkMiller(seed: number): () => number {
  let state = seed % 2_147_483_647;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}

/** See rotation-crash.test.ts: one that served many processes that died stops answering. */
async function renewKeyring(): Promise<void> {
  await keyring?.stop();
  const home = mkdtempSync(join(folder, 'keyring-'));
  keyring = await startKeyring({ PATH: process.env.PATH ?? '', HOME: home, XDG_RUNTIME_DIR: home });
  process.env.DBUS_SESSION_BUS_ADDRESS = keyring.environment.DBUS_SESSION_BUS_ADDRESS;
}
