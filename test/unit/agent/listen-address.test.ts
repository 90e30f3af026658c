import { describe, expect, it } from 'vitest';
import { allowedHosts, isAllowedHost, parseListenAddress } from '#electron/services/agent/listen-address.ts';

describe('an address to listen on', () => {
  it.each([
    ['127.0.0.1:9721', '127.0.0.1', 9721, true],
    ['localhost:0', 'localhost', 0, true],
    ['[::1]:80', '::1', 80, true],
    [':9000', '127.0.0.1', 9000, true],
    ['9000', '127.0.0.1', 9000, true],
    ['0.0.0.0:9721', '0.0.0.0', 9721, false],
    ['[::]:9721', '::', 9721, false],
    ['192.0.2.7:1', '192.0.2.7', 1, false],
  ])('%s', (text, host, port, isLoopback) => {
    expect(parseListenAddress(text)).toEqual({ host, port, isLoopback });
  });

  it.each([
    '',
    'example.org:80',
    '127.0.0.1',
    '127.0.0.1:',
    '127.0.0.1:70000',
    '::1:80',
    '[127.0.0.1]:80',
    'a b:1',
  ])('refuses %s', (text) => {
    expect(() => parseListenAddress(text)).toThrow('is no address to listen on');
  });
});

describe('the host that is asked for', () => {
  const hosts = allowedHosts(parseListenAddress('127.0.0.1:9721'), ['Metrics.internal']);
  it.each(['127.0.0.1:9721', 'localhost', 'LOCALHOST:1', '[::1]:9721', 'metrics.internal'])(
    'allows %s',
    (host) => {
      expect(isAllowedHost(host, hosts)).toBe(true);
    },
  );
  it.each([
    undefined,
    '',
    'evil.example',
    'evil.example:9721',
    '127.0.0.1.evil.example',
    'localhost@evil',
    '127.0.0.1:x',
    'a,localhost',
  ])('refuses %s', (host) => {
    expect(isAllowedHost(host, hosts)).toBe(false);
  });
  it('beyond this machine it is the address itself, and what is named', () => {
    const open = allowedHosts(parseListenAddress('192.0.2.7:1'), ['rekey.example.org']);
    expect(isAllowedHost('192.0.2.7:1', open)).toBe(true);
    expect(isAllowedHost('rekey.example.org', open)).toBe(true);
    expect(isAllowedHost('localhost', open)).toBe(false);
  });
});
