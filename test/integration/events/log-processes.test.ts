import { execFile, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { ownIdentity } from '#electron/storage/process-identity.ts';
import type { LogEvent } from '#shared/model/event.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { filledLog, openLog, sibling, step } from './log-fixture.ts';

const run = promisify(execFile);

function storedEvents(folder: string): LogEvent[] {
  const lines = readFileSync(join(folder, 'events.jsonl'), 'utf8').split('\n');
  expect(lines.pop()).toBe('');
  return lines.map((line) => JSON.parse(line) as LogEvent);
}

describe('several processes', () => {
  it('append hundreds of events each at the same time: no gap, no loss, each writer in its order', async () => {
    const folder = temporaryFolder();
    const count = 400;
    const writers = ['a', 'b', 'c'];
    await Promise.all(
      writers.map((writer) =>
        run(process.execPath, [sibling('append-many.ts'), folder, writer, String(count)]),
      ),
    );
    const events = storedEvents(folder);
    expect(events.map(({ seq }) => seq)).toEqual(Array.from({ length: 3 * count }, (_, seq) => seq));
    for (const writer of writers) {
      const own = events.filter(({ data }) => data?.writer === writer).map(({ data }) => data?.index);
      expect(own).toEqual(Array.from({ length: count }, (_, index) => index));
    }
    expect(new Set(events.map(({ id }) => id)).size).toBe(events.length);
    const log = openLog(folder);
    expect(await log.verify()).toMatchObject({ intact: true, size: 3 * count, root: log.root() });
    log.close();
    expect(readdirSync(folder).sort()).toEqual(['events.jsonl', 'hashes']);
  });

  it('notice each other: what another process appended is in the tree, the queries and the listeners', () => {
    const folder = temporaryFolder();
    const log = filledLog(folder, 3);
    const heard: string[] = [];
    log.onAppend(({ action, seq }) => heard.push(`${seq} ${action}`));
    spawnSync(process.execPath, [sibling('append-many.ts'), folder, 'other', '2']);
    expect(log.size()).toBe(5);
    expect(heard).toEqual(['3 written', '4 written']);
    spawnSync(process.execPath, [sibling('append-many.ts'), folder, 'other', '1']);
    expect(log.append(step('mine')).seq).toBe(6);
    expect(heard.slice(2)).toEqual(['5 written', '6 mine']);
    expect(log.query({ limit: 2 }).events.map(({ seq }) => seq)).toEqual([6, 5]);
    const again = openLog(folder);
    expect(again.root()).toBe(log.root());
    again.close();
    log.close();
  });

  it('hear of the first event of a log that was empty', () => {
    const folder = join(temporaryFolder(), 'log');
    const log = openLog(folder);
    const heard: number[] = [];
    log.onAppend(({ seq }) => heard.push(seq));
    expect(log.size()).toBe(0);
    spawnSync(process.execPath, [sibling('append-many.ts'), folder, 'other', '2']);
    log.refresh();
    expect(heard).toEqual([0, 1]);
    log.close();
  });
});

describe('a lock that its owner left', () => {
  it('by dying is taken over silently', () => {
    const folder = temporaryFolder();
    const log = filledLog(folder, 1);
    const died = spawnSync(process.execPath, [sibling('die-holding-the-lock.ts'), folder]);
    expect(died.signal).toBe('SIGKILL');
    expect(existsSync(join(folder, 'lock'))).toBe(true);
    expect(log.append(step('after')).seq).toBe(1);
    log.close();
    expect(readdirSync(folder).filter((name) => name.includes('lock'))).toEqual([]);
    expect(storedEvents(folder)).toHaveLength(2);
  });

  it('before the machine was restarted is taken over', () => {
    const folder = temporaryFolder();
    const log = filledLog(folder, 1);
    const record = { ...ownIdentity(), bootId: 'another-boot', token: '0123456789abcdef' };
    writeFileSync(join(folder, 'lock'), JSON.stringify(record));
    expect(log.append(step('after')).seq).toBe(1);
    log.close();
  });

  it('on another machine is not: the append waits, then says who holds it', () => {
    const folder = temporaryFolder();
    const log = openLog(folder, { lockWaitMilliseconds: 50 });
    log.append(step('before'));
    const record = { ...ownIdentity(), host: `not-${hostname()}`, token: '0123456789abcdef' };
    writeFileSync(join(folder, 'lock'), JSON.stringify(record));
    expect(() => log.append(step('after'))).toThrow(
      expect.objectContaining({ code: 'log-busy', message: expect.stringContaining(`not-${hostname()}`) }),
    );
    expect(log.size()).toBe(1);
    log.close();
  });
});
