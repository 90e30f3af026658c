import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { z } from 'zod';
import type { Clock } from '#shared/model/clock.ts';
import { durationMilliseconds } from '#shared/model/duration.ts';
import type { EnvironmentConfig } from '#shared/model/environment.ts';
import { isRekeyError } from '#shared/model/errors.ts';
import { Fingerprint, KeyName } from '#shared/model/key.ts';
import { credentialName } from '#shared/model/keychain.ts';
import type { Secret } from '#shared/model/secret.ts';
import type { CredentialStore } from '../services/keychain/credential-store.ts';
import type { HealthReport } from './environment.ts';
import type { ConnectThrough } from './host.ts';

export interface HealthProbeDependencies {
  clock: Clock;
  credentials: CredentialStore | undefined;
  signal: AbortSignal | undefined;
  /** Opens the connection from another machine; null or absent: from this one. */
  connect?: ConnectThrough | null;
}

/** An answer longer than this is not read to its end. */
const largestAnswer = 64 * 1024;

/** The only part of an answer that is looked at; everything else in it is ignored. */
const KeyRotationPart = z.object({ key_rotation: z.object({ keys: z.record(z.string(), z.unknown()) }) });
const ReportedKey = z.object({ fingerprint: Fingerprint });

const nothing = { configured: true, reachable: false, healthy: false, httpStatus: null, fingerprints: {} };

/**
 * GETs the health URL once. Follows no redirect, reads at most 64 KiB, sends a bearer credential (RFC 6750) from the
 * keychain when one is configured. Never throws: what went wrong stands in `problem`.
 */
export async function probeHealth(
  config: EnvironmentConfig,
  { clock, credentials, signal, connect = null }: HealthProbeDependencies,
): Promise<HealthReport> {
  const { health } = config;
  if (!health) return { ...nothing, configured: false, durationMs: 0, problem: null };
  const started = clock.monotonic();
  const duration = () => Math.round(clock.monotonic() - started);

  let credential: Secret | null = null;
  if (health.credential) {
    const found = await findCredential(config.id, credentials);
    if (typeof found === 'string') return { ...nothing, durationMs: duration(), problem: found };
    credential = found;
  }

  const stop = AbortSignal.any([
    AbortSignal.timeout(Math.min(durationMilliseconds(health.timeout), 0x7fffffff)),
    ...(signal ? [signal] : []),
  ]);
  try {
    const answer = await get(new URL(health.url), credential, stop, connect);
    const healthy = answer.status >= 200 && answer.status < 300;
    return {
      configured: true,
      reachable: true,
      healthy,
      httpStatus: answer.status,
      durationMs: duration(),
      ...read(answer, healthy, credential !== null),
    };
  } catch (error) {
    return { ...nothing, durationMs: duration(), problem: inWords(error, stop, signal, health.timeout) };
  }
}

async function findCredential(
  environmentId: string,
  credentials: CredentialStore | undefined,
): Promise<Secret | string> {
  if (!credentials) return 'The credential of the health URL cannot be read: no keychain is open.';
  try {
    const found = await credentials.get(credentialName(environmentId, 'health'));
    return found ?? 'The credential of the health URL is not in the keychain. Enter it again.';
  } catch (error) {
    return isRekeyError(error)
      ? `The credential of the health URL cannot be read: ${error.message}`
      : 'The credential of the health URL cannot be read from the keychain.';
  }
}

interface Answer {
  status: number;
  body: string;
  tooLarge: boolean;
}

async function get(
  url: URL,
  credential: Secret | null,
  signal: AbortSignal,
  connect: ConnectThrough | null,
): Promise<Answer> {
  const stream = connect ? await unlessStopped(connectionTo(url, connect), signal) : null;
  return new Promise((resolve, reject) => {
    // Not imported: an `import` of node:http evaluates its lazy parts, a whole web client among them (40 ms).
    const { request: send } = process.getBuiltinModule(
      url.protocol === 'https:' ? 'node:https' : 'node:http',
    );
    const request = send(
      url,
      {
        method: 'GET',
        signal,
        // A connection of its own, closed after the answer: nothing is kept open between probes.
        ...(stream ? { createConnection: () => stream } : { agent: false }),
        headers: {
          accept: 'application/json',
          'user-agent': 'rekey',
          ...(credential ? { authorization: `Bearer ${credential.reveal()}` } : {}),
        },
      },
      (response) => collect(response).then(resolve, reject),
    );
    request.on('error', reject);
    request.end();
  });
}

