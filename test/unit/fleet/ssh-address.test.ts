import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseSshAddress, parseSshLocation } from '#shared/logic/ssh-address.ts';

describe('where a file lies on a host', () => {
  it.each([
    ['web-1/srv/app/.env', { user: null, host: 'web-1', port: null }, '/srv/app/.env'],
    ['deploy@10.0.0.7:2222/srv/.env', { user: 'deploy', host: '10.0.0.7', port: 2222 }, '/srv/.env'],
    ['root@[::1]:22/e', { user: 'root', host: '::1', port: 22 }, '/e'],
    [
      'me@corp.example@bastion/x y/ü.env',
      { user: 'me@corp.example', host: 'bastion', port: null },
      '/x y/ü.env',
    ],
  ])('%s', (text, address, path) => {
    const location = parseSshLocation(text);
    expect(location.path).toBe(path);
    expect(parseSshAddress(location.address)).toEqual(address);
  });

  it.each([
    'web-1',
    '/srv/.env',
    '-oProxyCommand=evil/srv/.env',
    'root@-h/srv/.env',
    '-l@host/srv/.env',
    'host:0/x',
    'host:99999/x',
    'host/srv/../etc/passwd',
    'host/srv/',
    'host/a\nb',
    'ho st/x',
    '[::1/x',
  ])('refuses %j', (text) => {
    expect(() => parseSshLocation(text)).toThrow(expect.objectContaining({ code: 'invalid-input' }));
  });

  it('whatever it takes is safe as an argument of ssh, and is said again in the same words', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 40 }), (text) => {
        let location: ReturnType<typeof parseSshLocation>;
        try {
          location = parseSshLocation(text);
        } catch {
          return;
        }
        expect(location.address + location.path).toBe(text);
        const { user, host } = parseSshAddress(location.address);
        expect(host.startsWith('-') || user?.startsWith('-')).toBeFalsy();
      }),
      { numRuns: 2_000 },
    );
  });
});
