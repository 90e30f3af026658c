import { execFile } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { ownIdentity } from '#electron/storage/process-identity.ts';
import { systemClock } from '#electron/storage/system-clock.ts';
import { VersionedFile } from '#electron/storage/versioned-file.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const run = promisify(execFile);
const Numbers = z.object({ schemaVersion: z.literal(1), numbers: z.array(z.number()) });

function place(): string {
  return join(temporaryFolder(), 'data', 'numbers.json');
}

function open(path: string, lockWaitMilliseconds = 5_000) {
  return new VersionedFile({
    path,
    what: 'The numbers',
    schema: Numbers,
    version: 1,
    initial: { schemaVersion: 1 as const, numbers: [] },
    identity: ownIdentity(),
    clock: systemClock,
    lockWaitMilliseconds,
  });
}

const withNumber = (number: number) => (current: z.infer<typeof Numbers>) => ({
  ...current,
  numbers: [...current.numbers, number],
});

describe('a versioned file', () => {
  it('begins with its initial content, creating nothing, and keeps what is put into it', () => {
    const path = place();
    const file = open(path);
    expect(file.read()).toEqual({ schemaVersion: 1, numbers: [] });
    expect(existsSync(join(path, '..'))).toBe(false);
    expect(file.update(withNumber(7)).numbers).toEqual([7]);
    expect(open(path).read().numbers).toEqual([7]);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(statSync(join(path, '..')).mode & 0o777).toBe(0o700);
    expect(readdirSync(join(path, '..'))).toEqual(['numbers.json']);
  });

  it("sees another process's changes", () => {
    const path = place();
    const file = open(path);
    file.update(withNumber(1));
    open(path).update(withNumber(2));
    expect(file.read().numbers).toEqual([1, 2]);
    expect(file.update(withNumber(3)).numbers).toEqual([1, 2, 3]);
  });

  it('loses no change of processes that race', async () => {
    const path = place();
    const script = `
      import { VersionedFile } from '#electron/storage/versioned-file.ts';
      import { ownIdentity } from '#electron/storage/process-identity.ts';
      import { systemClock } from '#electron/storage/system-clock.ts';
      import { z } from 'zod';
      const file = new VersionedFile({
        path: process.argv[1], what: 'The numbers', version: 1, initial: { schemaVersion: 1, numbers: [] },
        schema: z.object({ schemaVersion: z.literal(1), numbers: z.array(z.number()) }),
        identity: ownIdentity(), clock: systemClock, lockWaitMilliseconds: 30000,
      });
      for (let n = 0; n < 60; n += 1) file.update((all) => ({ ...all, numbers: [...all.numbers, n] }));`;
    const racing = [1, 2, 3].map(() =>
      run(process.execPath, ['--input-type=module', '-e', script, path], {
        cwd: join(import.meta.dirname, '../../..'),
      }),
    );
    await Promise.all(racing);
    expect(
      open(path)
        .read()
        .numbers.toSorted((a, b) => a - b),
    ).toEqual(Array.from({ length: 180 }, (_, index) => Math.floor(index / 3)));
  });

  it('changes nothing when the change, or its announcement, fails', () => {
    const path = place();
    const file = open(path);
    file.update(withNumber(1));
    const before = readFileSync(path, 'utf8');
    const refuse = () => {
      throw new Error('cannot be recorded');
    };
    expect(() => file.update(withNumber(2), refuse)).toThrow('cannot be recorded');
    expect(() => file.update(refuse)).toThrow('cannot be recorded');
    expect(() => file.update((current) => ({ ...current, numbers: ['x'] as unknown as number[] }))).toThrow();
    expect(readFileSync(path, 'utf8')).toBe(before);
    expect(file.update(withNumber(3)).numbers).toEqual([1, 3]);
    expect(readdirSync(join(path, '..'))).toEqual(['numbers.json']);
  });

  it.each([
    ['not JSON', '{"schemaVersion": 1, "numb', 'configuration-invalid', 'not JSON'],
    ['empty', '', 'configuration-invalid', 'not JSON'],
    ['of another form', '{"schemaVersion": 1, "numbers": ["x"]}', 'configuration-invalid', 'numbers.0'],
    ['not UTF-8', Buffer.from([0x7b, 0xff, 0x7d]), 'configuration-invalid', 'UTF-8'],
    ['from a newer version', '{"schemaVersion": 2, "numbers": {}}', 'configuration-newer', 'newer version'],
  ])('that is %s is copied aside once, reported, and never overwritten', (_name, content, code, words) => {
    const path = place();
    mkdirSync(join(path, '..'), { recursive: true });
    writeFileSync(path, content);
    const file = open(path);
    for (let time = 0; time < 3; time += 1) {
      expect(() => file.read()).toThrow(
        expect.objectContaining({ code, message: expect.stringContaining(words) }),
      );
      expect(() => file.update(withNumber(1))).toThrow(expect.objectContaining({ code }));
    }
    expect(readFileSync(path).equals(Buffer.from(content))).toBe(true);
    const copies = readdirSync(join(path, '..')).filter((name) => name !== 'numbers.json');
    expect(copies).toHaveLength(1);
    const [copy = ''] = copies;
    expect(copy).toMatch(/^numbers\.json\.unreadable-[0-9a-f]{12}$/);
    expect(readFileSync(join(path, '..', copy)).equals(Buffer.from(content))).toBe(true);
    writeFileSync(path, '{"schemaVersion": 1, "numbers": [5]}');
    expect(file.read().numbers).toEqual([5]);
  });

  it('that is a folder, or that lies where nothing can be written, is reported', () => {
    const path = place();
    mkdirSync(path, { recursive: true });
    expect(() => open(path).read()).toThrow(expect.objectContaining({ code: 'configuration-invalid' }));
    const file = join(temporaryFolder(), 'file');
    writeFileSync(file, 'x');
    const below = open(join(file, 'numbers.json'));
    expect(() => below.update(withNumber(1))).toThrow(
      expect.objectContaining({ code: 'data-folder-unusable' }),
    );
  });

  it('that another machine keeps locked is reported with the lock', () => {
    const path = place();
    const file = open(path, 50);
    file.update(withNumber(1));
    const record = { ...ownIdentity(), host: 'elsewhere', token: '0123456789abcdef' };
    writeFileSync(`${path}.lock`, JSON.stringify(record));
    expect(() => file.update(withNumber(2))).toThrow(
      expect.objectContaining({
        code: 'data-folder-unusable',
        remedy: expect.stringContaining(`${path}.lock`),
      }),
    );
    expect(file.read().numbers).toEqual([1]);
  });

  it('keeps its permissions private whatever they were', () => {
    const path = place();
    const file = open(path);
    file.update(withNumber(1));
    chmodSync(path, 0o644);
    file.update(withNumber(2));
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });
});
