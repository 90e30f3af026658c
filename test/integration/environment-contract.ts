import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Environment, EnvironmentChange } from '#electron/environments/environment.ts';
import { newState } from '#electron/environments/state-file.ts';
import { fingerprintIn } from '#electron/services/secrets/fingerprint.ts';
import {
  type CommandConfig,
  type CommandKind,
  type EnvironmentState,
  emptyKeyState,
  type HealthConfig,
} from '#shared/model/environment.ts';
import { RekeyError } from '#shared/model/errors.ts';
import { Secret } from '#shared/model/secret.ts';

interface Answer {
  status: number;
  body: string;
  /** Milliseconds. */
  delay?: number;
  headers?: Record<string, string>;
}

/** A place where keys live, made for one test, that holds `initialValues`. */
export interface ContractSubject {
  /** Connects anew, as another process would; each call may configure other commands or another health URL. */
  connect(configuration?: {
    commands?: Partial<Record<CommandKind, CommandConfig>>;
    health?: HealthConfig;
  }): Environment;
  /** Changes a value as someone who does not know Rekey would. */
  changeOutside(name: string, value: string): Promise<void>;
  /** Takes the values away. */
  lose(): Promise<void>;
  dispose(): Promise<void>;
}

export const initialValues: Readonly<Record<string, string>> = {
  APP_NAME: 'contract',
  JWT_SECRET_KEY: 'a-first-value-of-the-signing-key-0123456789',
  ENCRYPTION_KEY: 'a-first-value-for-data-012345678',
};

const node = process.execPath;
const script = (source: string): CommandConfig => ({ argv: [node, '-e', source], shell: false });
const fresh = new Secret('a-fresh-value-of-the-signing-key-9876543210');

