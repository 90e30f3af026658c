import { call } from '#renderer/state/call.ts';
import { openOverlay } from '#renderer/state/overlay.ts';
import { navigate } from '#renderer/state/route.ts';
import { loadEnvironments } from '#renderer/state/sync.ts';
import { verifyLog } from '#renderer/state/verification.ts';
import { notify } from '#renderer/ui/toast/notify.ts';
import type { Reply } from '#shared/ipc/api.ts';
import { type AppCommandId, appCommands } from '#shared/model/app-commands.ts';

/** What each command does. The table is complete by its type. */
const actions: Readonly<Record<AppCommandId, () => void>> = {
  'go.overview': () => navigate({ screen: 'overview' }),
  'go.environments': () => navigate({ screen: 'environments' }),
  'go.runs': () => navigate({ screen: 'runs' }),
  'go.alerts': () => navigate({ screen: 'alerts', tab: 'alerts' }),
  'go.metrics': () => navigate({ screen: 'metrics' }),
  'go.events': () => navigate({ screen: 'events' }),
  'go.reports': () => navigate({ screen: 'reports', tab: 'list' }),
  'go.settings': () => navigate({ screen: 'settings' }),
  'run.emergency': () => openOverlay({ kind: 'emergency' }),
  'run.start': () => openOverlay({ kind: 'start-run', defaults: {} }),
  'report.make': () => navigate({ screen: 'new-report' }),
  'report.verify': () => navigate({ screen: 'reports', tab: 'verify' }),
  'environment.add': () => navigate({ screen: 'add-environment' }),
  'practice.open': () => void openPractice(),
  'palette.open': () => openOverlay({ kind: 'palette' }),
  'events.verify': () => {
    navigate({ screen: 'events' });
    void verifyLog();
  },
  'theme.system': () => void report(call('settings.set-theme', { theme: 'system' })),
  'theme.light': () => void report(call('settings.set-theme', { theme: 'light' })),
  'theme.dark': () => void report(call('settings.set-theme', { theme: 'dark' })),
  'folder.reveal': () => void report(call('app.reveal-data-folder')),
  'help.user-guide': () => void report(call('app.open-help', { topic: 'user-guide' })),
  'help.security': () => void report(call('app.open-help', { topic: 'security' })),
  'help.keychain': () => void report(call('app.open-help', { topic: 'keychain' })),
};

/** Runs a command of the registry; an unknown id does nothing. */
export function runCommand(id: string): void {
  const known = appCommands.find((command) => command.id === id);
  if (known) actions[known.id]();
}

/** Starts the practice environment and its service, and opens it. */
export async function openPractice(): Promise<void> {
  const reply = await call('practice.start');
  if (!reply.ok) return report(Promise.resolve(reply));
  await loadEnvironments();
  navigate({ screen: 'environment', id: reply.value.environmentId, tab: 'keys' });
}

/** For acts without a place of their own on a screen: their failure is a notice. */
async function report(reply: Promise<Reply<unknown>>): Promise<void> {
  const answer = await reply;
  if (answer.ok) return;
  const { message, unchanged, remedy } = answer.error;
  notify({ tone: 'danger', title: message, description: `${unchanged} ${remedy}` });
}