/** A connection that comes too late is closed. */
async function unlessStopped(opening: Promise<Duplex>, signal: AbortSignal): Promise<Duplex> {
  const stopped = new Promise<never>((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
  opening.then(
    (stream) => {
      if (signal.aborted) stream.destroy();
    },
    () => {},
  );
  return Promise.race([opening, stopped]);
}

/** Through another machine; TLS is spoken by this one, so that nobody between can read or pretend. */
async function connectionTo(url: URL, connect: ConnectThrough): Promise<Duplex> {
  const secure = url.protocol === 'https:';
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const stream = await connect(host, Number(url.port) || (secure ? 443 : 80));
  if (!secure) return stream;
  const { isIP } = process.getBuiltinModule('node:net');
  // RFC 6066: an address is no server name.
  const servername = isIP(host) === 0 ? host : '';
  return process.getBuiltinModule('node:tls').connect({ socket: stream, host, servername });
}

async function collect(response: IncomingMessage): Promise<Answer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of response) {
    chunks.push(chunk as Buffer);
    length += (chunk as Buffer).length;
    if (length > largestAnswer) break;
  }
  const tooLarge = length > largestAnswer;
  if (tooLarge) response.destroy();
  return {
    status: response.statusCode ?? 0,
    body: tooLarge ? '' : Buffer.concat(chunks).toString('utf8'),
    tooLarge,
  };
}

function read(
  answer: Answer,
  healthy: boolean,
  withCredential: boolean,
): Pick<HealthReport, 'fingerprints' | 'problem'> {
  if (answer.status >= 300 && answer.status < 400) {
    return { fingerprints: {}, problem: 'It answered with a redirect, which is not followed.' };
  }
  if (answer.tooLarge) {
    return { fingerprints: {}, problem: 'Its answer is larger than 64 KiB and was not read.' };
  }
  let json: unknown;
  try {
    json = JSON.parse(answer.body);
  } catch {
    const problem = healthy
      ? 'Its answer is not JSON, so it says nothing about keys.'
      : statusInWords(answer, withCredential);
    return { fingerprints: {}, problem };
  }
  return {
    fingerprints: reportedFingerprints(json),
    problem: healthy ? null : statusInWords(answer, withCredential),
  };
}

function statusInWords({ status }: Answer, withCredential: boolean): string {
  if (status === 401 || status === 403) {
    return withCredential
      ? `It refused the credential (HTTP ${status}).`
      : `It asks for a credential (HTTP ${status}).`;
  }
  return `It answered with HTTP ${status}.`;
}

/** `.key_rotation.keys.<NAME>.fingerprint`, only where name and fingerprint are well-formed. */
function reportedFingerprints(json: unknown): Record<string, Fingerprint> {
  const part = KeyRotationPart.safeParse(json);
  const fingerprints: Record<string, Fingerprint> = {};
  if (!part.success) return fingerprints;
  for (const [name, entry] of Object.entries(part.data.key_rotation.keys)) {
    const reported = ReportedKey.safeParse(entry);
    if (reported.success && KeyName.safeParse(name).success) fingerprints[name] = reported.data.fingerprint;
  }
  return fingerprints;
}

function inWords(
  error: unknown,
  stop: AbortSignal,
  caller: AbortSignal | undefined,
  timeout: string,
): string {
  if (caller?.aborted) return 'It was stopped.';
  if (stop.aborted) return `It did not answer within ${timeout}.`;
  // The machine that should have asked cannot be reached itself.
  if (isRekeyError(error)) return error.message;
  const { code } = error as NodeJS.ErrnoException;
  switch (code) {
    case 'ECONNREFUSED':
      return 'The connection was refused: nothing listens there.';
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return 'The name of its host cannot be resolved.';
    case 'ECONNRESET':
    case 'EPIPE':
      return 'The connection was closed before it answered.';
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return 'Its network cannot be reached.';
    default:
      if (code?.startsWith('CERT_') || code?.includes('CERT') || code?.startsWith('ERR_TLS')) {
        return `Its certificate is not trusted (${code}).`;
      }
      return `It could not be asked (${code ?? 'no answer that HTTP allows'}).`;
  }
}
