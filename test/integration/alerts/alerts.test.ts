import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Secret } from '#shared/model/secret.ts';
import { consumerEnvironmentId as id } from '#test/crash/consumer-environment.ts';
import { type AutomaticWorld, automaticWorlds, day } from '../tasks/automatic-world.ts';
import { WebhookReceiver } from './webhook-receiver.ts';

const newWorld = automaticWorlds();
const keys = { API_SIGNING_KEY: { protects: 'messages', slots: 'one' } } as const;
const choice = { name: 'Operations', minimum: 'warning', detail: 'full' } as const;
const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;

let receiver: WebhookReceiver;
let world: AutomaticWorld;
beforeEach(async () => {
  receiver = await WebhookReceiver.listen();
  world = await newWorld({ keys });
});
afterEach(() => receiver.close());

const verified = (index: number) => receiver.verified(receiver.received[index], secret, world.clock.now());
const look = (of = world) => of.services.alerts.look({ maxAgeMs: 0 });
const open = () => world.services.alerts.registry.open().map((alert) => alert.id);
const alertEvents = () =>
  [...world.services.log.scan()]
    .filter(({ event_type }) => event_type === 'alert')
    .map(({ action }) => action);
const addWebhook = (more: Partial<Parameters<typeof world.services.alerts.channels.addWebhook>[0]> = {}) =>
  world.services.alerts.channels.addWebhook({
    ...choice,
    format: 'json',
    url: new Secret(receiver.url()),
    secret: new Secret(secret),
    ...more,
  });

describe('an overdue key', () => {
  it('raises an alert, is put off, comes back, is rotated, and the alert resolves', async () => {
    await look();
    await look();
    // The check of rotations was never run either, in 400 days.
    expect(open()).toEqual([`overdue/${id}`, 'check-missed']);
    const { actions } = world.services.alerts;
    const until = new Date(world.clock.now().getTime() + 3_600_000).toISOString();
    await actions.snooze(`overdue/${id}`, until, 'After the sale.');
    await look();
    expect(world.services.alerts.registry.open()[0]).toMatchObject({
      snoozed: { reason: 'After the sale.', by: 'ada@example.org' },
    });
    world.clock.offset += 3_600_001;
    await look();
    expect(world.services.alerts.registry.open()[0]).toMatchObject({
      snoozed: null,
      notice: { news: 'returned' },
    });
    await world.services.direct.rotate({
      environmentId: id,
      keys: ['API_SIGNING_KEY'],
      mode: 'planned',
      reason: 'It was due.',
      force: false,
      drill: false,
    });
    await world.services.tasks.run('rotation-check');
    await look();
    expect(open()).toEqual([]);
    expect(alertEvents().filter((action) => action !== 'delivered')).toEqual([
      'raised',
      'raised',
      'snoozed',
      'returned',
      'resolved',
      'resolved',
    ]);
  });

  it('a check that was missed is no news while what was missed is being caught up, nor over because of that', async () => {
    await world.services.alerts.look({ maxAgeMs: 0, catchesUp: true });
    expect(open()).toEqual([`overdue/${id}`]);
    await look();
    await world.services.alerts.look({ maxAgeMs: 0, catchesUp: true });
    expect(open()).toEqual([`overdue/${id}`, 'check-missed']);
  });

  it('cannot be put off for ever, without a reason to come back, or by an id that nobody knows', async () => {
    await look();
    const { actions } = world.services.alerts;
    const inDays = (days: number) => new Date(world.clock.now().getTime() + days * day).toISOString();
    await expect(actions.snooze('overdue', inDays(32), 'Later.')).rejects.toThrow('more than a month away');
    await expect(actions.snooze('overdue', inDays(-1), 'Later.')).rejects.toThrow('no time to come');
    await expect(actions.snooze('overdue', 'tomorrow', 'Later.')).rejects.toThrow('no time to come');
    await expect(actions.snooze('nothing', inDays(1), 'Later.')).rejects.toThrow('no open alert');
    expect(() => actions.wake('overdue')).toThrow('is not put off');
    await actions.snooze('overdue', inDays(1), 'Later.');
    expect(actions.wake('overdue').snoozed).toBeNull();
  });
});

