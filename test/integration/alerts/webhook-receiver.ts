import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Webhook } from 'standardwebhooks';
import { vi } from 'vitest';

export interface Received {
  headers: IncomingHttpHeaders;
  body: string;
}

/** A real receiver, which checks signatures as its specification's own library does. */
export class WebhookReceiver {
  readonly received: Received[] = [];
  /** What it answers. */
  status = 200;
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
    server.on('request', (request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        this.received.push({ headers: request.headers, body: Buffer.concat(chunks).toString() });
        if (this.status === 302) response.setHeader('location', this.url('/elsewhere'));
        response.writeHead(this.status).end('whatever it says');
      });
    });
  }

  static async listen(): Promise<WebhookReceiver> {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new WebhookReceiver(server);
  }

  url(path = '/hook/with-a-token'): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}${path}`;
  }

  /** The message, if at a time its signature is right and not too old. Throws if it is not. */
  verified(received: Received | undefined, secret: string, at: Date): Record<string, unknown> {
    if (!received) throw new Error('Nothing was received');
    const headers = Object.fromEntries(
      Object.entries(received.headers).map(([name, value]) => [name, String(value)]),
    );
    vi.useFakeTimers({ now: at, toFake: ['Date'] });
    try {
      return new Webhook(secret).verify(received.body, headers) as Record<string, unknown>;
    } finally {
      vi.useRealTimers();
    }
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }
}
