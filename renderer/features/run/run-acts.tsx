import { type ReactNode, useState } from 'react';
import { call } from '#renderer/state/call.ts';
import { keepRun } from '#renderer/state/sync.ts';
import { useCall } from '#renderer/state/use-call.ts';
import { ConfirmDialog } from '#renderer/ui/dialog/confirm-dialog.tsx';
import { ErrorNotice } from '#renderer/ui/error-notice/error-notice.tsx';
import { notify } from '#renderer/ui/toast/notify.ts';
import type { Reply } from '#shared/ipc/api.ts';
import type { ErrorReport } from '#shared/model/errors.ts';
import type { RunActOffer, RunDetail } from '#shared/model/run-detail.ts';
import { HandOverDialog } from './hand-over-dialog.tsx';
import { NoteDialog } from './note-dialog.tsx';
import { RecoveryFileDialog } from './recovery-file-dialog.tsx';
import { RollBackDialog } from './roll-back-dialog.tsx';

export type RunActName = RunActOffer['act'];

/** Acts on the run that ask for nothing. */
export function useSimpleRunActs(runId: string): {
  handles: (act: RunActName) => boolean;
  run: (act: RunActName) => Promise<void>;
  pending: boolean;
  problem: ReactNode;
} {
  const pause = useCall('runs.pause');
  const resume = useCall('runs.resume');
  const exporting = useCall('runs.export-timeline');
  const error = pause.error ?? resume.error ?? exporting.error;
  return {
    handles: (act) => act === 'pause' || act === 'resume' || act === 'export',
    run: async (act) => {
      if (act === 'export') {
        const reply = await exporting.run({ runId });
        if (reply?.ok && reply.value) notify({ title: 'Timeline exported', description: reply.value.path });
        return;
      }
      const reply = await (act === 'pause' ? pause : resume).run({ runId });
      if (reply?.ok) keepRun(reply.value);
    },
    pending: pause.pending || resume.pending || exporting.pending,
    problem: error ? <ErrorNotice error={error} /> : null,
  };
}

/** Keeps the run that an act answered with; resolves to why it failed, or null. */
async function settle(reply: Promise<Reply<RunDetail>>): Promise<ErrorReport | null> {
  const answer = await reply;
  if (!answer.ok) return answer.error;
  keepRun(answer.value);
  return null;
}

/** The dialog of an act on the run as a whole, or none. */
export function RunActDialogs({
  detail,
  act,
  onClose,
}: {
  detail: RunDetail;
  act: RunActName | null;
  onClose: () => void;
}) {
  const [last, setLast] = useState<RunActName | null>(act);
  // The dialog that closes keeps its words until it is gone.
  if (act !== null && act !== last) setLast(act);
  const runId = detail.run.run_id;
  const { environment } = detail;
  switch (act ?? last) {
    case 'note':
      return <NoteDialog open={act === 'note'} onClose={onClose} runId={runId} />;
    case 'hand-over':
      return <HandOverDialog open={act === 'hand-over'} onClose={onClose} detail={detail} />;
    case 'roll-back':
      return <RollBackDialog open={act === 'roll-back'} onClose={onClose} detail={detail} />;
    case 'recovery-file':
      return <RecoveryFileDialog open={act === 'recovery-file'} onClose={onClose} detail={detail} />;
    case 'take-over':
      return (
        <ConfirmDialog
          open={act === 'take-over'}
          onClose={onClose}
          title="Take this run over?"
          confirmLabel="Take it over"
          reasonLabel="Why you take it over"
          onConfirm={({ reason }) => settle(call('runs.take-over', { runId, reason }))}
        >
          <p>
            It belongs to {detail.run.operator}. From then on it is yours, in {environment.name}; the change
            is recorded with your reason.
          </p>
        </ConfirmDialog>
      );
    case 'abort':
      return (
        <ConfirmDialog
          open={act === 'abort'}
          onClose={onClose}
          title={`Abort the run in ${environment.name}?`}
          confirmLabel="Abort the run"
          danger
          reasonLabel="Why it is aborted"
          typeToConfirm={environment.stage === 'production' && !detail.run.dry_run ? environment.name : null}
          onConfirm={({ reason }) => settle(call('runs.abort', { runId, reason }))}
        >
          <p>
            The run ends here, and its record stays. A value that has been written stays written: to undo
            that, roll back instead.
          </p>
          {detail.run.keys.length > 0 && <p>Keys of this run: {detail.run.keys.join(', ')}.</p>}
        </ConfirmDialog>
      );
    default:
      return null;
  }
}
