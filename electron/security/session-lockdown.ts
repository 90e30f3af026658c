import { app, type Session, type WebContents } from 'electron';
import { appOrigin } from './app-protocol.ts';

/** Switches that must be set before the app is ready: Chromium's own network chatter has no business here. */
export function silenceChromium(): void {
  // Every renderer is sandboxed, whatever a window asks for. Root cannot have Chromium's sandbox at all: whoever
  // starts as root says so with --no-sandbox (`npm start` does, with a notice).
  if (!app.commandLine.hasSwitch('no-sandbox')) app.enableSandbox();
  for (const name of [
    'disable-background-networking',
    'disable-component-update',
    'no-pings',
    'disable-breakpad',
  ]) {
    app.commandLine.appendSwitch(name);
  }
  // Names are resolved for nobody in Chromium. Rekey's own requests (health URLs) are made by Node, in main.
  app.commandLine.appendSwitch('host-resolver-rules', 'MAP * ~NOTFOUND');
}

/** Everything that a page could ask of the session is denied; only its own files are served. */
export function lockDownSession(session: Session, options: { allowDevTools: boolean }): void {
  // Camera, notifications, clipboard, geolocation, devices: none is needed, so none can be had.
  session.setPermissionRequestHandler((_contents, _permission, decide) => decide(false));
  session.setPermissionCheckHandler(() => false);
  session.setDevicePermissionHandler(() => false);
  session.setBluetoothPairingHandler((_details, respond) => respond({ confirmed: false }));
  // Screen capture is a request of its own kind.
  session.setDisplayMediaRequestHandler((_request, respond) => respond({}));
  // A page cannot save files: exports are written by main.
  session.on('will-download', (event) => event.preventDefault());
  // The spell checker would fetch dictionaries and see what is typed.
  session.setSpellCheckerEnabled(false);
  // No request leaves, whatever a page or a style sheet asks for.
  session.webRequest.onBeforeRequest((details, respond) => {
    const own = details.url.startsWith(`${appOrigin}/`);
    const inline = details.url.startsWith('data:image/');
    const tools = options.allowDevTools && details.url.startsWith('devtools://');
    respond({ cancel: !(own || inline || tools) });
  });
}

/** No page navigates, opens a window, or embeds another page. */
export function lockDownContents(contents: WebContents): void {
  contents.on('will-navigate', (event) => event.preventDefault());
  contents.on('will-frame-navigate', (event) => event.preventDefault());
  contents.on('will-redirect', (event) => event.preventDefault());
  contents.on('will-attach-webview', (event) => event.preventDefault());
  contents.setWindowOpenHandler(() => ({ action: 'deny' }));
}
