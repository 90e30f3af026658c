// Runs what is due at each instant that it is sent, and answers what went wrong: FOLDER FROM.
import { ScheduledWorld } from './scheduled-world.ts';

const [folder = '', from = ''] = process.argv.slice(2);
const world = new ScheduledWorld(folder, from);
process.on('message', async (now: string) => {
  world.set(now);
  try {
    await world.scheduler.runDue();
    process.send?.('');
  } catch (error) {
    process.send?.(String(error));
  }
});
