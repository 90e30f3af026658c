import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { PracticeFailure } from './key-ring.ts';

export interface LoopbackRequest {
  method: string;
  path: string;
  authorization: string | null;
  /** Parsed JSON of the body; undefined without one. */
  body: unknown;
}

export interface LoopbackAnswer {
  status: number;
  body: unknown;
}

export type LoopbackHandler = (request: LoopbackRequest) => LoopbackAnswer | Promise<LoopbackAnswer>;

/** Bytes. Larger bodies are refused before they are read to their end. */
const largestBody = 64 * 1024;

/**
 * A JSON server on 127.0.0.1 and nowhere else. Every request must name this host and port (a page that had a name
 * resolve to 127.0.0.1 sends its own), and must not come from a page at all (browsers send `Origin` or
 * `Sec-Fetch-Site`).
 */
export class LoopbackServer {
  readonly #server: Server;
  #port = 0;

  private constructor(handler: LoopbackHandler) {
    // Not imported: see loopback-client.ts.
    this.#server = process
      .getBuiltinModule('node:http')
      .createServer({ requestTimeout: 10_000, headersTimeout: 5_000 }, (request, response) => {
        void this.#answer(request, response, handler);
      });
    this.#server.maxConnections = 64;
    this.#server.keepAliveTimeout = 1_000;
  }

  /** `port` 0 takes any free one. Rejects with EADDRINUSE when it is taken. */
  static async listen(port: number, handler: LoopbackHandler): Promise<LoopbackServer> {
    const own = new LoopbackServer(handler);
    await new Promise<void>((resolve, reject) => {
      own.#server.once('error', reject);
      own.#server.listen({ host: '127.0.0.1', port, exclusive: true }, () => {
        own.#server.off('error', reject);
        resolve();
      });
    });
    own.#port = (own.#server.address() as AddressInfo).port;
    return own;
  }

  get port(): number {
    return this.#port;
  }

  /** Ends open connections too: a stopped service answers nobody. */
  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }

  async #answer(request: IncomingMessage, response: ServerResponse, handler: LoopbackHandler): Promise<void> {
    let answer: LoopbackAnswer;
    try {
      const refusal = this.#refusal(request);
      answer = refusal ?? (await handler(await readRequest(request)));
    } catch (error) {
      answer = answerTo(error);
    }
    if (response.destroyed) return;
    const text = `${JSON.stringify(answer.body)}\n`;
    response.writeHead(answer.status, {
      'content-type': 'application/json; charset=utf-8',
      'content-length': Buffer.byteLength(text),
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      // What is left of a refused body is not read: the connection ends.
      ...(answer.status >= 400 ? { connection: 'close' } : {}),
    });
    response.end(text, () => {
      if (answer.status >= 400 && !request.complete) request.destroy();
    });
  }

  #refusal(request: IncomingMessage): LoopbackAnswer | null {
    const host = request.headers.host;
    if (host !== `127.0.0.1:${this.#port}` && host !== `localhost:${this.#port}`) {
      return refuse(421, 'This server answers only for its own address.');
    }
    const site = request.headers['sec-fetch-site'];
    if (request.headers.origin !== undefined || (site !== undefined && site !== 'none')) {
      return refuse(403, 'This server does not answer pages.');
    }
    return null;
  }
}

export function refuse(status: number, message: string): LoopbackAnswer {
  return { status, body: { error: message } };
}

class Refusal extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

function answerTo(error: unknown): LoopbackAnswer {
  if (error instanceof Refusal) return refuse(error.status, error.message);
  if (error instanceof PracticeFailure) return refuse(409, error.message);
  return refuse(500, 'The practice service failed inside.');
}

async function readRequest(request: IncomingMessage): Promise<LoopbackRequest> {
  return {
    method: request.method ?? 'GET',
    path: (request.url ?? '/').split('?', 1)[0] ?? '/',
    authorization: request.headers.authorization ?? null,
    body: parseBody(await readBody(request)),
  };
}

/** Stops reading at the limit and leaves the connection open, so that the refusal still reaches the sender. */
function readBody(request: IncomingMessage): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const tooLarge = () => reject(new Refusal(413, 'The body is too large.'));
    if (Number(request.headers['content-length'] ?? 0) > largestBody) return tooLarge();
    const chunks: Buffer[] = [];
    let size = 0;
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size <= largestBody) chunks.push(chunk);
      else {
        request.pause();
        tooLarge();
      }
    });
    request.on('end', () => resolve(Buffer.concat(chunks)));
    request.on('error', reject);
    request.on('close', () => reject(new Refusal(400, 'The request ended early.')));
  });
}

function parseBody(body: Buffer): unknown {
  if (body.length === 0) return undefined;
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    throw new Refusal(400, 'The body is not JSON.');
  }
}