describe('a signed webhook', () => {
  it('is told once, with a signature that its receiver can check, and again when it is over', async () => {
    await addWebhook();
    await look();
    await look();
    expect(receiver.received).toHaveLength(2);
    expect(verified(0)).toMatchObject({
      type: 'alert.raised',
      data: {
        kind: 'overdue',
        severity: 'warning',
        keys: ['API_SIGNING_KEY'],
        environment: { name: 'Crash test', stage: 'staging' },
      },
    });
    await world.services.tasks.run('rotation-check');
    await look();
    expect(receiver.received).toHaveLength(3);
    expect(verified(2)).toMatchObject({
      type: 'alert.resolved',
      data: { kind: 'check-missed' },
    });
    const [first] = receiver.received;
    if (first) first.body = first.body.replace('overdue', 'ok');
    expect(() => verified(0)).toThrow('No matching signature found');
  });

  it('that is dead shows, is tried again with growing pauses, and misses nothing that still matters', async () => {
    receiver.status = 500;
    const channel = await addWebhook();
    await look();
    expect(world.services.alerts.channels.view()[1]).toMatchObject({
      failing: { message: 'It answered with HTTP 500.' },
    });
    expect(open()).toContain(`channel-failed/${channel.id}`);
    expect(receiver.received).toHaveLength(1);
    await look();
    expect(receiver.received).toHaveLength(1);
    world.clock.wait(31_000);
    await look();
    expect(receiver.received).toHaveLength(2);
    world.clock.wait(31_000);
    await look();
    expect(receiver.received).toHaveLength(2);
    // One failure in the log, however often it was tried.
    expect(alertEvents().filter((action) => action === 'delivery-failed')).toHaveLength(1);

    receiver.status = 200;
    world.clock.wait(60_000);
    await look();
    expect(receiver.received.map(({ headers }) => headers['webhook-id']).slice(0, 3)).toEqual(
      Array(3).fill(receiver.received[0]?.headers['webhook-id']),
    );
    expect(world.services.alerts.channels.view()[1]?.failing).toBeNull();
    expect(open()).toEqual([`overdue/${id}`, 'check-missed']);
  });

  it('is not followed to where it redirects, and an error names neither its address nor its secret', async () => {
    receiver.status = 302;
    await addWebhook();
    await look();
    expect(receiver.received).toHaveLength(1);
    await receiver.close();
    world.clock.wait(31_000);
    await look();
    const text = JSON.stringify([...world.services.log.scan()]);
    expect(text).toContain('It answered with HTTP 302.');
    expect(text).not.toContain('with-a-token');
    expect(text).not.toContain(secret);
    expect(JSON.stringify(world.services.settings.read())).not.toContain('with-a-token');
    receiver = await WebhookReceiver.listen();
  });

  it('goes over plain http to this machine only, and needs a secret', async () => {
    const refused = async (more: Parameters<typeof addWebhook>[0]) =>
      expect(addWebhook(more)).rejects.toMatchObject({ code: 'invalid-input' });
    await refused({ url: new Secret('http://hooks.example.org/x') });
    await refused({ url: new Secret('ftp://hooks.example.org/x') });
    await refused({ url: new Secret('hooks.example.org') });
    await refused({ secret: null });
    await refused({ secret: new Secret('short') });
    await refused({ name: '  ' });
    await addWebhook();
    await refused({});
    await world.services.alerts.channels.remove('Operations');
    expect(world.services.alerts.channels.list()).toHaveLength(1);
  });
});

describe('other channels', () => {
  it('Slack is told in one line; brief names nothing; critical only leaves the rest out', async () => {
    await addWebhook({ format: 'slack', secret: null, detail: 'brief' });
    await addWebhook({ name: 'Critical', minimum: 'critical' });
    await look();
    const texts = receiver.received.filter(({ headers }) => headers['webhook-id'] === undefined);
    expect(texts.map(({ body }) => body)).toEqual([
      '{"text":"A key is overdue"}',
      '{"text":"Critical: No rotation check has succeeded for 26 hours"}',
    ]);
    expect(receiver.received).toHaveLength(3);
    expect(world.notified).toEqual(['Critical: No rotation check has succeeded for 26 hours']);
  });

  it('a command is given each message on stdin, and no variable of Rekey’s', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'rekey-alert-command-'));
    const script = join(folder, 'tell.sh');
    writeFileSync(script, `#!/bin/sh\ncat >>"${folder}/told"\nenv >"${folder}/env"\n`);
    chmodSync(script, 0o700);
    process.env.REKEY_PASSPHRASE_FILE_TEST = 'not for commands';
    world.services.alerts.channels.addCommand({ ...choice, command: { argv: [script], shell: false } });
    await look();
    delete process.env.REKEY_PASSPHRASE_FILE_TEST;
    const told = readFileSync(join(folder, 'told'), 'utf8').trimEnd().split('\n');
    expect(told.map((line) => JSON.parse(line).data.kind)).toEqual(['overdue', 'check-missed']);
    expect(readFileSync(join(folder, 'env'), 'utf8')).not.toContain('REKEY_');

    world.services.alerts.channels.change('Operations', { enabled: false });
    world.services.alerts.channels.addCommand({
      ...choice,
      name: 'Broken',
      command: { argv: ['/nowhere'], shell: false },
    });
    await expect(world.services.alerts.delivery.test('Broken')).rejects.toThrow(
      'The program, or the folder to run it in, does not exist.',
    );
    rmSync(folder, { recursive: true });
  });

  it('that was switched on is told what happens from then on', async () => {
    await addWebhook();
    world.services.alerts.channels.change('Operations', { enabled: false });
    await look();
    expect(receiver.received).toEqual([]);
    world.clock.offset += 1_000;
    world.services.alerts.channels.change('Operations', { enabled: true });
    await look();
    expect(receiver.received).toEqual([]);
    await world.services.alerts.delivery.test('Operations');
    expect(verified(0)).toMatchObject({
      data: { title: 'This is a test of Rekey’s alerts' },
    });
  });
});

it('two Rekeys on one data folder raise and tell each alert once', async () => {
  await addWebhook();
  const other = world.another();
  await Promise.all([look(), look(other), look(), look(other)]);
  await look(other);
  expect(alertEvents().filter((action) => action === 'raised')).toHaveLength(2);
  expect(receiver.received).toHaveLength(2);
  await other.close();
});

it('practice raises nothing', async () => {
  const practice = await newWorld({ keys, practice: true });
  await look(practice);
  expect(practice.services.alerts.registry.all()).toEqual([]);
});

it('a log that takes no events is told without one, once', async () => {
  await addWebhook();
  const { log } = world.services;
  await log.verify();
  const path = join(log.health().folder, 'events.jsonl');
  writeFileSync(path, readFileSync(path, 'utf8').replace('operator-set', 'operator-sat'));
  await log.verify();
  expect(log.health().state).toBe('corrupt');
  await look();
  await look();
  expect(receiver.received).toHaveLength(1);
  expect(verified(0)).toMatchObject({ data: { kind: 'log', severity: 'critical' } });
  expect(world.notified).toEqual(['Critical: The event log takes no events']);
});
