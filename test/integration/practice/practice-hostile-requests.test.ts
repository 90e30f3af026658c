import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { networkInterfaces } from 'node:os';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { callLoopback } from '#electron/services/practice/loopback-client.ts';
import { PracticeFixture } from './practice-fixture.ts';

const fixture = new PracticeFixture();

beforeAll(async () => {
  await fixture.practice.start();
});

afterAll(async () => {
  await fixture.practice.stop();
  await fixture.dispose();
});

/** One request with exactly these headers; resolves to the status and the text. */
function send(options: {
  port: number;
  method?: string;
  path?: string;
  headers?: Record<string, string>;
  body?: string;
}): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      {
        host: '127.0.0.1',
        port: options.port,
        method: options.method ?? 'GET',
        path: options.path ?? '/health',
        agent: false,
        headers: options.headers ?? {},
      },
      (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (chunk) => {
          text += chunk;
        });
        response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
      },
    );
    request.on('error', reject);
    request.end(options.body);
  });
}

/** Sends raw bytes and collects what comes back until the connection ends. */
function sendRaw(port: number, bytes: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port });
    let text = '';
    socket.setTimeout(15_000, () => socket.destroy());
    socket.on('data', (chunk) => {
      text += chunk;
    });
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(text));
    socket.write(bytes);
  });
}

const control = (path: string, headers: Record<string, string> = {}, body?: string) =>
  send({
    port: fixture.address.controlPort,
    method: 'POST',
    path,
    headers,
    ...(body === undefined ? {} : { body }),
  });

const bearer = () => ({ authorization: `Bearer ${fixture.address.token}` });

async function stillWorks(): Promise<void> {
  expect((await fixture.health()).status).toBe('ok');
  expect(await fixture.command('verify')).toMatchObject({ code: 0 });
}

describe('the wrong host or sender', () => {
  it.each(['rekey.example', '127.0.0.1', '127.0.0.1:1', 'localhost.example:80', '[::1]', '169.254.1.1'])(
    'a request for %s is refused by both servers',
    async (host) => {
      const { port, controlPort } = fixture.address;
      expect((await send({ port, headers: { host } })).status).toBe(421);
      const refused = await send({
        port: controlPort,
        method: 'POST',
        path: '/control/restart',
        headers: { host, ...bearer() },
      });
      expect(refused.status).toBe(421);
    },
  );

  it('a page is refused, whatever it knows', async () => {
    const { port } = fixture.address;
    expect((await send({ port, headers: { origin: 'https://rekey.example' } })).status).toBe(403);
    expect((await send({ port, headers: { origin: 'null' } })).status).toBe(403);
    expect((await send({ port, headers: { 'sec-fetch-site': 'cross-site' } })).status).toBe(403);
    expect((await control('/control/stop', { ...bearer(), origin: 'http://localhost' })).status).toBe(403);
    await stillWorks();
  });

  it('nobody is listened to on another address', async () => {
    const outside = Object.values(networkInterfaces())
      .flat()
      .find((address) => address?.family === 'IPv4' && !address.internal);
    const hosts = ['127.0.0.2', ...(outside === undefined ? [] : [outside.address])];
    for (const host of hosts) {
      const reached = await new Promise<boolean>((resolve) => {
        const socket = connect({ host, port: fixture.address.port });
        socket.setTimeout(2_000, () => resolve(false));
        socket.on('connect', () => {
          socket.destroy();
          resolve(true);
        });
        socket.on('error', () => resolve(false));
      });
      expect(reached).toBe(false);
    }
  });
});

describe('the wrong token', () => {
  it.each([
    ['none', () => ({})],
    ['another', () => ({ authorization: `Bearer ${'A'.repeat(43)}` })],
    ['a shorter one', () => ({ authorization: `Bearer ${fixture.address.token.slice(1)}` })],
    ['a longer one', () => ({ authorization: `Bearer ${fixture.address.token}x` })],
    ['without its scheme', () => ({ authorization: fixture.address.token })],
    [
      'as a password',
      () => ({ authorization: `Basic ${Buffer.from(`x:${fixture.address.token}`).toString('base64')}` }),
    ],
  ])('%s: refused, and nothing happens', async (_name, headers) => {
    for (const command of ['restart', 'stop', 'reencrypt', 'quit', 'status']) {
      expect((await control(`/control/${command}`, headers() as Record<string, string>)).status).toBe(401);
    }
    await stillWorks();
  });

  it('control is nowhere on the application’s port', async () => {
    const { port } = fixture.address;
    expect((await send({ port, method: 'POST', path: '/control/stop', headers: bearer() })).status).toBe(404);
  });

  it('an answer never holds a value or the token', async () => {
    const key = 'TOKEN_ENCRYPTION_KEY';
    const values = Object.values(fixture.values()).filter((value) => (value ?? '').length >= 32) as string[];
    const texts = [
      (await send({ port: fixture.address.port })).text,
      (await control('/control/verify', bearer())).text,
      (await control('/control/reencrypt', bearer(), JSON.stringify({ key, old: values[0], new: values[0] })))
        .text,
      (await control('/control/restart', bearer())).text,
    ].join('\n');
    for (const secret of [...values, fixture.address.token]) expect(texts).not.toContain(secret);
  });
});