/** What every connector must do. `make` gives a new subject for each test. */
export function environmentContract(kind: string, make: () => Promise<ContractSubject>): void {
  describe(`${kind}: the environment contract`, () => {
    let subject: ContractSubject;
    let environment: Environment;

    beforeEach(async () => {
      subject = await make();
      environment = subject.connect();
    });
    afterEach(() => subject.dispose());

    const state = (): EnvironmentState => newState(environment.config.id);
    const change = (parts: Partial<EnvironmentChange> = {}): EnvironmentChange => ({
      values: new Map(),
      pending: {},
      after: state(),
      ...parts,
    });
    const valuesOf = async (from = environment) => {
      const { values } = await from.read();
      return Object.fromEntries([...values].map(([name, value]) => [name, value.reveal()]));
    };

    describe('reading', () => {
      it('gives every variable as a secret, and no state before there is one', async () => {
        const snapshot = await environment.read();
        expect(await valuesOf()).toEqual(initialValues);
        expect(snapshot.state).toBeNull();
        expect(JSON.stringify([...snapshot.values])).not.toContain(initialValues.JWT_SECRET_KEY);
        expect(JSON.stringify(snapshot.findings)).not.toContain(initialValues.JWT_SECRET_KEY);
      });

      it('gives the same revision until something changes', async () => {
        const { revision } = await environment.read();
        expect((await environment.read()).revision).toBe(revision);
        await subject.changeOutside('APP_NAME', 'other');
        expect((await environment.read()).revision).not.toBe(revision);
      });

      it('says that values were lost, unless asked to start from nothing', async () => {
        await subject.lose();
        await expect(environment.read()).rejects.toMatchObject({ code: 'file-missing' });
        const empty = await environment.read({ whenMissing: 'empty' });
        expect(empty.values.size).toBe(0);
        await environment.apply(change({ values: new Map([['JWT_SECRET_KEY', fresh]]) }), empty.revision);
        expect(await valuesOf()).toEqual({ JWT_SECRET_KEY: fresh.reveal() });
      });
    });

    describe('applying', () => {
      it('sets, adds and removes in one step, with the state', async () => {
        const { revision } = await environment.read();
        const after = state();
        after.keys.JWT_SECRET_KEY = {
          ...emptyKeyState,
          fingerprint: fingerprintIn(after, fresh),
          version: 1,
        };
        const next = await environment.apply(
          change({
            values: new Map([
              ['JWT_SECRET_KEY', fresh],
              ['JWT_SECRET_KEY_PREVIOUS', new Secret(initialValues.JWT_SECRET_KEY as string)],
              ['ENCRYPTION_KEY', null],
            ]),
            pending: { JWT_SECRET_KEY: { old: '0123456789abcdef', new: fingerprintIn(after, fresh) } },
            after,
          }),
          revision,
        );
        expect(await valuesOf(subject.connect())).toEqual({
          APP_NAME: 'contract',
          JWT_SECRET_KEY: fresh.reveal(),
          JWT_SECRET_KEY_PREVIOUS: initialValues.JWT_SECRET_KEY,
        });
        const snapshot = await subject.connect().read();
        expect(snapshot.state).toEqual(after);
        expect(snapshot.revision).toBe(next);
      });

      it('changes the state alone', async () => {
        const first = state();
        const revision = await environment.apply(
          change({ after: first }),
          (await environment.read()).revision,
        );
        const second = { ...first, keys: { JWT_SECRET_KEY: { ...emptyKeyState, version: 7 } } };
        await environment.apply(change({ after: second }), revision);
        expect((await environment.read()).state).toEqual(second);
        expect(await valuesOf()).toEqual(initialValues);
      });

      it('refuses a revision that has passed, and changes nothing', async () => {
        const { revision } = await environment.read();
        const after = state();
        await environment.apply(change({ after }), revision);
        const late = change({ values: new Map([['JWT_SECRET_KEY', fresh]]), after });
        await expect(environment.apply(late, revision)).rejects.toMatchObject({ code: 'conflict' });
        expect(await valuesOf()).toEqual(initialValues);
        expect((await environment.read()).state).toEqual(after);
      });

      it('refuses when someone else has changed a value since, and changes nothing', async () => {
        const { revision } = await environment.read();
        await subject.changeOutside('APP_NAME', 'other');
        const late = change({ values: new Map([['JWT_SECRET_KEY', fresh]]) });
        await expect(environment.apply(late, revision)).rejects.toMatchObject({ code: 'conflict' });
        expect(await valuesOf()).toEqual({ ...initialValues, APP_NAME: 'other' });
        expect((await environment.read()).state).toBeNull();
      });

      it('is idempotent: the same values and state again are no change', async () => {
        const after = state();
        const again = change({ values: new Map([['JWT_SECRET_KEY', fresh]]), after });
        const first = await environment.apply(again, (await environment.read()).revision);
        expect(await environment.apply(again, first)).toBe(first);
      });

      it('refuses a value that its consumer would not read back, and changes nothing', async () => {
        const { revision } = await environment.read();
        const impossible = change({ values: new Map([['JWT_SECRET_KEY', new Secret('nul\0nul')]]) });
        await expect(environment.apply(impossible, revision)).rejects.toMatchObject({
          code: 'value-unrepresentable',
        });
        expect((await environment.read()).revision).toBe(revision);
      });
    });

    describe('locking', () => {
      const owner = { runId: 'run-1', operator: 'ada@example.org' };

      it('lets one run in at a time, and names it', async () => {
        expect(await environment.lockStatus()).toBeNull();
        const held = await environment.lock(owner);
        await held.assertHeld();
        expect(await environment.lockStatus()).toMatchObject({ lock: owner, owner: 'alive' });
        const other = subject.connect().lock({ runId: 'run-2', operator: 'bob@example.org' });
        await expect(other).rejects.toMatchObject({ code: 'environment-locked' });
        await expect(other).rejects.toThrow(/ada@example\.org.*since/);
        await held.release();
        expect(await environment.lockStatus()).toBeNull();
        await (await subject.connect().lock({ runId: 'run-2', operator: 'bob@example.org' })).release();
      });

      it('allows the change that its own process makes', async () => {
        const held = await environment.lock(owner);
        await environment.apply(change(), (await environment.read()).revision);
        await held.assertHeld();
        await held.release();
      });

      it('of a run that is over becomes that of the next one, and names it', async () => {
        const left = await environment.lock(owner);
        const next = { runId: 'run-2', operator: 'bob@example.org' };
        await expect(subject.connect().lock({ ...next, isOver: () => false })).rejects.toMatchObject({
          code: 'environment-locked',
        });
        const held = await subject.connect().lock({ ...next, isOver: (runId) => runId === 'run-1' });
        expect(held.lock).toMatchObject(next);
        expect(await environment.lockStatus()).toMatchObject({ lock: next });
        await expect(left.assertHeld()).rejects.toThrow(/bob@example\.org/);
        await held.release();
        expect(await environment.lockStatus()).toBeNull();
      });

      it('can be broken on purpose, which its owner notices', async () => {
        const held = await environment.lock(owner);
        expect(await subject.connect().breakLock()).toMatchObject(owner);
        await expect(held.assertHeld()).rejects.toMatchObject({ code: 'environment-locked' });
        const next = await subject.connect().lock({ runId: 'run-2', operator: 'bob@example.org' });
        await expect(held.assertHeld()).rejects.toThrow(/bob@example\.org/);
        await held.release();
        await next.assertHeld();
        await next.release();
        expect(await environment.breakLock()).toBeNull();
      });
    });

    describe('commands', () => {
      it('says when one is not configured', async () => {
        await expect(environment.command('restart')).rejects.toMatchObject({ code: 'command-missing' });
      });

      it('reports output, exit code and the last line as JSON', async () => {
        const connected = subject.connect({
          commands: {
            reencrypt: script(
              `console.log('working'); console.log('{"total": 3, "changed": 3, "remaining_old": 0}')`,
            ),
            verify: script(`console.error('no such token'); process.exit(7)`),
          },
        });
        const lines: string[] = [];
        const counted = await connected.command('reencrypt', { onOutput: (line) => lines.push(line) });
        expect(counted).toMatchObject({ kind: 'reencrypt', outcome: 'ok', exitCode: 0, truncated: false });
        expect(counted.report).toEqual({ total: 3, changed: 3, remaining_old: 0 });
        expect(lines[0]).toBe('working');
        const failed = await connected.command('verify');
        expect(failed).toMatchObject({ outcome: 'failed', exitCode: 7, report: null });
        expect(failed.output).toContain('no such token');
      });

      it('gives values on stdin only, and redacts them wherever they come back', async () => {
        const connected = subject.connect({
          commands: {
            reencrypt: script(`
              let text = '';
              process.stdin.on('data', (chunk) => { text += chunk; }).on('end', () => {
                const { key, old, new: next } = JSON.parse(text);
                console.log(key, old, next, text.split('\\n').length);
                console.log(JSON.stringify(process.argv) + JSON.stringify(process.env));
                console.error(Buffer.from(next).toString('base64'), encodeURIComponent(old));
              });`),
          },
        });
        const old = new Secret('an old value / that must not be seen');
        const result = await connected.command('reencrypt', {
          input: { key: 'ENCRYPTION_KEY', old, new: fresh },
        });
        expect(result).toMatchObject({ outcome: 'ok' });
        expect(result.output).toContain('ENCRYPTION_KEY [redacted] [redacted] 2');
        for (const value of [old.reveal(), fresh.reveal(), Buffer.from(fresh.reveal()).toString('base64')]) {
          expect(JSON.stringify(result)).not.toContain(value);
        }
      });

      it("redacts the environment's own values", async () => {
        const value = initialValues.JWT_SECRET_KEY as string;
        const connected = subject.connect({
          commands: { restart: script(`console.log('key is ${value}')`) },
        });
        const seen: string[] = [];
        const result = await connected.command('restart', { onOutput: (line) => seen.push(line) });
        expect(result.output).toBe('key is [redacted]\n');
        expect(seen).toEqual(['key is [redacted]']);
      });

      it('never gives values to commands that need none', async () => {
        const connected = subject.connect({
          commands: { restart: script(`process.stdin.on('data', () => console.log('got input')).resume()`) },
        });
        const result = await connected.command('restart', {
          input: { key: 'JWT_SECRET_KEY', old: null, new: fresh },
        });
        expect(result).toMatchObject({ outcome: 'ok', output: '' });
      });

      it('ends a command that takes too long, or that is stopped', async () => {
        const forever = script('setInterval(() => {}, 1000); console.log("up")');
        const connected = subject.connect({
          commands: { verify: { ...forever, timeout: '300ms' }, reencrypt: forever },
        });
        expect(await connected.command('verify')).toMatchObject({ outcome: 'timed-out', signal: 'SIGTERM' });
        const stop = new AbortController();
        const running = connected.command('reencrypt', { signal: stop.signal, onOutput: () => stop.abort() });
        expect(await running).toMatchObject({ outcome: 'stopped' });
        expect(await connected.command('reencrypt', { signal: stop.signal })).toMatchObject({
          outcome: 'stopped',
        });
      });

      it('says when a program cannot be started', async () => {
        const connected = subject.connect({
          commands: { restart: { argv: ['/nonexistent/program'], shell: false } },
        });
        expect(await connected.command('restart')).toMatchObject({
          outcome: 'not-started',
          exitCode: null,
          reason: expect.stringMatching(/does not exist/),
        });
      });
    });

    describe('health', () => {
      let server: Server;
      let url: string;
      let answer: Answer;

      beforeEach(async () => {
        answer = { status: 200, body: '{}' };
        server = createServer((_request, response) => {
          const { status, body, delay, headers } = answer;
          setTimeout(() => response.writeHead(status, headers).end(body), delay ?? 0);
        });
        await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
        url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/health`;
      });
      afterEach(() => {
        server.closeAllConnections();
        server.close();
      });
      const probe = (more: Partial<HealthConfig> = {}) =>
        subject.connect({ health: { url, credential: false, timeout: '5s', ...more } }).health();

      it('says when there is nothing to ask', async () => {
        expect(await environment.health()).toMatchObject({
          configured: false,
          reachable: false,
          problem: null,
        });
      });

      it('takes over well-formed fingerprints, and nothing else', async () => {
        answer.body = JSON.stringify({
          key_rotation: {
            keys: {
              JWT_SECRET_KEY: { fingerprint: '0123456789abcdef' },
              ENCRYPTION_KEY: { fingerprint: 'NOT-A-FINGERPRINT' },
              'not a name': { fingerprint: '0123456789abcdef' },
              API_SIGNING_KEY: 'x',
            },
          },
        });
        expect(await probe()).toMatchObject({
          reachable: true,
          healthy: true,
          httpStatus: 200,
          fingerprints: { JWT_SECRET_KEY: '0123456789abcdef' },
          problem: null,
        });
      });

      it.each([
        [{ status: 503, body: '{"status": "down"}' }, /503/, true],
        [{ status: 200, body: 'OK' }, /not JSON/, true],
        [{ status: 302, body: '', headers: { location: 'http://127.0.0.1:1/' } }, /redirect/, true],
        [{ status: 200, body: `"${'x'.repeat(70_000)}"` }, /larger than 64 KiB/, true],
        [{ status: 200, body: '{}', delay: 2_000 }, /did not answer within 200ms/, false],
      ] as [Answer, RegExp, boolean][])('reports %o in words', async (given, problem, reachable) => {
        answer = given;
        const report = await probe({ timeout: given.delay ? '200ms' : '5s' });
        expect(report).toMatchObject({ configured: true, reachable, fingerprints: {} });
        expect(report.healthy).toBe(given.status === 200 && !given.delay);
        expect(report.problem).toMatch(problem);
      });

      it('says that nothing listens', async () => {
        server.close();
        expect(await probe()).toMatchObject({
          reachable: false,
          healthy: false,
          problem: expect.stringMatching(/refused/),
        });
      });

      it('says that a configured credential is missing, and does not ask without it', async () => {
        const report = await probe({ credential: true });
        expect(report).toMatchObject({ reachable: false, problem: expect.stringMatching(/credential/) });
      });
    });

    it('throws only errors that a person can act on', async () => {
      await subject.lose();
      const error = await environment.read().catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(RekeyError);
      expect((error as RekeyError).report()).toMatchObject({
        unchanged: 'Nothing was changed.',
        remedy: expect.stringMatching(/\.$/),
      });
    });
  });
}
