import { FileLock2 } from 'lucide-react';
import { useState } from 'react';
import { Banner } from '#renderer/ui/banner/banner.tsx';
import { Button } from '#renderer/ui/button/button.tsx';
import { LocalTime } from '#renderer/ui/time/time.tsx';
import type { RunDetail } from '#shared/model/run-detail.ts';
import { RecoveryFileDialog } from './recovery-file-dialog.tsx';

/** At the step that asks for the recovery file: the button that writes it, or that it was written. */
export function RecoveryFileStep({ detail }: { detail: RunDetail }) {
  const [open, setOpen] = useState(false);
  const { recovery_file: file, dry_run: dryRun } = detail.run;
  if (dryRun) return null;
  return (
    <>
      {file?.written ? (
        <Banner
          tone="success"
          title="A recovery file was written."
          actions={<Button onClick={() => setOpen(true)}>Write another…</Button>}
        >
          <p>
            <LocalTime at={file.at} seconds />. Keep it away from this machine, and its passphrase away from
            the file.
          </p>
        </Banner>
      ) : (
        <div>
          <Button
            size="large"
            icon={<FileLock2 size={17} aria-hidden="true" />}
            onClick={() => setOpen(true)}
          >
            Write recovery file…
          </Button>
        </div>
      )}
      <RecoveryFileDialog open={open} onClose={() => setOpen(false)} detail={detail} />
    </>
  );
}
