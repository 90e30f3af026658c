import { placesOf } from '#shared/logic/connector-places.ts';
import type { ConnectorConfig, EnvironmentConfig, EnvironmentPatch } from '#shared/model/environment.ts';
import { RekeyError } from '#shared/model/errors.ts';

/**
 * A configuration with a patch applied: fields are replaced, the rules of keys are merged field by field, and null
 * takes a command or a key's changes away.
 */
export function patchedEnvironment(config: EnvironmentConfig, patch: EnvironmentPatch): EnvironmentConfig {
  const { path, parser, ssh, commands, keys, ...fields } = patch;
  const next: EnvironmentConfig = {
    ...config,
    connector: patchedConnector(config.connector, { path, parser, ssh }),
    commands: { ...config.commands },
    keys: { ...config.keys },
  };
  if (fields.name !== undefined) next.name = fields.name;
  if (fields.stage !== undefined) next.stage = fields.stage;
  if (fields.health !== undefined) next.health = fields.health;
  if (fields.windows !== undefined) next.windows = fields.windows;
  for (const [kind, command] of Object.entries(commands ?? {}) as [keyof typeof next.commands, unknown][]) {
    if (command === null) delete next.commands[kind];
    else Object.assign(next.commands, { [kind]: command });
  }
  for (const [key, rule] of Object.entries(keys ?? {})) {
    if (rule === null) delete next.keys[key];
    else next.keys[key] = { ...next.keys[key], ...rule };
  }
  return next;
}

/** Throws `configuration-invalid` for a field that the kind of connector has not. */
function patchedConnector(
  connector: ConnectorConfig,
  { path, parser, ssh }: Pick<EnvironmentPatch, 'path' | 'parser' | 'ssh'>,
): ConnectorConfig {
  const [foreign] = connector.kind === 'ssh' ? (path === undefined ? [] : ['path']) : ssh ? ['ssh'] : [];
  if (foreign !== undefined) {
    throw new RekeyError('configuration-invalid', {
      message: `The configuration does not fit: ${foreign}: this environment is ${connector.kind === 'ssh' ? 'reached over SSH; its paths stand with its hosts, under "ssh"' : 'a file of this machine'}.`,
      remedy: 'Correct that field.',
      details: { field: foreign },
    });
  }
  const parsed = parser ? { parser } : {};
  if (connector.kind !== 'ssh') return { ...connector, ...parsed, ...(path === undefined ? {} : { path }) };
  return { ...connector, ...parsed, ...definedOf(ssh ?? {}) };
}

/** Only the fields that are given. */
function definedOf<T extends object>(given: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  const entries = Object.entries(given).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as { [K in keyof T]?: Exclude<T[K], undefined> };
}

/** One changed field, as an event tells it. */
export interface FieldChange {
  field: string;
  from: unknown;
  to: unknown;
}

/**
 * What differs between two configurations. Commands and the health address are named only, not quoted: people write
 * secrets into them although they should not.
 */
export function environmentChanges(before: EnvironmentConfig, after: EnvironmentConfig): FieldChange[] {
  const changes: FieldChange[] = [];
  const compare = (field: string, from: unknown, to: unknown, quoted = true) => {
    if (JSON.stringify(from) === JSON.stringify(to)) return;
    const told = (value: unknown) =>
      quoted ? (value ?? null) : value === undefined || value === null ? null : 'set';
    changes.push({ field, from: told(from), to: told(to) });
  };
  compare('name', before.name, after.name);
  compare('stage', before.stage, after.stage);
  compare('path', placesOf(before.connector), placesOf(after.connector));
  if (before.connector.kind === 'ssh' && after.connector.kind === 'ssh') {
    const { hosts: _from, ...from } = before.connector;
    const { hosts: _to, ...to } = after.connector;
    for (const field of union(from, to)) {
      if (field !== 'parser') compare(`ssh.${field}`, from[field], to[field]);
    }
  }
  compare('parser', before.connector.parser, after.connector.parser);
  compare('windows', before.windows, after.windows);
  compare('health', before.health, after.health, false);
  for (const kind of union(before.commands, after.commands)) {
    compare(`commands.${kind}`, before.commands[kind], after.commands[kind], false);
  }
  for (const key of union(before.keys, after.keys)) {
    const from = before.keys[key] ?? {};
    const to = after.keys[key] ?? {};
    for (const field of union(from, to)) compare(`keys.${key}.${field}`, from[field], to[field]);
  }
  return changes;
}

function union<T extends object>(a: T, b: T): (keyof T & string)[] {
  return [...new Set([...Object.keys(a), ...Object.keys(b)])] as (keyof T & string)[];
}
