import type { Services } from '#electron/services/compose.ts';
import { Secret } from '#shared/model/secret.ts';
import type { Handlers } from '../answer.ts';

type AlertChannelName = Extract<keyof Handlers, `alerts.${string}`>;

/** Alerts, what people do with them, and where they are told. */
export function alertHandlers({
  alerts: { actions, channels, delivery, state },
}: Services): Pick<Handlers, AlertChannelName> {
  return {
    'alerts.list': state,
    'alerts.snooze': async ({ id, until, reason }) => {
      await actions.snooze(id, until, reason);
      return state();
    },
    'alerts.wake': ({ id }) => {
      actions.wake(id);
      return state();
    },
    'alerts.add-webhook': async ({ url, secret, ...choice }) => {
      await channels.addWebhook({
        ...choice,
        url: new Secret(url),
        secret: secret === null ? null : new Secret(secret),
      });
      return state();
    },
    'alerts.add-command': (given) => {
      channels.addCommand(given);
      return state();
    },
    'alerts.change-channel': ({ id, ...choice }) => {
      channels.change(id, choice);
      return state();
    },
    'alerts.remove-channel': async ({ id }) => {
      await channels.remove(id);
      return state();
    },
    'alerts.test-channel': async ({ id }) => {
      await delivery.test(id);
      return null;
    },
  };
}
