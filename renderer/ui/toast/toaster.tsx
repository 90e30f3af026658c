import { Toast } from '@base-ui/react/toast';
import { CircleAlert, CircleCheck, X } from 'lucide-react';
import { useEffect } from 'react';
import { classNames } from '#renderer/ui/class-names.ts';
import { takeNotices, useNotices } from './notify.ts';
import styles from './toaster.module.css';

/** Nothing in a notice asks for an answer; and only a dialog may say whether it is modal. */
const notADialog = { role: 'group', 'aria-modal': undefined } as const;
/** Base UI hides the notice or its button from assistive technology now and then, although the button takes the focus. */
const notHidden = { 'aria-hidden': undefined } as const;

/** Shows what `notify` was told, in a corner, for some seconds. */
export function Toaster() {
  return (
    <Toast.Provider timeout={6_000} limit={3}>
      <Toasts />
    </Toast.Provider>
  );
}

function Toasts() {
  const { toasts, add } = Toast.useToastManager();
  const waiting = useNotices((state) => state.waiting);
  useEffect(() => {
    if (waiting.length === 0) return;
    for (const { title, description, tone } of takeNotices()) {
      add({ title, description, type: tone, priority: tone === 'danger' ? 'high' : 'low' });
    }
  }, [waiting, add]);
  return (
    <Toast.Portal>
      <Toast.Viewport className={styles.viewport}>
        {toasts.map((toast) => {
          const Icon = toast.type === 'danger' ? CircleAlert : CircleCheck;
          return (
            <Toast.Root
              key={toast.id}
              toast={toast}
              {...notADialog}
              {...notHidden}
              className={classNames(styles.toast, toast.type === 'danger' && styles.danger)}
            >
              <Icon size={17} aria-hidden="true" className={styles.icon} />
              <div className={styles.text}>
                <Toast.Title className={styles.title} render={<p />} />
                <Toast.Description className={styles.description} />
              </div>
              <Toast.Close className={styles.close} aria-label="Dismiss" {...notHidden}>
                <X size={14} aria-hidden="true" />
              </Toast.Close>
            </Toast.Root>
          );
        })}
      </Toast.Viewport>
    </Toast.Portal>
  );
}

export default Toaster;
