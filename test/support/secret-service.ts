import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Keyring, startKeyring } from '#test/e2e/fixtures/keyring.ts';

/**
 * What a program finds where a keychain should be:
 * - `unlocked`, `locked`: a real gnome-keyring (locked: one that was made unlocked before, as after a reboot);
 * - `denied`: a real, unlocked one, on a bus that lets no message through to it, as a sandbox does;
 * - `no-service`: a bus on which nobody keeps secrets;
 * - `no-bus`: neither.
 */
export type SecretServiceState = 'unlocked' | 'locked' | 'denied' | 'no-service' | 'no-bus';

export interface SecretServiceSession {
  /** The whole environment of a program in this session: a private HOME, runtime folder and bus. Copy it for each. */
  environment: Record<string, string>;
  home: string;
  /** The same HOME with a keychain in another state, as after logging out and in. Replaces `environment`. */
  change(state: SecretServiceState): Promise<void>;
}

/** Runs `use` in a session of its own; everything is stopped and removed afterwards. */
export async function withSecretService<T>(
  use: (session: SecretServiceSession) => Promise<T>,
  state: SecretServiceState = 'unlocked',
): Promise<T> {
  const home = mkdtempSync(join(tmpdir(), 'rekey-keychain-'));
  mkdirSync(join(home, 'run'), { mode: 0o700 });
  const base = {
    HOME: home,
    XDG_RUNTIME_DIR: join(home, 'run'),
    PATH: process.env.PATH ?? '/usr/bin:/bin',
    LANG: 'C.UTF-8',
  };
  let stop: () => Promise<void> = async () => {};
  const session: SecretServiceSession = {
    environment: base,
    home,
    change: async (next) => {
      await stop();
      stop = async () => {};
      const started = await start(base, next);
      stop = started.stop;
      session.environment = { ...base, ...started.environment };
    },
  };
  try {
    if (state === 'locked') await session.change('unlocked');
    await session.change(state);
    return await use(session);
  } finally {
    await stop();
    rmSync(home, { recursive: true, force: true });
  }
}

async function start(
  environment: Record<string, string>,
  state: SecretServiceState,
): Promise<Pick<Keyring, 'stop'> & { environment: Record<string, string> }> {
  switch (state) {
    case 'unlocked':
    case 'locked':
      return startKeyring(environment, { locked: state === 'locked' });
    case 'denied':
      return startKeyring(environment, {
        busConfiguration: busConfiguration(environment, '<deny send_destination="org.freedesktop.secrets"/>'),
      });
    case 'no-service':
      return bareBus(environment);
    case 'no-bus':
      return { environment: {}, stop: async () => {} };
  }
}

/** A bus for this session that starts no services by itself, with one more rule if there is one. */
function busConfiguration(environment: Record<string, string>, rule = ''): string {
  const address = busAddress(environment);
  const allowAll = '<allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/>';
  const file = join(environment.HOME ?? '', 'own-bus.conf');
  writeFileSync(
    file,
    `<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN" "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd"><busconfig><type>session</type><keep_umask/><listen>${address}</listen><auth>EXTERNAL</auth><policy context="default">${allowAll}</policy><policy context="mandatory">${rule}</policy></busconfig>`,
  );
  return file;
}

function busAddress(environment: Record<string, string>): string {
  return `unix:path=${environment.XDG_RUNTIME_DIR}/own-bus`;
}

/** A session bus on which nobody keeps secrets: what a service file would start is not there. */
async function bareBus(environment: Record<string, string>) {
  const file = busConfiguration(environment);
  const bus: ChildProcess = spawn(
    'dbus-daemon',
    [`--config-file=${file}`, '--nofork', '--nopidfile', '--print-address=1'],
    {
      env: environment,
      stdio: ['ignore', 'pipe', 'ignore'],
    },
  );
  if (bus.stdout) await once(bus.stdout, 'data');
  return {
    environment: { DBUS_SESSION_BUS_ADDRESS: busAddress(environment) },
    stop: async () => {
      const ended = once(bus, 'exit');
      bus.kill('SIGTERM');
      await ended;
    },
  };
}
