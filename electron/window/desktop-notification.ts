import { Notification } from 'electron';
import type { NotifyDesktop } from '#electron/services/alerts/alert-delivery.ts';

/** Kept until they are closed: one that nothing refers to any more loses its click. */
const shown = new Set<Notification>();

/** Notifications of the desktop; null where there is none that shows any. `onClick`: somebody wants to know more. */
export function desktopNotifications(onClick: () => void): NotifyDesktop | null {
  if (!Notification.isSupported()) return null;
  return ({ title, body, critical }) => {
    const notification = new Notification({ title, body, urgency: critical ? 'critical' : 'normal' });
    shown.add(notification);
    const forget = () => shown.delete(notification);
    notification.once('click', () => {
      forget();
      onClick();
    });
    notification.once('close', forget);
    notification.once('failed', forget);
    notification.show();
  };
}
