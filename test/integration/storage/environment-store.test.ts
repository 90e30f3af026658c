import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { EnvironmentStore } from '#electron/services/settings/environment-store.ts';
import { ownIdentity } from '#electron/storage/process-identity.ts';
import { systemClock } from '#electron/storage/system-clock.ts';
import { EnvironmentConfig } from '#shared/model/environment.ts';
import type { EventDraft } from '#shared/model/event.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

function stores() {
  const path = join(temporaryFolder(), 'environments.json');
  const events: EventDraft[] = [];
  const open = () =>
    new EnvironmentStore({
      path,
      clock: systemClock,
      identity: ownIdentity(),
      append: (draft) => events.push(draft),
    });
  return { path, events, open };
}

const production = EnvironmentConfig.parse({
  id: '0190a000-0000-4000-8000-000000000001',
  name: 'Production',
  stage: 'production',
  connector: { kind: 'dotenv-file', path: '/srv/app/.env' },
});

describe('the environments', () => {
  it('record what changed, naming commands without quoting them', () => {
    const { events, open } = stores();
    const store = open();
    store.add(production);
    const commands = { restart: { argv: ['restart', '--password=do-not-quote-me'], shell: false } };
    const keys = { JWT_SECRET_KEY: { slots: 'previous' as const } };
    store.replace(production, { ...production, stage: 'staging', commands, keys });
    expect(events.map(({ action }) => action)).toEqual(['added', 'changed']);
    expect(events[1]?.data).toEqual({
      changes: [
        { field: 'stage', from: 'production', to: 'staging' },
        { field: 'commands.restart', from: null, to: 'set' },
        { field: 'keys.JWT_SECRET_KEY.slots', from: null, to: 'previous' },
      ],
    });
    expect(JSON.stringify(events)).not.toContain('do-not-quote-me');
  });

  it('lose no change of somebody else: one that began from an older configuration is refused', () => {
    const { path, events, open } = stores();
    open().add(production);
    const mine = open().find('production');
    const theirs = open().find(production.id);
    open().replace(theirs, { ...theirs, keys: { JWT_SECRET_KEY: { soak: '48h' } } });
    const before = readFileSync(path, 'utf8');
    expect(() => open().replace(mine, { ...mine, stage: 'staging' })).toThrow(
      expect.objectContaining({ code: 'conflict' }),
    );
    expect(readFileSync(path, 'utf8')).toBe(before);
    expect(events).toHaveLength(2);
    open().remove(production.id);
    expect(() => open().replace(mine, { ...mine, stage: 'staging' })).toThrow(
      expect.objectContaining({ code: 'environment-unknown' }),
    );
  });

  it('have one name and one file each', () => {
    const { open } = stores();
    open().add(production);
    const other = { ...production, id: '0190a000-0000-4000-8000-000000000002' };
    expect(() =>
      open().add({
        ...other,
        name: 'PRODUCTION',
        connector: { kind: 'dotenv-file', parser: 'dotenv', path: '/x' },
      }),
    ).toThrow(expect.objectContaining({ code: 'environment-exists' }));
    expect(() => open().add({ ...other, name: 'Other' })).toThrow(
      expect.objectContaining({ code: 'environment-exists' }),
    );
    expect(open().list()).toHaveLength(1);
  });

  it('stay as they are when the change cannot be recorded', () => {
    const { path } = stores();
    const refusing = new EnvironmentStore({
      path,
      clock: systemClock,
      identity: ownIdentity(),
      append: () => {
        throw new Error('the log is full');
      },
    });
    expect(() => refusing.add(production)).toThrow('the log is full');
    expect(refusing.list()).toEqual([]);
  });
});
