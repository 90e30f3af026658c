import type { Broadcast, Channel } from './contract.ts';

/**
 * Names only, so that the preload script bundles no schemas. The types make a missing or a foreign name a compile
 * error; a test compares them with the contract.
 */
export const channels = [
  'app.state',
  'app.open-help',
  'app.reveal-data-folder',
  'settings.set-operator',
  'settings.set-theme',
  'settings.set-contacts',
  'keychain.probe',
  'keychain.choose',
  'vault.create',
  'vault.unlock',
  'vault.change-passphrase',
  'keychain.rotate-wrapping-key',
  'environments.status',
  'environments.get',
  'environments.pick-file',
  'environments.preview',
  'environments.add',
  'environments.update',
  'environments.remove',
  'environments.test',
  'environments.validate',
  'environments.set-credential',
  'environments.remove-credential',
  'environments.unlock',
  'keys.baseline',
  'keys.mark-compromised',
  'keys.clear-compromised',
  'keys.plan',
  'practice.start',
  'practice.reset',
  'runbooks.list',
  'runbooks.copy',
  'runbooks.open-folder',
  'runs.list',
  'runs.start',
  'runs.get',
  'runs.act',
  'runs.attach-file',
  'runs.note',
  'runs.pause',
  'runs.resume',
  'runs.stop-command',
  'runs.hand-over',
  'runs.take-over',
  'runs.roll-back',
  'runs.abort',
  'runs.write-recovery-file',
  'runs.decline-recovery-file',
  'runs.export-timeline',
  'runs.evidence',
  'recover.restore',
  'events.query',
  'events.verify',
  'events.export',
  'events.move',
  'events.acknowledge',
] as const satisfies readonly Channel[];

export const broadcastNames = [
  'app.changed',
  'environments.changed',
  'runs.changed',
  'run.changed',
  'run.progress',
  'events.appended',
  'command.chosen',
  'events.verify-progress',
] as const satisfies readonly Broadcast[];

type Missing =
  | Exclude<Channel, (typeof channels)[number]>
  | Exclude<Broadcast, (typeof broadcastNames)[number]>;
/** Fails to compile when a name of the contract is missing above. */
export type AllNamed = [Missing] extends [never] ? true : Missing;
export const allNamed: AllNamed = true;
