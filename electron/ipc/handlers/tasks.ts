import type { Services } from '#electron/services/compose.ts';
import type { Handlers } from '../answer.ts';

/** What runs on a schedule: when, how it ended, and now. */
export function taskHandlers({
  tasks,
  scheduler,
  automaticHalts,
  environments,
}: Services): Pick<Handlers, 'tasks.list' | 'tasks.run' | 'tasks.schedule' | 'tasks.resume-automatic'> {
  return {
    'tasks.list': () => scheduler.view(),
    'tasks.run': async ({ task }) => {
      const { good, summary } = await tasks.run(task);
      return { good, summary };
    },
    'tasks.schedule': ({ task, ...wanted }) => scheduler.set(task, wanted),
    'tasks.resume-automatic': async ({ environmentId, reason }) => {
      const { id, name, stage } = environments.find(environmentId);
      await automaticHalts.resume({ id, name, stage }, reason);
      return null;
    },
  };
}
