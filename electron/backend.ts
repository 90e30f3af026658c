import type { WebContents } from 'electron';
import type { Reply } from '#shared/ipc/api.ts';
import type { Channel } from '#shared/ipc/contract.ts';
import { type AppState, type FirstChannel, firstContract } from '#shared/ipc/first-contract.ts';
import type { LaterBackend } from './backend-later.ts';
import { answer, type FirstHandlers, type ReportDefect } from './ipc/answer.ts';
import { AppMirror } from './ipc/app-mirror.ts';
import type { NotifyDesktop } from './services/alerts/alert-delivery.ts';
import { type Foundation, layFoundation } from './services/foundation.ts';
import type { ServiceLauncher } from './services/practice/service-launcher.ts';
import { dataFolder } from './storage/data-folder.ts';
import type { Dialogs } from './window/dialogs.ts';

export interface BackendOptions {
  /** Absolute path; exists. */
  dataFolder: string;
  launcher: ServiceLauncher;
  /** The contents of the main window, or null while there is none. */
  contents: () => WebContents | null;
  dialogs: Dialogs;
  /** Null: no desktop shows notifications. */
  notifyDesktop: NotifyDesktop | null;
  /** The file of a help topic. */
  helpFile: (topic: string) => string;
  about: Pick<AppState, 'version' | 'runtime' | 'platform'>;
  reportDefect: (error: unknown) => void;
}

/** What the window gets from the services. */
export interface Backend {
  /** Answers a call of the page, whose sender was checked. Never throws. */
  answer(channel: Channel, input: unknown): Promise<Reply<unknown>>;
  /** Tells the page that a command was chosen in the menu. */
  chosen(id: string): Promise<void>;
  readonly theme: 'system' | 'light' | 'dark';
  /** Fulfilled when everything that the page asks first was answered once. */
  readonly firstAnswered: Promise<void>;
  /** Starts what goes on while the window is shown, and would only hold up its first paint. */
  begin(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Joins the services to the page. Apart from main.ts because loading them takes longer than opening a window: main.ts
 * opens the window first, and the page's calls wait here. What the page asks first is answered from the foundation
 * alone; everything else is in backend-later.ts, loaded when something of it is asked, or once the window is shown.
 */
export function openBackend(options: BackendOptions): Backend {
  const { reportDefect } = options;
  const foundation = layFoundation({
    folder: dataFolder(options.dataFolder),
    environment: process.env,
  });
  let loading: Promise<LaterBackend> | null = null;
  let loaded: LaterBackend | null = null;
  let closed = false;
  const mirror = new AppMirror(
    {
      ...foundation,
      practice: async () => {
        const isThere = foundation.store.list().some(({ practice }) => practice);
        return isThere ? (await later()).practice() : { environmentId: null, running: false };
      },
      skippedCheckpoint: () => loaded?.skippedCheckpoint() ?? null,
    },
    options.about,
  );
  const first: FirstHandlers = {
    'app.state': () => mirror.state(),
    'environments.status': async () => (await foundation.status.report()).environments,
    'runs.list': () => foundation.runs.list(),
  };
  const defectIn: ReportDefect = (channel, error) =>
    reportDefect(new Error(`In ${channel}`, { cause: error }));
  const load = async () => {
    const { openLaterBackend } = await import('./backend-later.ts');
    loaded = openLaterBackend({ ...options, foundation, first, mirror, defectIn });
    return loaded;
  };
  const later = () => {
    loading ??= load();
    return loading;
  };
  const unanswered = new Set(Object.keys(firstContract));
  let everyAnswered = () => {};
  const firstAnswered = new Promise<void>((resolve) => {
    everyAnswered = resolve;
  });
  const answerFirst = async (channel: FirstChannel, input: unknown) => {
    const reply = await answer(channel, firstContract[channel], first[channel], input, defectIn);
    unanswered.delete(channel);
    if (unanswered.size === 0) everyAnswered();
    return reply;
  };
  return {
    answer: async (channel, input) =>
      isFirst(channel) ? answerFirst(channel, input) : (await later()).answer(channel, input),
    firstAnswered,
    chosen: async (id) => (await later()).chosen(id),
    theme: themeOf(foundation),
    begin: async () => {
      if (!closed) (await later()).begin();
    },
    close: async () => {
      closed = true;
      await (loading === null ? foundation.close() : (await loading).close());
    },
  };
}

function isFirst(channel: Channel): channel is FirstChannel {
  return Object.hasOwn(firstContract, channel);
}

/** Settings that cannot be read are reported by the window; it opens all the same. */
function themeOf({ settings }: Foundation): 'system' | 'light' | 'dark' {
  try {
    return settings.read().theme;
  } catch {
    return 'system';
  }
}
