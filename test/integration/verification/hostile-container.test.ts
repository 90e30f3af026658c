import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkBundle } from '#electron/services/verification/check-bundle.ts';
import { writeFolder, type ZipEntry, zip } from '#test/support/bundle/write-bundle.ts';
import { failed, reasonOf, VerificationWorld } from './verification-world.ts';

let world: VerificationWorld;
beforeAll(() => {
  world = new VerificationWorld();
});
afterAll(() => world.close());

describe('a folder with something else in it', () => {
  it.each([
    ['a link', (at: string) => symlinkSync('/etc/passwd', join(at, 'log/proofs/inclusion-99.json'))],
    [
      'a link in place of a file',
      (at: string) => replaced(at, 'report.pdf', (path) => symlinkSync('/dev/zero', path)),
    ],
    ['a link in place of a folder', (at: string) => replaced(at, 'keys', (path) => symlinkSync('/', path))],
    ['a pipe', (at: string) => replaced(at, 'report.json', (path) => execFileSync('mkfifo', [path]))],
    ['a file that nobody expects', (at: string) => writeFileSync(join(at, '.DS_Store'), 'x')],
    ['a name with a line break', (at: string) => writeFileSync(join(at, 'a\nb'), 'x')],
    ['an empty folder', (at: string) => mkdirSync(join(at, 'more'))],
    ['folders in folders', (at: string) => mkdirSync(join(at, 'a/b/c/d/e/f/g/h/i/j/k'), { recursive: true })],
    ['a folder in place of a file', (at: string) => replaced(at, 'VERIFY.md', (path) => mkdirSync(path))],
  ])('%s', async (_, change) => {
    const at = writeFolder(world.bundle.files, world.fresh());
    change(at);
    const result = await world.verify(at);
    expect(result.intact).toBe(false);
    expect(failed(result)[0]).toBe('files');
  });

  it('a socket in place of a file', async () => {
    const at = writeFolder(world.bundle.files, world.fresh());
    const server = createServer();
    replaced(at, 'population.csv', () => {});
    await new Promise<void>((resolve) => server.listen(join(at, 'population.csv'), resolve));
    try {
      expect(failed(await world.verify(at))[0]).toBe('files');
    } finally {
      server.close();
    }
  });

  it('more files than a report may have', async () => {
    const at = writeFolder(world.bundle.files, world.fresh());
    for (let index = 0; index < 2_000; index += 1)
      writeFileSync(join(at, `log/proofs/inclusion-${index}.json`), '');
    const result = await world.verify(at);
    expect(reasonOf(result, 'files')).toContain('more than 2,000');
    expect(reasonOf(result, 'signature')).toContain('not checked');
  });

  it('is refused when there is nothing to read', () => {
    expect(() => checkBundle(join(world.folder, 'nowhere'))).toThrow(
      expect.objectContaining({ code: 'invalid-input' }),
    );
    expect(() => checkBundle('/dev/null')).toThrow(expect.objectContaining({ code: 'invalid-input' }));
  });
});

function replaced(at: string, path: string, make: (full: string) => void): void {
  rmSync(join(at, path), { recursive: true, force: true });
  make(join(at, path));
}

describe('a zip that Rekey does not write', () => {
  const entries = (): ZipEntry[] =>
    [...world.bundle.files].map(([path, content]) => ({ name: `top/${path}`, content }));
  const first = (change: Partial<ZipEntry>) =>
    entries().map((entry, index) => (index === 0 ? { ...entry, ...change } : entry));
  const more = (entry: Partial<ZipEntry>) => [
    ...entries(),
    { name: 'top/x', content: Buffer.from('x'), ...entry },
  ];

  it('is a zip that is read, as the ones below are but for their one difference', async () => {
    const path = world.fresh();
    writeFileSync(path, zip(entries()));
    expect((await world.verify(path)).intact).toBe(true);
  });

  it.each<[string, () => Buffer]>([
    ['climbs out of its folder', () => zip(more({ name: 'top/../../../tmp/x' }))],
    ['climbs out of the folder above', () => zip(more({ name: '../x' }))],
    ['has an absolute name', () => zip(more({ name: '/etc/x' }))],
    ['has a name with a backslash', () => zip(more({ name: 'top\\..\\x' }))],
    ['has a name with a NUL', () => zip(more({ name: 'top/x\0.json' }))],
    ['has no folder', () => zip(entries().map(({ name, content }) => ({ name: name.slice(4), content })))],
    ['has two folders', () => zip(more({ name: 'other/x' }))],
    ['holds a file twice', () => zip(more({ name: 'top/report.json' }))],
    ['holds a link', () => zip(first({ mode: 0o120777 }))],
    ['holds a device', () => zip(first({ mode: 0o060666 }))],
    ['holds a folder', () => zip(more({ name: 'top/more', mode: 0o040755 }))],
    ['is encrypted', () => zip(first({ flags: 1 }))],
    ['has data descriptors', () => zip(first({ flags: 8 }))],
    ['is compressed', () => zip(first({ method: 8 }))],
    ['claims another size than it stores', () => zip(first({ size: 1 }))],
    ['claims to expand to 4 GiB', () => zip(first({ size: 0xffffffff }))],
    ['has a comment', () => Buffer.concat([zip(entries()).subarray(0, -2), Buffer.from([1, 0, 0x78])])],
    ['has something in front', () => Buffer.concat([Buffer.from('#!/bin/sh\n'), zip(entries())])],
    ['has something behind', () => Buffer.concat([zip(entries()), Buffer.from('x')])],
    ['is cut off', () => zip(entries()).subarray(0, -1)],
    ['is empty', () => Buffer.alloc(0)],
    ['is no zip', () => Buffer.alloc(5_000, 'PK')],
    ['has no entries', () => zip([])],
    ['hides bytes between its entries', () => hidden(zip(entries()))],
    ['has another checksum than its content', () => wrongChecksum(zip(entries()))],
  ])('%s', async (_, make) => {
    const path = world.fresh();
    writeFileSync(path, make());
    const result = await world.verify(path);
    expect(result.intact).toBe(false);
    expect(['files', 'sums']).toContain(failed(result)[0]);
  });
});

/** Bytes between the last entry and the directory, with the end record mended. */
function hidden(bytes: Buffer): Buffer {
  const start = bytes.readUInt32LE(bytes.length - 6);
  const changed = Buffer.concat([bytes.subarray(0, start), Buffer.from('hidden'), bytes.subarray(start)]);
  changed.writeUInt32LE(start + 6, changed.length - 6);
  return changed;
}

function wrongChecksum(bytes: Buffer): Buffer {
  const changed = Buffer.from(bytes);
  const start = changed.readUInt32LE(changed.length - 6);
  changed.writeUInt32LE(1, 14);
  changed.writeUInt32LE(1, start + 16);
  return changed;
}
