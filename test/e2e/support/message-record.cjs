// Loaded into the main process before the app (`electron -r`): writes down everything that main hands to a page, as
// lines of JSON, into the file that REKEY_E2E_MESSAGES names. Uses nothing but Electron's public interface.
const { appendFileSync } = require('node:fs');
const { app, ipcMain } = require('electron');

const file = process.env.REKEY_E2E_MESSAGES;
const record = (kind, channel, payload) =>
  appendFileSync(file, `${JSON.stringify({ kind, channel, payload })}\n`, { mode: 0o600 });

const handle = ipcMain.handle.bind(ipcMain);
ipcMain.handle = (channel, listener) =>
  handle(channel, async (...args) => {
    try {
      const reply = await listener(...args);
      record('reply', channel, reply);
      return reply;
    } catch (error) {
      record('thrown', channel, `${error?.message}\n${error?.stack}`);
      throw error;
    }
  });

app.on('web-contents-created', (_event, contents) => {
  for (const way of ['send', 'postMessage', 'executeJavaScript', 'insertCSS']) {
    const original = contents[way].bind(contents);
    contents[way] = (...args) => {
      record(way, String(args[0]), args.slice(1));
      return original(...args);
    };
  }
});
