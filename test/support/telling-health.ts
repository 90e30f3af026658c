import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Outbound } from './outbound.ts';

export interface TellingHealth {
  readonly url: string;
  /** How often the right credential came. */
  readonly authorized: () => number;
  close(): void;
}

/**
 * A health address that answers with everything that the service knows, and now and then fails with it. What it is
 * sent is noted, but for the credential in the one header where it belongs.
 */
export async function startTellingHealth(
  outbound: Outbound,
  credential: string,
  secrets: () => string,
): Promise<TellingHealth> {
  let [asked, authorized] = [0, 0];
  const server = createServer((request, response) => {
    asked += 1;
    const right = request.headers.authorization === `Bearer ${credential}`;
    if (right) authorized += 1;
    const headers = request.rawHeaders.filter((text) => !(right && text === `Bearer ${credential}`));
    outbound.note(`health request ${asked}`, [request.method, request.url, ...headers].join('\n'));
    request.on('data', (chunk) => outbound.note(`health request ${asked}: body`, chunk));
    const text = JSON.stringify({ status: secrets(), key_rotation: { keys: { [secrets()]: secrets() } } });
    response.writeHead(asked % 3 === 0 ? 500 : 200, { 'content-type': 'application/json' });
    response.end(asked % 5 === 0 ? secrets() : text);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/health`,
    authorized: () => authorized,
    close: () => server.close(),
  };
}
