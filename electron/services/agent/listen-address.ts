import { isIP } from 'node:net';
import { RekeyError } from '#shared/model/errors.ts';

/** Where the agent serves. */
export interface ListenAddress {
  /** An IP address, or `localhost`. */
  host: string;
  /** 0: any that is free. */
  port: number;
  /** Nobody on another machine can reach it. */
  isLoopback: boolean;
}

/** Prometheus' list of ports has nobody else here. */
export const defaultListen = '127.0.0.1:9721';

/** `ADDR:PORT` (`[ADDR]:PORT` for IPv6), `:PORT` or `PORT` for loopback. Throws `usage`. */
export function parseListenAddress(text: string): ListenAddress {
  const match = /^(?:(?:\[([^\]]+)\]|([^:[\]]*)):)?(\d{1,5})$/.exec(text.trim());
  const port = Number(match?.[3]);
  const given = match?.[1] ?? match?.[2] ?? '';
  const host = given === '' ? '127.0.0.1' : given;
  const fits =
    match !== null && port <= 65_535 && (host === 'localhost' || isIP(host) === (match[1] ? 6 : 4));
  if (!fits) {
    throw new RekeyError('usage', {
      message: `"${text}" is no address to listen on.`,
      remedy: `Give an IP address and a port, such as ${defaultListen} or [::1]:9721.`,
    });
  }
  return { host, port, isLoopback: host === 'localhost' || host === '::1' || host.startsWith('127.') };
}

/** Names under which the agent may be asked, without port, in lower case. */
export function allowedHosts({ host, isLoopback }: ListenAddress, more: readonly string[]): Set<string> {
  const own = isLoopback ? ['localhost', '127.0.0.1', '[::1]'] : [];
  return new Set(
    [...own, host.includes(':') ? `[${host}]` : host, ...more].map((name) => name.toLowerCase()),
  );
}

/** Whether a `Host` header names the agent: a page that had its own name resolve to this machine sends that one. */
export function isAllowedHost(header: string | undefined, allowed: ReadonlySet<string>): boolean {
  const name = /^(\[[0-9a-f:.]+\]|[^:[\]]+)(?::\d{1,5})?$/i.exec(header ?? '')?.[1];
  return name !== undefined && allowed.has(name.toLowerCase());
}
