import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { callLoopback } from '#electron/services/practice/loopback-client.ts';
import { fresh, PracticeFixture } from './practice-fixture.ts';

let fixture: PracticeFixture;

beforeEach(() => {
  fixture = new PracticeFixture();
});

afterEach(async () => {
  await fixture.practice.stop();
  await fixture.dispose();
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 15_000;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error('it did not happen in 15 seconds');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

describe('its life', () => {
  it('a killed service is started again, on the same port', async () => {
    await fixture.practice.start();
    const { pid, port } = fixture.address;
    process.kill(pid, 'SIGKILL');
    await until(() => !isAlive(pid));
    expect((await fixture.practice.status())?.running).toBe(false);
    expect(await fixture.command('verify')).toMatchObject({ code: 1 });
    expect(await fixture.command('start')).toMatchObject({ code: 0 });
    expect(fixture.address.pid).not.toBe(pid);
    expect(fixture.address.port).toBe(port);
    process.kill(fixture.address.pid, 'SIGKILL');
    expect(await fixture.practice.start()).toMatchObject({ running: true });
  });

  it('two starts at once start one service', async () => {
    const other = new PracticeFixture('with-launcher', fixture);
    const [first, second] = await Promise.all([fixture.practice.start(), other.practice.start()]);
    expect(second).toEqual(first);
    expect(fixture.environments.list()).toHaveLength(1);
    const launched = [await fixture.practice.stop(), await other.practice.stop()];
    expect(launched.filter(Boolean)).toHaveLength(1);
  });

  it('two starts at once by one Rekey launch once, and tell of one start', async () => {
    await fixture.practice.start();
    await fixture.practice.stop();
    const before = fixture.events.filter((event) => event === 'practice started').length;
    const [first, second] = await Promise.all([fixture.practice.start(), fixture.practice.startIfPresent()]);
    expect(second).toEqual(first);
    expect(fixture.events.filter((event) => event === 'practice started')).toHaveLength(before + 1);
  });

  it('a start in the middle of a reset tells of one start', async () => {
    await fixture.practice.start();
    const reset = fixture.practice.reset();
    // The new environment is there; its service is not yet.
    await vi.waitUntil(() => fixture.events.includes('practice reset'), { interval: 1 });
    await Promise.all([reset, fixture.practice.startIfPresent()]);
    expect(fixture.events.filter((event) => event.startsWith('practice'))).toEqual([
      'practice started',
      'practice reset',
      'practice started',
    ]);
  });

  it('takes another port when its own is taken, and the health URL follows', async () => {
    await fixture.practice.start();
    const { port } = fixture.address;
    await fixture.practice.stop();
    const squatter: Server = createServer();
    await new Promise<void>((resolve) => squatter.listen({ host: '127.0.0.1', port }, resolve));
    try {
      const { url } = await fixture.practice.start();
      expect(fixture.address.port).not.toBe(port);
      expect(url).toBe(`http://127.0.0.1:${fixture.address.port}/health`);
      expect(fixture.config.health?.url).toBe(url);
    } finally {
      squatter.close();
    }
  });

  it('is not fooled by a service file that another process left', async () => {
    await fixture.practice.start();
    await fixture.practice.stop();
    writeFileSync(
      fixture.files.service,
      JSON.stringify({ pid: process.pid, port: 1, controlPort: 1, token: 'x'.repeat(43) }),
    );
    expect((await fixture.practice.status())?.running).toBe(false);
    expect((await fixture.practice.start()).running).toBe(true);
    writeFileSync(fixture.files.service, 'no json');
    expect((await fixture.practice.status())?.running).toBe(false);
  });

  it('ends when its launcher is told to stop, and leaves no address', async () => {
    await fixture.practice.start();
    const { pid } = fixture.address;
    expect(await fixture.practice.stop()).toBe(true);
    await until(() => !isAlive(pid));
    expect(existsSync(fixture.files.service)).toBe(false);
    expect(await fixture.practice.stop()).toBe(false);
    expect(fixture.events).toEqual(['environment added', 'practice started', 'practice stopped']);
  });

  it('ends by itself when its folder is gone', async () => {
    await fixture.practice.start();
    const { pid } = fixture.address;
    rmSync(fixture.folder, { recursive: true });
    await until(() => !isAlive(pid));
  });

  it('starts although the .env is gone, so that recovering can be practised', async () => {
    await fixture.practice.start();
    await fixture.practice.stop();
    rmSync(fixture.files.environment);
    expect(await fixture.practice.start()).toMatchObject({ running: false, url: null });
    expect(fixture.drafts.at(-1)?.data?.problem).toContain('.env file cannot be read');
    expect(existsSync(fixture.files.environment)).toBe(false);
    const { environmentId } = await fixture.practice.reset();
    expect((await fixture.practice.status())?.environmentId).toBe(environmentId);
    expect((await fixture.health()).status).toBe('ok');
  });
});

it('a service that does not come up is an error in words, and the next start tries again', async () => {
  await fixture.practice.start();
  await fixture.practice.stop();
  const broken = new PracticeFixture('with-launcher', fixture, join(fixture.folder, 'no-such-program.js'));
  await expect(broken.practice.start()).rejects.toMatchObject({
    code: 'environment-unreachable',
    message: expect.stringContaining('could not be started'),
  });
  expect((await fixture.practice.start()).running).toBe(true);
});

describe('while a rotation keeps the service stopped', () => {
  it('a new start leaves it so, rows can be encrypted again, and the rotation starts it', async () => {
    const key = 'ENCRYPTION_KEY';
    await fixture.practice.start();
    const old = fixture.values()[key] ?? '';
    const next = fresh(32);
    expect(await fixture.command('stop')).toMatchObject({ code: 0 });
    fixture.edit({ [key]: next });
    fixture.heldStopped = true;
    process.kill(fixture.address.pid, 'SIGKILL');
    expect(await fixture.practice.start()).toMatchObject({ running: false });
    expect(await fixture.command('verify')).toMatchObject({ code: 1 });
    expect(await fixture.command('reencrypt', { key, old, new: next })).toMatchObject({ code: 0 });
    expect(await fixture.command('start')).toMatchObject({ code: 0 });
    expect(await fixture.command('verify')).toMatchObject({ code: 0 });
  });

  it('re-encryption works although the process is gone, and starts nothing', async () => {
    const key = 'ENCRYPTION_KEY';
    await fixture.practice.start();
    const old = fixture.values()[key] ?? '';
    await fixture.practice.stop();
    expect(await fixture.command('stop')).toMatchObject({ code: 0 });
    expect(await fixture.command('reencrypt', { key, old, new: fresh(32) })).toMatchObject({ code: 0 });
    expect((await fixture.practice.status())?.running).toBe(false);
  });
});

describe('a detached service', () => {
  it('outlives the Rekey that started it, and another one uses and resets it', async () => {
    const first = new PracticeFixture('detached');
    try {
      await first.practice.start();
      const second = new PracticeFixture('with-launcher', first);
      expect((await second.practice.start()).running).toBe(true);
      expect(second.events).toEqual([]);
      expect(await second.practice.stop()).toBe(false);
      expect((await callLoopback({ port: first.address.port, method: 'GET', path: '/health' })).status).toBe(
        200,
      );
      await second.practice.reset();
      expect(await second.practice.stop()).toBe(true);
    } finally {
      await first.practice.stop();
      await first.dispose();
    }
  });
});
