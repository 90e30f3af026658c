import { PassThrough } from 'node:stream';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { packet, packetType, string, uint32 } from '#electron/environments/ssh/sftp/packets.ts';
import { SftpClient, SftpRefusal } from '#electron/environments/ssh/sftp/sftp-client.ts';
import { SftpFiles } from '#electron/environments/ssh/sftp-files.ts';
import { isRekeyError, RekeyError } from '#shared/model/errors.ts';

const greeting = packet(packetType.version, uint32(3), string('posix-rename@openssh.com'), string('1'));
const lost = (why: string) =>
  new RekeyError('connection-lost', { message: `The connection to fake was lost: ${why}.`, remedy: '' });

/** A server of the test's own (a fake): it answers what it is told to, whatever it is asked. */
async function fakeServer(answer: (request: Buffer) => Buffer | null): Promise<SftpClient> {
  const input = new PassThrough();
  const output = new PassThrough();
  let greeted = false;
  output.on('data', (request: Buffer) => {
    const reply = greeted ? answer(request) : greeting;
    greeted = true;
    if (reply) input.write(reply);
  });
  return SftpClient.open({ input, output }, { patience: 300, lost });
}

const idOf = (request: Buffer) => request.readUInt32BE(5);
const path = '/srv/.env';
const likely = [packetType.status, packetType.handle, packetType.data, packetType.name, packetType.attrs];

describe('a server that does not keep to the protocol', () => {
  it.each([
    ['a packet of 4 GiB', () => Buffer.from([0xff, 0xff, 0xff, 0xff, 101])],
    ['a packet of nothing', () => Buffer.from([0, 0, 0, 0, 0])],
    ['an answer that nobody asked for', () => packet(packetType.status, uint32(9_999), uint32(0))],
    ['another type than is due', (id: number) => packet(packetType.handle, uint32(id), string('h'))],
    [
      'a string beyond its packet',
      (id: number) => packet(packetType.name, uint32(id), uint32(1), uint32(5_000)),
    ],
    [
      'attributes that are cut off',
      (id: number) => packet(packetType.attrs, uint32(id), uint32(3), uint32(0)),
    ],
    ['a status without a code', (id: number) => packet(packetType.status, uint32(id))],
    ['"done" where an answer is due', (id: number) => packet(packetType.status, uint32(id), uint32(0))],
    ['silence', () => null],
  ])('%s: the request fails, and the connection is over', async (_what, reply) => {
    const client = await fakeServer((request) => reply(idOf(request)));
    const error = await client.stat(path).catch((thrown: unknown) => thrown);
    expect(isRekeyError(error, 'connection-lost'), String(error)).toBe(true);
    expect(client.closed).toBe(true);
    await expect(client.stat(path)).rejects.toMatchObject({ code: 'connection-lost' });
  });

  it('a name with a slash in a folder is no name', async () => {
    const entry = Buffer.concat([string('../../etc/passwd'), string(''), uint32(0)]);
    const client = await fakeServer((request) => {
      const id = uint32(idOf(request));
      if (request[4] === packetType.opendir) return packet(packetType.handle, id, string('h'));
      return packet(packetType.name, id, uint32(1), entry);
    });
    await expect(client.names('/srv')).rejects.toMatchObject({ code: 'connection-lost' });
  });

  it('a file without an end is read up to the limit, and refused', async () => {
    const regular = Buffer.concat([uint32(4), uint32(0o100600)]);
    const client = await fakeServer((request) => {
      const id = uint32(idOf(request));
      if (request[4] === packetType.open) return packet(packetType.handle, id, string('h'));
      if (request[4] === packetType.close) return packet(packetType.status, id, uint32(0));
      if (request[4] === packetType.read) {
        const wanted = request.readUInt32BE(request.length - 4);
        return packet(packetType.data, id, string(Buffer.alloc(wanted, 65)));
      }
      return packet(packetType.attrs, id, regular);
    });
    const files = new SftpFiles('fake', async () => client);
    await expect(files.read(path, 100_000)).rejects.toMatchObject({ code: 'file-too-large' });
  });

  it('whatever bytes come, nothing hangs and nothing but a known error is thrown', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 80 }), fc.boolean(), async (bytes, framed) => {
        const client = await fakeServer((request) =>
          framed
            ? packet(likely[(bytes[0] ?? 0) % likely.length] ?? 0, uint32(idOf(request)), Buffer.from(bytes))
            : Buffer.from(bytes),
        );
        for (const ask of [() => client.stat(path), () => client.realPath(path), () => client.names('/')]) {
          const error = await ask().then(
            () => null,
            (thrown: unknown) => thrown,
          );
          const known = error === null || isRekeyError(error) || error instanceof SftpRefusal;
          expect(known, String(error)).toBe(true);
        }
        client.close();
      }),
      { numRuns: 60 },
    );
  }, 60_000);
});
