import { RekeyError } from '../model/errors.ts';

/** Where a dotenv file lies on a host: what ssh is given, and the path there. */
export interface SshLocation {
  /** `[USER@]HOST[:PORT]`, as people write it; also the host's name in messages. */
  address: string;
  path: string;
}

export interface SshAddress {
  user: string | null;
  /** A name, an alias of ssh_config, or an address without brackets. */
  host: string;
  port: number | null;
}

const user = /^[A-Za-z0-9_][A-Za-z0-9_.\-\\@]{0,63}$/;
const name = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,252}$/;
const ipv6 = /^\[([0-9A-Fa-f:.]{2,45}(?:%[A-Za-z0-9]{1,16})?)\]$/;

/** Parses `[USER@]HOST_OR_ALIAS[:PORT]/ABSOLUTE/PATH`; an IPv6 address stands in brackets. Throws `invalid-input`. */
export function parseSshLocation(text: string): SshLocation {
  const slash = text.indexOf('/');
  if (slash < 0) throw refused(text, 'it names no absolute path');
  const path = text.slice(slash);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it refuses
  if (/[\u0000-\u001f\u007f]/.test(text)) throw refused('that', 'it holds control characters');
  if (path.endsWith('/') || path.split('/').some((part) => part === '..' || part === '.')) {
    throw refused(text, 'its path does not name a file directly');
  }
  const address = text.slice(0, slash);
  parseSshAddress(address);
  return { address, path };
}

/** Throws `invalid-input`. What it returns is safe as an argument of ssh: nothing begins with a dash. */
export function parseSshAddress(address: string): SshAddress {
  const at = address.lastIndexOf('@');
  const given = at < 0 ? null : address.slice(0, at);
  const place = address.slice(at + 1);
  const [, hostPart = '', portPart] = /^(\[[^\]]*\]|[^:]*)(?::(\d{1,5}))?$/.exec(place) ?? [];
  const host = ipv6.exec(hostPart)?.[1] ?? (name.test(hostPart) ? hostPart : null);
  const port = portPart === undefined ? null : Number(portPart);
  if (host === null) throw refused(address, 'its host is no name, alias or address');
  if (given !== null && !user.test(given)) throw refused(address, 'its user is no user name');
  if (port !== null && (port < 1 || port > 65_535)) throw refused(address, 'its port is none');
  return { user: given, host, port };
}

function refused(text: string, why: string): RekeyError {
  return new RekeyError('invalid-input', {
    message: `"${text.slice(0, 300)}" cannot be reached over SSH: ${why}.`,
    remedy: 'Write it as [USER@]HOST_OR_ALIAS[:PORT]/ABSOLUTE/PATH, for example deploy@web-1/srv/app/.env.',
  });
}
