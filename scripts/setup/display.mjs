// Is there a screen to open a window on? And one without a screen, for tests.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { SetupError } from './notice.mjs';

const answers = (address) =>
  new Promise((resolve) => {
    const socket = connect(address);
    const end = (result) => {
      socket.destroy();
      resolve(result);
    };
    socket.setTimeout(1500, () => end(false));
    socket.once('connect', () => end(true));
    socket.once('error', () => end(false));
  });

/**
 * Whether a window can be opened: a display is named *and* answers. A left-over DISPLAY (an SSH session whose
 * forwarding is gone, a stopped Xvfb) would otherwise end in a crash instead of in the terminal.
 */
export async function findDisplay(environment = process.env) {
  if (process.platform !== 'linux') return { kind: 'native' };
  const { DISPLAY, WAYLAND_DISPLAY, XDG_RUNTIME_DIR } = environment;
  const x11 = /^(?<host>[^:]*):(?<number>\d+)(\.\d+)?$/.exec(DISPLAY ?? '')?.groups;
  if (x11 !== undefined) {
    const local = x11.host === '' || x11.host === 'unix';
    const socket = `/tmp/.X11-unix/X${x11.number}`;
    const candidates = local
      ? [{ path: socket }, { path: `\0${socket}` }, { host: '127.0.0.1', port: 6000 + Number(x11.number) }]
      : [{ host: x11.host, port: 6000 + Number(x11.number) }];
    for (const address of candidates) if (await answers(address)) return { kind: 'x11' };
  }
  if (WAYLAND_DISPLAY) {
    const socket = WAYLAND_DISPLAY.startsWith('/')
      ? WAYLAND_DISPLAY
      : join(XDG_RUNTIME_DIR ?? '/run/user', WAYLAND_DISPLAY);
    if (existsSync(socket) && (await answers({ path: socket }))) return { kind: 'wayland' };
  }
  return null;
}

/**
 * Starts Xvfb on a free display number.
 * @param {import('./ordinary-user.mjs').OrdinaryUser} user - whose display it is
 * @returns {Promise<{display: string, stop: () => void}>} for example ":99"
 */
export function startVirtualDisplay(user) {
  return new Promise((resolve, reject) => {
    const [program, args] = user.command('Xvfb', [
      '-displayfd',
      '3',
      ...['-screen', '0', '1600x1200x24'],
      ...['-nolisten', 'tcp', '-noreset'],
    ]);
    const server = spawn(program, args, {
      env: user.environment,
      stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
    });
    const failed = (why) => reject(new SetupError(`the virtual display for the tests did not start: ${why}`));
    const timer = setTimeout(() => {
      server.kill('SIGKILL');
      failed('no answer within 20 seconds');
    }, 20_000);
    server.once('error', (error) => failed(error.message));
    server.once('exit', (code) => failed(`exit code ${code}`));
    let text = '';
    server.stdio[3].on('data', (chunk) => {
      text += chunk;
      if (!text.includes('\n')) return;
      clearTimeout(timer);
      server.unref();
      server.stdio[3].unref?.();
      resolve({ display: `:${text.trim()}`, stop: () => server.kill('SIGTERM') });
    });
  });
}
