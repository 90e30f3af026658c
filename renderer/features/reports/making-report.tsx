import { useMirror } from '#renderer/state/store.ts';
import { useCall } from '#renderer/state/use-call.ts';
import { Button } from '#renderer/ui/button/button.tsx';
import { Dialog } from '#renderer/ui/dialog/dialog.tsx';
import { Progress } from '#renderer/ui/progress/progress.tsx';
import type { ReportStage } from '#shared/model/report-making.ts';

const stageWords: Readonly<Record<ReportStage, string>> = {
  check: 'Checking the log',
  observe: 'Reading the keys of every environment',
  checkpoint: 'Signing the state of the log',
  fold: 'Computing the report from the log',
  tables: 'Writing the tables',
  pdf: 'Printing the pages',
  evidence: 'Copying events and proofs',
  sign: 'Signing',
  verify: 'Verifying it as a stranger would',
  tamper: 'Making sure that damaged copies are refused',
  zip: 'Packing the zip file',
  publish: 'Putting it in place',
};

/** While a report is made: how far it is, and the way to stop. */
export function MakingReport({ open }: { open: boolean }) {
  const progress = useMirror((mirror) => mirror.reportProgress);
  const cancel = useCall('reports.cancel');
  return (
    <Dialog
      open={open && progress !== null}
      onClose={() => {}}
      busy
      title="Making the report"
      description="It is put in place only when it is complete and verified. If you stop, nothing is left behind."
      footer={
        <Button busy={cancel.pending} onClick={() => void cancel.run()}>
          Stop
        </Button>
      }
    >
      {progress && <Progress label={stageWords[progress.stage]} share={progress.share} />}
    </Dialog>
  );
}
