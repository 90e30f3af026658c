import { afterAll, beforeAll, expect, it } from 'vitest';
import { RekeyWorld } from './rekey-command.ts';

interface Failure {
  error: { code: string; message: string; remedy: string };
}
interface Listed {
  channels: { channel: { name: string; enabled: boolean; minimum: string } }[];
}

let world: RekeyWorld;
beforeAll(async () => {
  world = new RekeyWorld();
  expect((await world.call(['alert', 'add-command', 'Pager', '/bin/true'])).code).toBe(0);
});
afterAll(() => world.remove());

const pager = async () => {
  const { document } = await world.json<Listed>('alert channels', []);
  return document.channels.find(({ channel }) => channel.name === 'Pager')?.channel;
};

it.each([
  [['Pager'], 'Nothing is given that is to change.'],
  [['Pager', '--on', '--off'], 'Give --on or --off, not both.'],
  [['Nobody', '--off'], 'There is no channel "Nobody".'],
])('set-channel %j is refused, and changes nothing', async (args, message) => {
  const before = await pager();
  expect(before).toBeDefined();
  const { code, document } = await world.json<Failure>('alert set-channel', args);
  expect(code).toBe(2);
  expect(document.error.message).toBe(message);
  expect(await pager()).toEqual(before);
});

it('set-channel changes what it is given, and leaves the rest', async () => {
  await world.json('alert set-channel', ['Pager', '--off']);
  expect(await pager()).toMatchObject({ enabled: false, minimum: 'warning' });
  await world.json('alert set-channel', ['Pager', '--minimum', 'critical']);
  expect(await pager()).toMatchObject({ enabled: false, minimum: 'critical' });
});