describe('malformed and oversized requests', () => {
  it('a huge body is refused, told or untold in its header', async () => {
    const { port, controlPort } = fixture.address;
    const body = JSON.stringify({ text: 'x'.repeat(1_000_000) });
    const told = await send({ port, method: 'POST', path: '/tokens', headers: {}, body });
    expect(told.status).toBe(413);
    const chunk = `${(65_536).toString(16)}\r\n${'y'.repeat(65_536)}\r\n`;
    const head = `POST /tokens HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nTransfer-Encoding: chunked\r\n\r\n`;
    expect(await sendRaw(port, head + chunk.repeat(20))).toContain('413');
    const claimed = await sendRaw(
      controlPort,
      `POST /control/verify HTTP/1.1\r\nHost: 127.0.0.1:${controlPort}\r\nAuthorization: Bearer ${fixture.address.token}\r\nContent-Length: 999999999999\r\n\r\n`,
    );
    expect(claimed).toContain('413');
    await stillWorks();
  });

  it.each([
    '{',
    '"text"',
    '[]',
    'null',
    '{"text": 5}',
    '{"text": ""}',
    '{"__proto__": {"text": "x"}}',
    '\u0000',
  ])('the body %j is refused', async (body) => {
    const answer = await send({ port: fixture.address.port, method: 'POST', path: '/tokens', body });
    expect(answer.status).toBe(400);
  });

  it.each([
    ['GET', '/nothing', 404],
    ['DELETE', '/health', 405],
    ['PUT', '/records', 405],
    ['GET', '/records/../../etc/passwd', 404],
    ['GET', '/records/%2e%2e%2f.env', 404],
    ['GET', '//127.0.0.1/health', 404],
    ['POST', '/records/open', 400],
    ['GET', '/tokens', 404],
  ])('%s %s is answered with %i', async (method, path, status) => {
    expect((await send({ port: fixture.address.port, method, path })).status).toBe(status);
  });

  it('tokens that were made for another purpose or changed are refused', async () => {
    const { port } = fixture.address;
    const signed = await callLoopback({ port, method: 'POST', path: '/tokens', body: { text: 'someone' } });
    const { message } = signed.body as { message: string };
    const [header = '', claims = '', signature = ''] = message.split('.');
    const none = Buffer.from('{"alg":"none"}').toString('base64url');
    const other = Buffer.from('{"sub":"root","exp":9999999999}').toString('base64url');
    const forged = [
      `${none}.${claims}.`,
      `${none}.${claims}.${signature}`,
      `${header}.${other}.${signature}`,
      `${header}.${claims}`,
      `${message}.x`,
      'a.b.c',
      '..',
    ];
    for (const each of forged) {
      const verdict = await callLoopback({
        port,
        method: 'POST',
        path: '/tokens/verify',
        body: { message: each },
      });
      expect(verdict.status).toBe(401);
    }
  });

  it('half a request does not hold the service up', async () => {
    const { port } = fixture.address;
    const sockets = Array.from({ length: 100 }, () => connect({ host: '127.0.0.1', port }));
    for (const socket of sockets) {
      socket.on('error', () => undefined);
      socket.write('POST /tokens HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 10\r\n');
    }
    // Control has a server of its own, so a restart gets the service back at once.
    expect(await fixture.command('restart')).toMatchObject({ code: 0 });
    await stillWorks();
    for (const socket of sockets) socket.destroy();
  });

  it('no garbage ends the process', async () => {
    const { pid, port, controlPort } = fixture.address;
    for (const bytes of [
      '\u0000\u0001\u0002\r\n\r\n',
      'GET / HTTP/9.9\r\n\r\n',
      `GET /${'a'.repeat(100_000)} HTTP/1.1\r\n\r\n`,
    ]) {
      await sendRaw(port, bytes);
      await sendRaw(controlPort, bytes);
    }
    expect(fixture.address.pid).toBe(pid);
    await stillWorks();
  });
});
