import { timestamp } from '#shared/model/clock.ts';
import { RekeyError } from '#shared/model/errors.ts';
import type { ListedEvent } from '#shared/model/event.ts';
import type { ActionName } from '#shared/model/runbook.ts';
import { environmentOfRun } from '../../rotation/places.ts';
import { RotationJournal } from '../../rotation/rotation-journal.ts';
import { type ActionCode, done } from './action.ts';

type Names = Extract<ActionName, 'log.extract' | 'state.backup' | 'runs.recent' | `recovery.${string}`>;

/** Rekey's own records: log, state, runs, and what is recorded about the recovery file. */
export const recordActions: Readonly<Record<Names, ActionCode>> = {
  'log.extract': async (services, { run }) => {
    const { events, unreadable } = services.history.matching(
      (event) => event.environment?.id === run.environment.id || event.run_id === run.run_id,
    );
    const lines = events.map(({ earlier_log: _, ...event }) => `${JSON.stringify(event)}\n`);
    const path = services.folders.write(run.run_id, 'extract.jsonl', lines.join(''));
    const about = {
      extracted_at: timestamp(services.clock),
      events: events.length,
      log_size: services.log.size(),
      log_root: services.log.root(),
      // Numbers begin anew in each log: this many lines, from the top, are of the earlier ones.
      earlier_logs: countByLog(events),
      unreadable_log: unreadable,
    };
    services.folders.write(run.run_id, 'extract-about.json', `${JSON.stringify(about, null, 2)}\n`);
    return done(
      `${events.length} events saved in ${path}`,
      `Log: ${about.log_size} events, root ${about.log_root}`,
      ...about.earlier_logs.map(
        ({ folder, events }) => `${events} of them are from the earlier log in ${folder}`,
      ),
      ...(unreadable === null
        ? []
        : [`The earlier log in ${unreadable} cannot be read: what it holds is not in the extract.`]),
    );
  },

  'state.backup': async (services, { run }) => {
    const { state } = await environmentOfRun(services.environments, run).read({ thorough: false });
    if (!state) return done('There is no state yet: Rekey has not changed this environment before.');
    const path = services.folders.write(
      run.run_id,
      'state-before.json',
      `${JSON.stringify(state, null, 2)}\n`,
    );
    return done(`Saved in ${path}`, `${Object.keys(state.keys).length} keys are known to it.`);
  },

  'recovery.check': async (services, { run }) => {
    const { recovery_file: file } = services.runs.get(run.run_id);
    if (file?.written) return done(`A recovery file was written at ${file.at}.`);
    if (run.dry_run)
      return done('Dry run: nothing is sealed, so there is nothing to write into a recovery file.');
    throw new RekeyError('recovery-incomplete', {
      message: 'No recovery file was written in this run yet.',
      remedy: 'Write it, then try again; or go back to the decision, and go on without.',
    });
  },

  'recovery.decline': async (services, { run }) => {
    const current = services.runs.get(run.run_id);
    if (current.recovery_file?.written) return done('A recovery file was written, so nothing is declined.');
    if (current.recovery_file === null) {
      const journal = new RotationJournal(services.log);
      journal.run(run, 'recovery-file', { written: false }, 'no recovery if this machine is lost');
    }
    return done('Recorded: no recovery if this machine is lost.');
  },

  'runs.recent': async (services, { run }) => {
    const lines = services.runs
      .list()
      .filter(({ environment, run_id }) => environment.id === run.environment.id && run_id !== run.run_id)
      .slice(0, 10)
      .map(
        (one) =>
          `${one.started_at.slice(0, 16).replace('T', ' ')} UTC  ${one.title}: ${one.state}` +
          `${one.waits_for === null ? '' : `, waits for ${one.waits_for}`}` +
          `${one.keys.length > 0 ? ` (${one.keys.join(', ')})` : ''}, run ${one.run_id}`,
      );
    const lock = await environmentOfRun(services.environments, run).lockStatus();
    const held = lock
      ? [
          `The environment is held by ${lock.lock.operator} on ${lock.lock.host} since ${lock.lock.at}` +
            `${lock.owner === 'dead' ? '; that process is gone' : ''}.`,
        ]
      : ['Nobody holds the environment.'];
    return done(...(lines.length > 0 ? lines : ['There was no other run on this environment.']), ...held);
  },
};

/** How many of the events stand in which earlier log, oldest first. */
function countByLog(events: readonly ListedEvent[]): { folder: string; events: number }[] {
  const counts = new Map<string, number>();
  for (const { earlier_log: folder } of events) {
    if (folder !== null) counts.set(folder, (counts.get(folder) ?? 0) + 1);
  }
  return [...counts].map(([folder, count]) => ({ folder, events: count }));
}
