import { describe, expect, it } from 'vitest';
import { hostNames, placeInWords, sharePlace } from '#shared/logic/connector-places.ts';
import { SshConnector } from '#shared/model/environment.ts';

const fleet = (...hosts: [string, string][]) =>
  SshConnector.parse({ kind: 'ssh', hosts: hosts.map(([address, path]) => ({ address, path })) });
const web = (count: number, path = '/srv/.env') =>
  fleet(...Array.from({ length: count }, (_, index): [string, string] => [`web-${index + 1}`, path]));

describe('where the keys are, in words', () => {
  it('a path, hosts with one path, hosts with several', () => {
    expect(placeInWords({ kind: 'dotenv-file', path: '/srv/.env', parser: 'dotenv' })).toBe('/srv/.env');
    expect(placeInWords(web(1))).toBe('/srv/.env on web-1');
    expect(placeInWords(web(4))).toBe('/srv/.env on web-1, web-2, web-3 and 1 more host');
    expect(placeInWords(web(9))).toBe('/srv/.env on web-1, web-2, web-3 and 6 more hosts');
    expect(placeInWords(fleet(['a', '/1'], ['b', '/2']))).toBe('a:/1, b:/2');
  });

  it('names hosts by address, and by path too where an address has several files', () => {
    expect(hostNames(web(2))).toEqual(['web-1', 'web-2']);
    expect(hostNames(fleet(['a', '/1'], ['a', '/2'], ['b', '/1']))).toEqual(['a/1', 'a/2', 'b']);
  });

  it('two environments share a place when one of their files is the same', () => {
    expect(sharePlace(web(2), web(1))).toBe(true);
    expect(sharePlace(web(2), web(2, '/other/.env'))).toBe(false);
    expect(sharePlace(web(1), { kind: 'dotenv-file', path: '/srv/.env', parser: 'dotenv' })).toBe(false);
  });
});
