import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  HostsForm,
  hostsFormOf,
  hostsPatchOf,
} from '#renderer/features/environments/configuration/hosts-form.ts';
import { EnvironmentPatch, SshConnector } from '#shared/model/environment.ts';

const hostCount = fc.integer({ min: 1, max: 500 });
const connectors = fc
  .record({
    names: fc.uniqueArray(fc.stringMatching(/^[a-z]{1,8}[0-9]{1,3}$/), { minLength: 1, maxLength: 8 }),
    user: fc.constantFrom('', 'deploy@'),
    port: fc.constantFrom('', ':2222'),
    identity: fc.constantFrom(null, '~/.ssh/id_ed25519'),
    sudo: fc.boolean(),
    waves: fc.record({ first: hostCount, rest: fc.option(hostCount) }),
    atOnce: fc.integer({ min: 1, max: 100 }),
    commandsRun: fc.constantFrom('on-host' as const, 'here' as const),
    healthFrom: fc.constantFrom('on-host' as const, 'here' as const),
  })
  .map(({ names, user, port, ...rest }) =>
    SshConnector.parse({
      kind: 'ssh',
      hosts: names.map((name) => ({ address: `${user}${name}${port}`, path: `/srv/${name}/.env` })),
      ...rest,
    }),
  );

describe('the form of hosts', () => {
  it('comes back as the same configuration', () => {
    fc.assert(
      fc.property(connectors, (connector) => {
        const form = HostsForm.parse(hostsFormOf(connector));
        const { kind, parser, credentials, ...shown } = connector;
        expect(hostsPatchOf(form)).toEqual(shown);
        expect(EnvironmentPatch.safeParse({ ssh: hostsPatchOf(form) }).success).toBe(true);
      }),
    );
  });

  it.each([
    ['hosts', ''],
    ['hosts', 'web-1'],
    ['hosts', 'web-1/srv/.env\nweb-1/srv/.env'],
    ['first', '0'],
    ['first', ''],
    ['rest', '501'],
    ['atOnce', '101'],
    ['atOnce', 'ten'],
  ])('refuses %s "%s", and says where', (field, text) => {
    const good = hostsFormOf(
      SshConnector.parse({ kind: 'ssh', hosts: [{ address: 'web-1', path: '/srv/.env' }] }),
    );
    const parsed = HostsForm.safeParse({ ...good, [field]: text });
    expect(parsed.error?.issues.map(({ path }) => path[0])).toEqual([field]);
  });
});
