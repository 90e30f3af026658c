import { readFileSync } from 'node:fs';
import { isOpenToOthers } from '#electron/storage/private-file.ts';
import { isSystemError } from '#electron/storage/storage-errors.ts';
import { RekeyError } from '#shared/model/errors.ts';
import { Secret } from '#shared/model/secret.ts';
import type { ListenAddress } from './listen-address.ts';

/** Files that let the agent serve others than this machine. */
export interface AccessFiles {
  tlsCert: string | null;
  tlsKey: string | null;
  token: string | null;
}

/** What a request must show, and how it is kept from others. */
export interface AgentAccess {
  /** Null: plain HTTP, on loopback only. */
  tls: { cert: string; key: Secret } | null;
  /** Null: none is asked for, on loopback only. */
  token: Secret | null;
}

const shortestToken = 32;

/**
 * Reads the files. Throws `usage` where others than this machine could reach the agent without all of them, and
 * `invalid-input` for a file that cannot be used: a token that is short, or that other users can read.
 */
export function readAccess(address: ListenAddress, files: AccessFiles, environment: Variables): AgentAccess {
  const missing = [
    ...(files.tlsCert === null ? ['--tls-cert'] : []),
    ...(files.tlsKey === null ? ['--tls-key'] : []),
    ...(files.token === null ? ['--token-file'] : []),
  ];
  if (!address.isLoopback && missing.length > 0) {
    throw new RekeyError('usage', {
      message: `${address.host} can be reached from other machines, and there is no ${missing.join(', no ')}.`,
      unchanged: 'Nothing is served.',
      remedy: 'Serve on 127.0.0.1, or give a certificate, its key and a file with a bearer token.',
    });
  }
  if ((files.tlsCert === null) !== (files.tlsKey === null)) {
    throw new RekeyError('usage', {
      message: 'A certificate and its key belong together.',
      unchanged: 'Nothing is served.',
      remedy: 'Give --tls-cert and --tls-key, or neither.',
    });
  }
  return {
    tls:
      files.tlsCert !== null && files.tlsKey !== null
        ? { cert: textOf(files.tlsCert), key: new Secret(privateTextOf(files.tlsKey, environment)) }
        : null,
    token: files.token === null ? null : tokenIn(files.token, environment),
  };
}

type Variables = Readonly<Record<string, string | undefined>>;

function tokenIn(path: string, environment: Variables): Secret {
  const token = privateTextOf(path, environment).trim();
  if (token.length >= shortestToken && /^[\x21-\x7e]+$/.test(token)) return new Secret(token);
  throw refused(
    `The token in ${path} is shorter than ${shortestToken} characters, or is not one word.`,
    'Make one: rekey generate --format hex --length 64 >FILE, and chmod 600 FILE.',
  );
}

/** Text of a file that nobody else may read. */
function privateTextOf(path: string, environment: Variables): string {
  const text = textOf(path);
  if (isOpenToOthers(path, environment)) {
    throw refused(`Other users of this machine can read ${path}.`, `chmod 600 ${path}`);
  }
  return text;
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (!isSystemError(error)) throw error;
    throw refused(`${path} cannot be read: ${error.code}.`, 'Give a file that exists and that you may read.');
  }
}

function refused(message: string, remedy: string): RekeyError {
  return new RekeyError('invalid-input', { message, unchanged: 'Nothing is served.', remedy });
}
