import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, rmSync, writeFileSync } from 'node:fs';

/** A user of this machine, with a password and no home, for as long as a test runs. Only root can make one. */
export interface SystemUser {
  name: string;
  password: string;
  /** What sudo lets the user do as root: the part of the line after `(root)`. Null: nothing. */
  allow(rule: string | null): void;
  remove(): void;
}

export const canMakeUsers = process.platform === 'linux' && process.getuid?.() === 0;

export function makeSystemUser(): SystemUser {
  const name = `rekey-${randomBytes(4).toString('hex')}`;
  const password = randomBytes(12).toString('base64url');
  run('useradd', ['--no-create-home', '--home-dir', '/tmp', '--shell', '/bin/sh', name]);
  run('chpasswd', [], `${name}:${password}\n`);
  const rules = `/etc/sudoers.d/${name}`;
  const allow = (rule: string | null) => {
    rmSync(rules, { force: true });
    if (rule === null) return;
    writeFileSync(rules, `${name} ALL=(root) ${rule}\n`);
    chmodSync(rules, 0o440);
  };
  return {
    name,
    password,
    allow,
    remove: () => {
      allow(null);
      spawnSync('pkill', ['-KILL', '-u', name]);
      spawnSync('userdel', [name]);
    },
  };
}

function run(command: string, args: readonly string[], input = ''): void {
  const { status, stderr, error } = spawnSync(command, args, { input, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${command}: ${error?.message ?? stderr}`);
}
