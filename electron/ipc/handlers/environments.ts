import type { Services } from '#electron/services/compose.ts';
import type { Dialogs } from '#electron/window/dialogs.ts';
import { RekeyError } from '#shared/model/errors.ts';
import { Secret } from '#shared/model/secret.ts';
import type { Handlers } from '../answer.ts';

type Channels =
  | 'environments.get'
  | 'environments.pick-file'
  | 'environments.preview'
  | 'environments.look-at-hosts'
  | 'environments.add'
  | 'environments.update'
  | 'environments.remove'
  | 'environments.test'
  | 'environments.validate'
  | 'environments.set-credential'
  | 'environments.remove-credential'
  | 'environments.unlock'
  | 'keys.baseline'
  | 'keys.mark-compromised'
  | 'keys.clear-compromised'
  | 'keys.plan'
  | 'recover.restore';

/** Environments and their keys: what is there, and what people know about it. */
export function environmentHandlers(services: Services, dialogs: Dialogs): Pick<Handlers, Channels> {
  const { environments, rotations, recovery } = services;
  return {
    'environments.get': ({ environmentId }) => environments.detail(environmentId),
    'environments.pick-file': async () => {
      const path = await dialogs.pickFile('Choose the file with the keys', { showHidden: true });
      return path === null ? null : { path };
    },
    'environments.preview': ({ path, parser }) => environments.preview(path, parser),
    'environments.look-at-hosts': ({ addresses }) => environments.lookAtHosts(addresses),
    'environments.add': async ({ name, stage, path, ssh, parser, patch }) => {
      const place = ssh
        ? { ssh: { hosts: ssh.hosts, identity: ssh.identity, sudo: ssh.sudo } }
        : { path: path ?? '' };
      const { config } = await environments.add(
        { name, stage, ...place, parser, patch: patch ?? {} },
        { expected: ssh?.compared ?? [], confirm: null },
        new Map(ssh?.credentials.map(({ kind, value }) => [kind, new Secret(value)])),
      );
      return environments.detail(config.id);
    },
    'environments.update': async ({ environmentId, patch, compared = [] }) => {
      await environments.update(environmentId, patch, { expected: compared, confirm: null });
      return environments.detail(environmentId);
    },
    'environments.remove': async ({ environmentId, typedName }) => {
      requireTypedName(environments.find(environmentId).name, typedName);
      await environments.remove(environmentId);
      return null;
    },
    'environments.test': ({ environmentId }) => environments.test(environmentId),
    'environments.validate': ({ environmentId }) => environments.validate(environmentId),
    'environments.set-credential': async ({ environmentId, kind, value }) => {
      await environments.setCredential(environmentId, kind, new Secret(value));
      return null;
    },
    'environments.remove-credential': async ({ environmentId, kind }) => {
      await environments.removeCredential(environmentId, kind);
      return null;
    },
    'environments.unlock': async ({ environmentId, reason }) => {
      await environments.unlock(environmentId, reason);
      return null;
    },
    'keys.baseline': async ({ environmentId, key, date, reason }) => {
      await environments.baseline(environmentId, key, date, reason);
      return environments.detail(environmentId);
    },
    'keys.mark-compromised': async ({ environmentId, key, reason }) => {
      await environments.markCompromised(environmentId, key, reason);
      return environments.detail(environmentId);
    },
    'keys.clear-compromised': async ({ environmentId, key, reason }) => {
      await environments.clearCompromised(environmentId, key, reason);
      return environments.detail(environmentId);
    },
    'keys.plan': ({ environmentId, keys, mode }) =>
      rotations.plan({ environmentId, keys, mode, reason: 'Preview', force: true, drill: false }),
    'recover.restore': async ({ environmentId, fromFile, passphrase }) => {
      if (!fromFile) return recovery.recover(environmentId, null);
      environments.find(environmentId);
      const path = await dialogs.pickFile('Choose the recovery file');
      if (path === null) return null;
      if (passphrase === undefined) {
        throw new RekeyError('invalid-input', {
          message: 'A recovery file opens only with its passphrase.',
          remedy: 'Give the passphrase. For an age identity, use "rekey recover --identity".',
        });
      }
      return recovery.recover(environmentId, { path, unlock: { passphrase: new Secret(passphrase) } });
    },
  };
}

/** What cannot be undone is confirmed by typing the environment's name. */
export function requireTypedName(name: string, typed: string | undefined): void {
  if (typed?.trim() === name) return;
  throw new RekeyError('invalid-input', {
    message: 'The typed name is not the environment’s.',
    remedy: `Type ${name} to confirm.`,
  });
}
