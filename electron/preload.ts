import { contextBridge, ipcRenderer, webUtils } from 'electron';
import type { RekeyApi } from '#shared/ipc/api.ts';
import { broadcastNames, channels } from '#shared/ipc/channels.ts';

// The whole bridge: names that are in the contract, and data. No Electron object, no event object, no callback of
// main's gets through. Main checks everything again; this list only keeps the surface small.
const callable: ReadonlySet<string> = new Set(channels);
const audible: ReadonlySet<string> = new Set(broadcastNames);

const api: RekeyApi = {
  async call(channel, ...input) {
    if (!callable.has(channel)) throw new Error(`There is no channel ${String(channel).slice(0, 100)}`);
    return ipcRenderer.invoke(channel, input[0]);
  },
  on(name, listener) {
    if (!audible.has(name)) throw new Error(`There is no broadcast ${String(name).slice(0, 100)}`);
    const receive = (_event: unknown, payload: Parameters<typeof listener>[0]) => listener(payload);
    ipcRenderer.on(name, receive);
    return () => {
      ipcRenderer.off(name, receive);
    };
  },
  pathOf: (dropped) => webUtils.getPathForFile(dropped),
};

contextBridge.exposeInMainWorld('rekey', api);
