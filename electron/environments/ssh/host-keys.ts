import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { appendFileSync, existsSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseSshAddress } from '#shared/logic/ssh-address.ts';
import { RekeyError } from '#shared/model/errors.ts';
import { makePrivateFolder } from '../../storage/atomic-file.ts';
import { makeConnectionFolder } from './connection-folder.ts';
import type { SshOptions, SshTarget } from './openssh-connection.ts';
import { sshError } from './ssh-errors.ts';

/** A host key that a host showed, and that nobody has compared yet. */
export interface ShownHostKey {
  /** `ssh-ed25519` and the like. */
  type: string;
  /** `SHA256:…`, as ssh-keygen and ssh print it. */
  fingerprint: string;
  /** For known_hosts. */
  line: string;
}

/**
 * Asks a host for its key without logging in, through whatever ssh_config says about reaching it. Nothing is trusted
 * by that: the key is written to a file that is thrown away. Throws what keeps the host from being reached.
 */
export async function shownHostKey(
  target: Pick<SshTarget, 'address'>,
  { configFile, patience = 20_000 }: Pick<SshOptions, 'configFile' | 'patience'>,
): Promise<ShownHostKey> {
  const { user, host, port } = parseSshAddress(target.address);
  const folder = makeConnectionFolder();
  const file = join(folder, 'known_hosts');
  const log = join(folder, 'log');
  const option = (name: string, value: string) => ['-o', `${name}=${value}`];
  try {
    const ssh = spawn(
      'ssh',
      [
        ...(configFile === undefined ? [] : ['-F', configFile]),
        ...(port === null ? [] : ['-p', String(port)]),
        ...(user === null ? [] : ['-l', user]),
        ...['-E', log, '-a', '-x', '-T'],
        ...option('UserKnownHostsFile', file),
        ...option('GlobalKnownHostsFile', '/dev/null'),
        ...option('StrictHostKeyChecking', 'accept-new'),
        ...option('HashKnownHosts', 'no'),
        ...option('UpdateHostKeys', 'no'),
        ...option('PreferredAuthentications', 'none'),
        ...option('BatchMode', 'yes'),
        ...option('ControlPath', 'none'),
        ...option('LogLevel', 'ERROR'),
        ...option('ConnectTimeout', String(Math.ceil(patience / 1000))),
        ...['--', host, 'true'],
      ],
      { stdio: 'ignore' },
    );
    await new Promise<void>((resolve) => {
      ssh.once('error', () => resolve());
      ssh.once('exit', () => resolve());
    });
    const line = existsSync(file) ? (readFileSync(file, 'utf8').trim().split('\n').at(-1) ?? '') : '';
    const [, type, key] = line.split(' ');
    if (!type || !key) throw sshError(target.address, existsSync(log) ? readFileSync(log, 'utf8') : '');
    const digest = createHash('sha256')
      .update(Buffer.from(key, 'base64'))
      .digest('base64')
      .replace(/=+$/, '');
    return { type, fingerprint: `SHA256:${digest}`, line };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Takes a key that a person has compared over into Rekey's own known_hosts. */
export function pinHostKey(knownHosts: string, { line }: ShownHostKey): void {
  makePrivateFolder(dirname(knownHosts));
  appendFileSync(knownHosts, `${line}\n`, { mode: 0o600, flush: true });
}

/** The refusal of a host whose key nobody compared: with the fingerprint that is to be compared. */
export function unknownHostKey(address: string, shown: ShownHostKey, expected: string | null): RekeyError {
  return new RekeyError('host-key-unknown', {
    message:
      expected === null
        ? `Nobody has compared the host key of ${address} yet. It shows ${shown.type} ${shown.fingerprint}.`
        : `${address} shows the host key ${shown.fingerprint}, and not ${expected}.`,
    remedy:
      expected === null
        ? `Ask whoever runs the host for its fingerprint (ssh-keygen -l -f /etc/ssh/ssh_host_…_key.pub there). If it is the same, add --host-key ${shown.fingerprint}.`
        : 'Do not connect until you know why. Ask whoever runs the host for its fingerprint, by another way.',
    details: { host: address, fingerprint: shown.fingerprint },
  });
}
