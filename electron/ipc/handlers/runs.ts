import { join } from 'node:path';
import type { Services } from '#electron/services/compose.ts';
import type { Dialogs } from '#electron/window/dialogs.ts';
import { RekeyError } from '#shared/model/errors.ts';
import { Secret } from '#shared/model/secret.ts';
import type { Handlers } from '../answer.ts';
import { requireTypedName } from './environments.ts';

type Channels =
  | 'runbooks.list'
  | 'runbooks.copy'
  | 'runbooks.open-folder'
  | 'runs.start'
  | 'runs.get'
  | 'runs.act'
  | 'runs.attach-file'
  | 'runs.note'
  | 'runs.pause'
  | 'runs.resume'
  | 'runs.stop-command'
  | 'runs.hand-over'
  | 'runs.take-over'
  | 'runs.exclude-host'
  | 'runs.roll-back'
  | 'runs.abort'
  | 'runs.write-recovery-file'
  | 'runs.decline-recovery-file'
  | 'runs.export-timeline'
  | 'runs.evidence';

/** Runbooks and runs. No dialog opens for a run that does not exist. */
export function runHandlers(services: Services, dialogs: Dialogs): Pick<Handlers, Channels> {
  const { runbooks, guided, runs, recovery, folder } = services;
  return {
    'runbooks.list': () => runbooks.list(),
    'runbooks.copy': ({ id }) => ({ file: runbooks.copy(id) }),
    'runbooks.open-folder': async () => {
      await dialogs.open(runbooks.customFolder());
      return null;
    },
    'runs.start': (request) => guided.start(request),
    'runs.get': ({ runId }) => guided.detail(runId),
    'runs.act': ({ runId, stepId, act }) => guided.act(runId, stepId, act),
    'runs.attach-file': async ({ runId, stepId }) => {
      runs.get(runId);
      const path = await dialogs.pickFile('Choose the evidence');
      return path === null ? guided.detail(runId) : guided.attachFile(runId, stepId, path);
    },
    'runs.note': ({ runId, text }) => guided.note(runId, text),
    'runs.pause': ({ runId }) => guided.pause(runId),
    'runs.resume': ({ runId }) => guided.resume(runId),
    'runs.stop-command': ({ runId }) => {
      guided.stopCommand(runId);
      return null;
    },
    'runs.hand-over': ({ runId, to, note }) => guided.handOver(runId, to, note),
    'runs.take-over': ({ runId, reason }) => guided.takeOver(runId, reason),
    'runs.exclude-host': ({ runId, host, reason }) => guided.excludeHost(runId, host, reason),
    'runs.roll-back': async ({ runId, reason, restoreCompromised, typedName }) => {
      const { environment } = runs.get(runId);
      if (environment.stage === 'production') requireTypedName(environment.name, typedName);
      return guided.rollBack(runId, { reason, restoreCompromised });
    },
    'runs.abort': ({ runId, reason }) => guided.abort(runId, reason),
    'runs.write-recovery-file': async ({ runId, passphrase, recipient }) => {
      const { environment } = runs.get(runId);
      const path = await dialogs.pickNewFile(
        'Save the recovery file away from this machine',
        `rekey-recovery-${environment.name.replace(/[^A-Za-z0-9-]+/g, '-')}.age`,
      );
      if (path === null) return null;
      await recovery.writeFile(runId, path, protection(passphrase, recipient));
      return { path };
    },
    'runs.decline-recovery-file': async ({ runId, reason }) => {
      await recovery.decline(runId, reason);
      return guided.detail(runId);
    },
    'runs.export-timeline': async ({ runId }) => {
      const { run_id } = runs.get(runId);
      const path = await dialogs.pickNewFile(
        'Save the timeline',
        join(folder.path, `run-${run_id.slice(0, 8)}.md`),
      );
      if (path === null) return null;
      await guided.exportTimeline(runId, path);
      return { path };
    },
    'runs.evidence': ({ runId, sha256 }) => ({ text: guided.evidenceText(runId, sha256) }),
  };
}

function protection(passphrase: string | undefined, recipient: string | undefined) {
  if (recipient !== undefined) return { recipient };
  if (passphrase !== undefined) return { passphrase: new Secret(passphrase) };
  throw new RekeyError('invalid-input', {
    message: 'A recovery file needs a passphrase or a recipient.',
    remedy: 'Give one of them.',
  });
}
