import { AlertDialog } from '@base-ui/react/alert-dialog';
import { type FormEvent, type ReactNode, useRef, useState } from 'react';
import { Button } from '#renderer/ui/button/button.tsx';
import { classNames } from '#renderer/ui/class-names.ts';
import { ErrorNotice } from '#renderer/ui/error-notice/error-notice.tsx';
import { TextArea, TextField } from '#renderer/ui/field/field.tsx';
import type { ErrorReport } from '#shared/model/errors.ts';
import styles from './dialog.module.css';

export interface ConfirmAnswer {
  reason: string;
  typed: string;
}

export interface ConfirmDialogProps {
  open: boolean;
  onClose: () => void;
  title: string;
  /** What will happen, naming key and environment. */
  children?: ReactNode;
  /** What else is to be filled in, above the reason. */
  fields?: ReactNode;
  confirmLabel: string;
  danger?: boolean;
  /** Asks why, in a field with this label. */
  reasonLabel?: string;
  /** Asks to type exactly this, for production and for what cannot be undone. */
  typeToConfirm?: string | null;
  /** Resolves to an error, which is shown and keeps the dialog open, or to null: done. */
  onConfirm: (answer: ConfirmAnswer) => Promise<ErrorReport | null>;
}

/**
 * Asks before something that cannot simply be taken back. Cancel has the focus when it opens, unless something must
 * be filled in first; it stays open while the work runs and when it fails.
 */
export function ConfirmDialog(props: ConfirmDialogProps) {
  return (
    <AlertDialog.Root open={props.open} onOpenChange={(next) => !next && props.onClose()}>
      <AlertDialog.Portal>
        <AlertDialog.Backdrop className={styles.backdrop} />
        <AlertDialog.Viewport className={styles.viewport}>
          <Confirm {...props} />
        </AlertDialog.Viewport>
      </AlertDialog.Portal>
    </AlertDialog.Root>
  );
}

function Confirm({
  onClose,
  title,
  children,
  fields,
  confirmLabel,
  danger = false,
  reasonLabel,
  typeToConfirm = null,
  onConfirm,
}: ConfirmDialogProps) {
  const cancel = useRef<HTMLButtonElement>(null);
  const [reason, setReason] = useState('');
  const [typed, setTyped] = useState('');
  const [busy, setBusy] = useState(false);
  const [tried, setTried] = useState(false);
  const [error, setError] = useState<ErrorReport | null>(null);
  const reasonMissing = reasonLabel !== undefined && reason.trim().length < 3;
  const typedWrong = typeToConfirm !== null && typed.trim() !== typeToConfirm;

  async function submit(event: FormEvent) {
    event.preventDefault();
    setTried(true);
    if (busy || reasonMissing || typedWrong) return;
    setBusy(true);
    setError(null);
    const problem = await onConfirm({ reason: reason.trim(), typed: typed.trim() });
    setBusy(false);
    if (problem) setError(problem);
    else onClose();
  }

  return (
    <AlertDialog.Popup className={classNames(styles.popup, styles.medium)} initialFocus={cancel}>
      <form noValidate className={styles.form} onSubmit={submit}>
        <header className={styles.header}>
          <AlertDialog.Title className={styles.title}>{title}</AlertDialog.Title>
        </header>
        <div className={styles.body}>
          {children && (
            <AlertDialog.Description className={styles.description} render={<div />}>
              {children}
            </AlertDialog.Description>
          )}
          {fields}
          {reasonLabel && (
            <TextArea
              label={reasonLabel}
              rows={2}
              value={reason}
              error={tried && reasonMissing ? 'Say why, in a few words.' : undefined}
              onChange={(event) => setReason(event.target.value)}
            />
          )}
          {typeToConfirm !== null && (
            <TextField
              label={
                <>
                  Type <strong>{typeToConfirm}</strong> to confirm
                </>
              }
              value={typed}
              error={tried && typedWrong ? 'This is not the name.' : undefined}
              onChange={(event) => setTyped(event.target.value)}
            />
          )}
          {error && <ErrorNotice error={error} />}
        </div>
        <footer className={styles.footer}>
          <Button ref={cancel} disabled={busy} onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" variant={danger ? 'danger' : 'primary'} busy={busy}>
            {confirmLabel}
          </Button>
        </footer>
      </form>
    </AlertDialog.Popup>
  );
}
