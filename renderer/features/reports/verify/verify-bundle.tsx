import { FileArchive, FolderOpen } from 'lucide-react';
import { useState } from 'react';
import { call } from '#renderer/state/call.ts';
import { useMirror } from '#renderer/state/store.ts';
import { clearVerificationShare } from '#renderer/state/sync.ts';
import { useCall } from '#renderer/state/use-call.ts';
import { Button } from '#renderer/ui/button/button.tsx';
import { ErrorNotice } from '#renderer/ui/error-notice/error-notice.tsx';
import { TextField } from '#renderer/ui/field/field.tsx';
import { Progress } from '#renderer/ui/progress/progress.tsx';
import type { BundleVerification } from '#shared/model/verification.ts';
import { DropPlace } from './drop-place.tsx';
import { VerificationResult } from './verification-result.tsx';
import styles from './verify-bundle.module.css';

/** Checks a report of any installation, given as a folder or a zip, against what was got elsewhere. */
export default function VerifyBundle() {
  const [path, setPath] = useState<string | null>(null);
  const [trust, setTrust] = useState('');
  const [checkpoint, setCheckpoint] = useState<string | null>(null);
  const [result, setResult] = useState<BundleVerification | null>(null);
  const share = useMirror((mirror) => mirror.verificationShare);
  const verify = useCall('verification.verify');

  async function check(chosen: string) {
    setPath(chosen);
    setResult(null);
    clearVerificationShare();
    const reply = await verify.run({
      path: chosen,
      trust: trust.trim() === '' ? null : trust.trim(),
      checkpointPath: checkpoint,
    });
    if (reply?.ok) setResult(reply.value);
  }

  async function pick(what: 'folder' | 'zip') {
    const reply = await call('verification.pick', { what });
    if (reply.ok && reply.value !== null) await check(reply.value.path);
  }

  async function pickCheckpoint() {
    const reply = await call('verification.pick', { what: 'checkpoint' });
    if (reply.ok && reply.value !== null) setCheckpoint(reply.value.path);
  }

  return (
    <div className={styles.stack}>
      <div className={styles.against}>
        <TextField
          label="Signer to expect"
          optional
          mono
          value={trust}
          placeholder="SHA256:…"
          hint="The fingerprint that the issuer told you over another way than the report: SHA256:… of the report key, or the SHA-256 of its CA. Without it, only signers that are enrolled here are known."
          onChange={(event) => setTrust(event.target.value)}
        />
        <div className={styles.checkpoint}>
          <p className={styles.label}>
            Earlier checkpoint of its log <span className={styles.soft}>(optional)</span>
          </p>
          <div className={styles.buttons}>
            <Button size="small" onClick={() => void pickCheckpoint()}>
              Choose a checkpoint…
            </Button>
            {checkpoint !== null && (
              <Button size="small" variant="quiet" onClick={() => setCheckpoint(null)}>
                Without it
              </Button>
            )}
          </div>
          <p className={styles.soft}>
            {checkpoint === null
              ? 'From an earlier report, or cosigned: proves that nothing was changed since.'
              : checkpoint}
          </p>
        </div>
      </div>
      <DropPlace busy={verify.pending} onDropped={(dropped) => void check(dropped)}>
        <p className={styles.invitation}>Drop a report here: its folder, or its zip file</p>
        <div className={styles.buttons}>
          <Button
            icon={<FolderOpen size={15} aria-hidden="true" />}
            busy={verify.pending}
            onClick={() => void pick('folder')}
          >
            Choose a folder…
          </Button>
          <Button
            icon={<FileArchive size={15} aria-hidden="true" />}
            busy={verify.pending}
            onClick={() => void pick('zip')}
          >
            Choose a zip file…
          </Button>
        </div>
      </DropPlace>
      {verify.pending && <Progress label="Verifying" share={share} />}
      {verify.error && <ErrorNotice error={verify.error} />}
      {path !== null && result !== null && (
        <VerificationResult
          path={path}
          result={result}
          actions={
            <Button size="small" onClick={() => void check(path)}>
              Verify again
            </Button>
          }
        />
      )}
    </div>
  );
}
