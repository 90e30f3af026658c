import { createHash, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { isSystemError } from '#electron/storage/storage-errors.ts';
import { RekeyError } from '#shared/model/errors.ts';
import type { Secret } from '#shared/model/secret.ts';
import type { AgentAccess } from './agent-access.ts';
import { isAllowedHost, type ListenAddress } from './listen-address.ts';

/** An answer that is ready: nothing is computed for a request. */
export interface ReadyAnswer {
  status: number;
  type: string;
  body: Buffer;
}

export interface AgentServerOptions {
  address: ListenAddress;
  access: AgentAccess;
  /** As of `allowedHosts`. */
  hosts: ReadonlySet<string>;
  /** By path. */
  answers: Readonly<Record<string, () => ReadyAnswer>>;
}

const headers = { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' } as const;

/** Serves what is ready, to whoever names this host and shows the token. Reads nothing of a request but its head. */
export class AgentServer {
  readonly #server: Server;
  readonly #options: AgentServerOptions;
  /** A token is compared by its hash: equal lengths, and nothing to learn from how long it takes. */
  readonly #tokenHash: Buffer | null;

  private constructor(options: AgentServerOptions) {
    this.#options = options;
    const { tls, token } = options.access;
    this.#tokenHash = token === null ? null : hash(token.reveal());
    const limits = {
      requestTimeout: 10_000,
      headersTimeout: 5_000,
      keepAliveTimeout: 30_000,
      maxHeaderSize: 8_192,
    };
    const answer = (request: IncomingMessage, response: ServerResponse) => this.#answer(request, response);
    this.#server = tls === null ? createServer(limits, answer) : tlsServer({ ...limits, ...tls }, answer);
    this.#server.maxConnections = 256;
  }

  /** Throws `usage` for an address that cannot be listened on, `invalid-input` for a certificate that does not fit. */
  static async listen(options: AgentServerOptions): Promise<AgentServer> {
    const { host, port } = options.address;
    const own = new AgentServer(options);
    try {
      await new Promise<void>((resolve, reject) => {
        own.#server.once('error', reject);
        own.#server.listen({ host, port, exclusive: true }, () => {
          own.#server.off('error', reject);
          resolve();
        });
      });
    } catch (error) {
      if (!isSystemError(error)) throw error;
      throw new RekeyError('usage', {
        message: `${host}:${port} cannot be listened on: ${error.code === 'EADDRINUSE' ? 'something else does' : error.code}.`,
        unchanged: 'Nothing is served.',
        remedy: 'Give another address with --listen.',
      });
    }
    return own;
  }

  /** `http://127.0.0.1:9721`. */
  get url(): string {
    const { host } = this.#options.address;
    const { port } = this.#server.address() as AddressInfo;
    const scheme = this.#options.access.tls === null ? 'http' : 'https';
    return `${scheme}://${host.includes(':') ? `[${host}]` : host}:${port}`;
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeAllConnections();
    await closed;
  }

  #answer({ method, url = '', headers: given }: IncomingMessage, response: ServerResponse): void {
    const refuse = (status: number, text: string, more: Record<string, string> = {}) =>
      response
        .writeHead(status, { ...headers, 'content-type': 'text/plain; charset=utf-8', ...more })
        .end(`${text}\n`);
    if (!isAllowedHost(given.host, this.#options.hosts)) {
      refuse(421, 'This host is not served here.');
      return;
    }
    // Monitoring is no page: browsers say where a request comes from.
    if (given.origin !== undefined || given['sec-fetch-site'] !== undefined) {
      refuse(403, 'Pages are not answered.');
      return;
    }
    if (!this.#isKnown(given.authorization)) {
      refuse(401, 'A bearer token is needed.', { 'www-authenticate': 'Bearer realm="rekey"' });
      return;
    }
    const [path = ''] = url.split('?');
    const ready = Object.hasOwn(this.#options.answers, path) ? this.#options.answers[path] : undefined;
    if (!ready) {
      refuse(404, `There is nothing here. There is ${Object.keys(this.#options.answers).join(' and ')}.`);
      return;
    }
    if (method !== 'GET' && method !== 'HEAD') {
      refuse(405, 'It can only be read.', { allow: 'GET, HEAD' });
      return;
    }
    const { status, type, body } = ready();
    response.writeHead(status, { ...headers, 'content-type': type, 'content-length': body.length });
    response.end(method === 'HEAD' ? undefined : body);
  }

  #isKnown(authorization: string | undefined): boolean {
    if (this.#tokenHash === null) return true;
    const token = /^Bearer ([\x21-\x7e]+)$/i.exec(authorization ?? '')?.[1];
    return token !== undefined && timingSafeEqual(hash(token), this.#tokenHash);
  }
}

function tlsServer(
  { key, ...options }: { cert: string; key: Secret; maxHeaderSize: number },
  answer: (request: IncomingMessage, response: ServerResponse) => void,
): Server {
  try {
    return createTlsServer({ ...options, key: key.reveal(), minVersion: 'TLSv1.2' }, answer);
  } catch {
    // What OpenSSL says may quote the file.
    throw new RekeyError('invalid-input', {
      message: 'The certificate and its key cannot be used.',
      unchanged: 'Nothing is served.',
      remedy: 'Give PEM files that belong together; the key without a passphrase.',
    });
  }
}

function hash(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}
