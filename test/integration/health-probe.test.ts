import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { probeHealth } from '#electron/environments/health-probe.ts';
import type { CredentialStore } from '#electron/services/keychain/credential-store.ts';
import { systemClock } from '#electron/storage/system-clock.ts';
import { EnvironmentConfig } from '#shared/model/environment.ts';
import { RekeyError } from '#shared/model/errors.ts';
import { Secret } from '#shared/model/secret.ts';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function probe(url: string, credentials?: Pick<CredentialStore, 'get'>, signal?: AbortSignal) {
  const config = EnvironmentConfig.parse({
    id: '0198c5a0-1111-4111-8111-111111111111',
    name: 'health',
    stage: 'production',
    connector: { kind: 'dotenv-file', path: '/nowhere/.env' },
    health: { url, credential: credentials !== undefined, timeout: '2s' },
  });
  return probeHealth(config, {
    clock: systemClock,
    credentials: credentials as CredentialStore | undefined,
    signal,
  });
}

const token = new Secret('a-bearer-token-nobody-may-see');

describe('the health credential', () => {
  it('is sent as a bearer token, and shows up nowhere', async () => {
    const requests: IncomingMessage[] = [];
    const origin = await serve((request, response) => {
      requests.push(request);
      response.end('{}');
    });
    const asked: string[] = [];
    const report = await probe(`${origin}/health?verbose=1`, {
      get: async (name) => {
        asked.push(name);
        return token;
      },
    });
    expect(report).toMatchObject({ healthy: true, problem: null });
    expect(asked).toEqual(['environment/0198c5a0-1111-4111-8111-111111111111/health']);
    expect(requests[0]?.headers.authorization).toBe(`Bearer ${token.reveal()}`);
    expect(requests[0]?.url).toBe('/health?verbose=1');
    expect(JSON.stringify(report)).not.toContain(token.reveal());
  });

  it('never follows a redirect, least of all to someone else', async () => {
    let reached = 0;
    const elsewhere = await serve((_request, response) => {
      reached++;
      response.end('{}');
    });
    const origin = await serve((_request, response) => {
      response.writeHead(307, { location: elsewhere }).end();
    });
    expect(await probe(origin, { get: async () => token })).toMatchObject({
      healthy: false,
      httpStatus: 307,
    });
    expect(reached).toBe(0);
  });

  it.each([
    [async () => null, /not in the keychain/],
    [
      async () => {
        throw new RekeyError('keychain-locked', { message: 'The keychain is locked.', remedy: 'Unlock it.' });
      },
      /The keychain is locked/,
    ],
    [
      async () => {
        throw new Error('no words for people');
      },
      /cannot be read from the keychain/,
    ],
  ])('is not left out when it cannot be had', async (get, problem) => {
    let reached = 0;
    const origin = await serve((_request, response) => {
      reached++;
      response.end('{}');
    });
    const report = await probe(origin, { get });
    expect(report).toMatchObject({ configured: true, reachable: false });
    expect(report.problem).toMatch(problem);
    expect(reached).toBe(0);
  });

  it('is refused in words', async () => {
    const origin = await serve((_request, response) => response.writeHead(401).end('{}'));
    expect((await probe(origin, { get: async () => token })).problem).toMatch(/refused the credential/);
  });

  it('is asked for in words', async () => {
    const origin = await serve((_request, response) => response.writeHead(401).end('{}'));
    expect((await probe(origin)).problem).toBe('It asks for a credential (HTTP 401).');
  });
});

describe('an answer that does not end', () => {
  it('is cut off at 64 KiB', async () => {
    const origin = await serve((_request, response) => {
      const more = () => response.write('x'.repeat(10_000), () => setImmediate(more));
      more();
    });
    expect((await probe(origin)).problem).toMatch(/larger than 64 KiB/);
  });

  it('is given up at the time-out, also when it trickles', async () => {
    const origin = await serve((_request, response) => {
      const timer = setInterval(() => response.write(' '), 50);
      response.on('close', () => clearInterval(timer));
    });
    const report = await probe(origin);
    expect(report).toMatchObject({ reachable: false, problem: expect.stringContaining('within 2s') });
  });

  it('is given up when someone stops it', async () => {
    const stop = new AbortController();
    const origin = await serve(() => stop.abort());
    expect((await probe(origin, undefined, stop.signal)).problem).toBe('It was stopped.');
  });

  it('is no answer when it is no HTTP', async () => {
    const origin = await serve((request) => request.socket.end('SSH-2.0-OpenSSH_9.2\r\n'));
    expect((await probe(origin)).problem).toMatch(/could not be asked|closed before/);
  });
});
