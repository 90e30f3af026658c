import { fingerprintLines } from '#shared/logic/signer-words.ts';
import { RekeyError } from '#shared/model/errors.ts';
import type { ActionName } from '#shared/model/runbook.ts';
import { readTrustPoint } from '../../signer/replace-signer.ts';
import { answer, done, type RunActionCode } from './action.ts';

type Names = Extract<ActionName, 'keychain.probe' | 'log.verify' | `signer.${string}`>;

/** What needs no environment: the keychain, the log, and the keys with which this installation signs. */
export const installationActions: Readonly<Record<Names, RunActionCode>> = {
  'keychain.probe': async (services, call) => {
    const probe = await services.probeKeychain();
    return answer(
      call,
      probe.state === 'durable',
      [`${probe.store}: ${probe.state}. ${probe.message}`, ...(probe.remedy ? [probe.remedy] : [])],
      probe.remedy ?? 'Unlock the keychain, or choose the passphrase vault.',
    );
  },

  'log.verify': async (services, call) => {
    let shown = -1;
    const result = await services.log.verify({
      signal: call.signal,
      onProgress: (share) => {
        const percent = Math.floor(share * 10) * 10;
        if (percent > shown) call.onProgress(`Verified: ${percent} %`);
        shown = percent;
      },
    });
    return answer(
      call,
      result.intact,
      [
        result.intact
          ? `The log is intact: ${result.size} events, root ${result.root.slice(0, 16)}….`
          : `The log is not intact: ${result.problems.length} problems.`,
        ...result.problems.map(({ message }) => message),
      ],
      'Keep the log as it is, and move to a new folder: rekey events move.',
    );
  },

  'signer.show': async ({ signer }) => {
    const view = signer.view();
    if (!view.keys) {
      throw new RekeyError('signer-absent', {
        message: 'This installation has no signing keys yet, so there is nothing to replace.',
        remedy: 'Abort this run. The first report makes the keys.',
      });
    }
    const due = view.message ?? `They are due on ${view.due_at?.slice(0, 10)}.`;
    return done(`In use since ${view.keys.created_at.slice(0, 10)}. ${due}`, ...fingerprintLines(view));
  },

  'signer.checkpoints': async ({ signer }) => {
    const abroad = signer.checkpointsAbroad();
    if (abroad.length === 0) {
      return done(
        'No checkpoint is known to have left this machine. Ask your auditors for reports that they keep.',
      );
    }
    return done(
      'Checkpoints that others may hold, newest first. Trust one only after its holder has read you its numbers.',
      ...abroad.map(
        ({ at, size, root, how }) =>
          `${size} events, ${at.slice(0, 16).replace('T', ' ')} UTC, ${how}, root ${root}`,
      ),
    );
  },

  'signer.trust-point': async ({ signer }, { arguments: given }) => {
    const { position, warning } = signer.trustPoint(readTrustPoint(String(given.until ?? '')));
    return done(
      position === null
        ? 'Nothing that the old keys signed stays trusted.'
        : `What the old keys signed stays trusted up to ${position.size} events, root ${position.root}.`,
      ...(warning === null ? [] : [warning]),
    );
  },

  'signer.replace': async ({ signer }, { run, arguments: given }) => {
    const compromised = given.compromised === true;
    const { warning } = await signer.replace({
      reason: String(given.reason ?? run.reason ?? run.title),
      compromised,
      trustedUntil: compromised ? readTrustPoint(String(given.until ?? '')) : null,
      runId: run.run_id,
    });
    const view = signer.view();
    return done(
      'New keys sign from now on. The private keys before them are destroyed; whether copies lie in backups was not checked.',
      ...(warning === null ? [] : [warning]),
      ...fingerprintLines(view),
    );
  },

  'signer.export': async (services, { run }) => {
    const folder = services.folders.make(run.run_id, 'signer');
    const exported = services.signer.writePublicFiles(folder);
    return done(`In ${folder}:`, ...exported);
  },
};
