import { randomUUID } from 'node:crypto';
import type { Clock } from '#shared/model/clock.ts';
import {
  fingerprintOf,
  isDataKey,
  type KeyRing,
  type KeySlots,
  loadFingerprintKey,
  loadKeyRing,
  type MessageKey,
  type PracticeKey,
} from './key-ring.ts';
import { type LoopbackAnswer, type LoopbackRequest, LoopbackServer, refuse } from './loopback-server.ts';
import { signMessage, verifyMessage } from './practice-messages.ts';
import { encryptRecord, openRecord, type PracticeRecord, type PracticeRecords } from './practice-records.ts';

export interface ApplicationOptions {
  environmentFile: string;
  stateFile: string;
  records: PracticeRecords;
  clock: Clock;
}

/** Where the service offers what each signing key is for. */
export const messagePaths: Readonly<Record<MessageKey, string>> = {
  JWT_SECRET_KEY: '/tokens',
  WEBHOOK_SIGNING_KEY: '/webhooks',
  API_SIGNING_KEY: '/requests',
};

const longestText = 2_000;

/**
 * The application that keys are rotated under: issues and checks tokens and signatures, keeps encrypted rows, and
 * says which keys it uses. It reads its `.env` when it starts and never again, as most services do.
 */
export class PracticeApplication {
  readonly #options: ApplicationOptions;
  readonly #keys: KeyRing;
  readonly #fingerprints: Readonly<Record<string, Record<string, string>>>;
  readonly #startedAt: string;
  #server: LoopbackServer | null = null;
  /** Answered so far. */
  requests = 0;

  private constructor(options: ApplicationOptions) {
    this.#options = options;
    this.#keys = loadKeyRing(options.environmentFile);
    this.#fingerprints = fingerprintsOf(this.#keys, loadFingerprintKey(options.stateFile));
    this.#startedAt = options.clock.now().toISOString();
  }

  /** Throws a PracticeFailure for a `.env` that it cannot work with, and EADDRINUSE for a taken port. */
  static async start(options: ApplicationOptions, port: number): Promise<PracticeApplication> {
    const application = new PracticeApplication(options);
    application.#server = await LoopbackServer.listen(port, (request) => application.#answer(request));
    return application;
  }

  get port(): number {
    return this.#server?.port ?? 0;
  }

  async stop(): Promise<void> {
    await this.#server?.close();
  }

  #answer(request: LoopbackRequest): LoopbackAnswer {
    this.requests += 1;
    const { method, path } = request;
    if (path === '/health') return method === 'GET' ? this.#health() : refuse(405, 'Only GET.');
    if (path === '/records' && method === 'GET') return this.#listRecords();
    if (path.startsWith('/records/') && method === 'GET')
      return this.#readRecord(path.slice('/records/'.length));
    if (method !== 'POST') return refuse(path === '/records' ? 405 : 404, 'There is nothing here.');
    const body = typeof request.body === 'object' && request.body !== null ? request.body : {};
    if (path === '/records') return this.#addRecord(body);
    if (path === '/records/open') return this.#openRecord(body);
    for (const [key, at] of Object.entries(messagePaths) as [MessageKey, string][]) {
      if (path === at) return this.#sign(key, body);
      if (path === `${at}/verify`) return this.#verify(key, body);
    }
    return refuse(404, 'There is nothing here.');
  }

  #health(): LoopbackAnswer {
    const unreadable = this.#countUnreadable();
    return {
      status: unreadable === null ? 503 : 200,
      body: {
        status: unreadable === null ? 'failed' : unreadable === 0 ? 'ok' : 'degraded',
        service: 'rekey-practice',
        started_at: this.#startedAt,
        records: { unreadable },
        key_rotation: { keys: this.#fingerprints },
      },
    };
  }

  /** Rows that no accepted key opens; null when the data file itself cannot be read. */
  #countUnreadable(): number | null {
    try {
      return this.#options.records.all().filter((record) => this.#open(record) === null).length;
    } catch {
      return null;
    }
  }

  #sign(key: MessageKey, body: object): LoopbackAnswer {
    const text = textIn(body, 'text');
    if (text === null) return refuse(400, `Send {"text": "…"} of at most ${longestText} characters.`);
    return {
      status: 200,
      body: { message: signMessage(key, this.#slots(key).primary, text, this.#seconds()) },
    };
  }

  #verify(key: MessageKey, body: object): LoopbackAnswer {
    const message = textIn(body, 'message', longestText * 3);
    if (message === null) return refuse(400, 'Send {"message": "…"}.');
    const verdict = verifyMessage(key, this.#slots(key), message, this.#seconds());
    if (verdict === null) return refuse(401, 'Not signed with a key that is accepted here, or too old.');
    return { status: 200, body: verdict };
  }

  #listRecords(): LoopbackAnswer {
    const rows = this.#options.records.all().map((record) => {
      const opened = this.#open(record);
      return { id: record.id, key: record.key, slot: opened?.slot ?? null };
    });
    return { status: 200, body: { records: rows } };
  }

  #readRecord(id: string): LoopbackAnswer {
    const record = this.#options.records.all().find((each) => each.id === id);
    if (record === undefined) return refuse(404, 'There is no such row.');
    return this.#opened(record);
  }

  #openRecord(body: object): LoopbackAnswer {
    const record = body as Partial<PracticeRecord>;
    const { id, key, nonce, ciphertext, tag } = record;
    const isComplete = [id, key, nonce, ciphertext, tag].every((each) => typeof each === 'string');
    if (!isComplete || !isDataKey(key ?? '')) return refuse(400, 'Send one encrypted row.');
    return this.#opened(record as PracticeRecord);
  }

  #opened(record: PracticeRecord): LoopbackAnswer {
    const opened = this.#open(record);
    return opened === null
      ? refuse(422, 'This row cannot be decrypted with a key that is accepted here.')
      : { status: 200, body: opened };
  }

  #addRecord(body: object): LoopbackAnswer {
    const key = 'key' in body && typeof body.key === 'string' ? body.key : '';
    const text = textIn(body, 'text');
    if (!isDataKey(key) || text === null) return refuse(400, 'Send {"key": "…", "text": "…"}.');
    const record = encryptRecord(key, this.#slots(key).primary, text, randomUUID());
    this.#options.records.add(record);
    return { status: 201, body: { id: record.id } };
  }

  #open(record: PracticeRecord) {
    return openRecord(record, this.#slots(record.key));
  }

  #slots(key: PracticeKey): KeySlots {
    const slots = this.#keys.get(key);
    if (slots === undefined) throw new RangeError('every practice key is loaded at start');
    return slots;
  }

  #seconds(): number {
    return Math.floor(this.#options.clock.now().getTime() / 1_000);
  }
}

function fingerprintsOf(
  keys: KeyRing,
  fingerprintKey: Buffer | null,
): Record<string, Record<string, string>> {
  if (fingerprintKey === null) return {};
  return Object.fromEntries(
    [...keys].map(([name, { primary, previous, next }]) => [
      name,
      {
        fingerprint: fingerprintOf(primary, fingerprintKey),
        ...(previous === null ? {} : { previous_fingerprint: fingerprintOf(previous, fingerprintKey) }),
        ...(next === null ? {} : { next_fingerprint: fingerprintOf(next, fingerprintKey) }),
      },
    ]),
  );
}

function textIn(body: object, name: string, longest: number = longestText): string | null {
  const value = (body as Record<string, unknown>)[name];
  return typeof value === 'string' && value !== '' && value.length <= longest ? value : null;
}
