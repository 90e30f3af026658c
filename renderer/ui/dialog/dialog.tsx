import { Dialog as Base } from '@base-ui/react/dialog';
import { X } from 'lucide-react';
import { type ReactNode, type RefObject, useRef } from 'react';
import { Button } from '#renderer/ui/button/button.tsx';
import { classNames } from '#renderer/ui/class-names.ts';
import styles from './dialog.module.css';

export interface DialogProps {
  open: boolean;
  onClose: () => void;
  title: ReactNode;
  description?: ReactNode;
  children?: ReactNode;
  footer?: ReactNode;
  size?: 'medium' | 'large';
  /** While it works, it stays open. */
  busy?: boolean;
  initialFocus?: RefObject<HTMLElement | null>;
}

/** A modal dialog. Focus goes to its first control, or where `initialFocus` says, and returns on closing. */
export function Dialog({
  open,
  onClose,
  title,
  description,
  children,
  footer,
  size = 'medium',
  busy = false,
  initialFocus,
}: DialogProps) {
  const body = useRef<HTMLDivElement>(null);
  const firstControl = () =>
    initialFocus?.current ??
    body.current?.querySelector<HTMLElement>('input:not([disabled]), select, textarea, button') ??
    true;
  return (
    <Base.Root open={open} onOpenChange={(next) => !next && !busy && onClose()}>
      <Base.Portal>
        <Base.Backdrop className={styles.backdrop} />
        <Base.Viewport className={styles.viewport}>
          <Base.Popup
            data-modal
            className={classNames(styles.popup, styles[size])}
            initialFocus={firstControl}
          >
            <header className={styles.header}>
              <div>
                <Base.Title className={styles.title}>{title}</Base.Title>
                {description && (
                  <Base.Description className={styles.description}>{description}</Base.Description>
                )}
              </div>
              <Button
                variant="quiet"
                size="small"
                aria-label="Close"
                disabled={busy}
                icon={<X size={16} aria-hidden="true" />}
                onClick={onClose}
              />
            </header>
            <div ref={body} className={styles.body}>
              {children}
            </div>
            {footer && <footer className={styles.footer}>{footer}</footer>}
          </Base.Popup>
        </Base.Viewport>
      </Base.Portal>
    </Base.Root>
  );
}
