import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SshFleet } from './ssh-fleet.ts';

export interface Ansible {
  isThere: boolean;
  inventory: string;
  env: NodeJS.ProcessEnv;
}

/** An inventory of the fleet for Debian's ansible-core; every host has the variable `file`. */
export function ansibleFor(fleet: SshFleet, folder: string): Ansible {
  const inventory = join(folder, 'inventory');
  const lines = fleet.servers.map((server) => {
    const [user] = server.address.split('@');
    return `host-${server.port} ansible_host=127.0.0.1 ansible_port=${server.port} ansible_user=${user} file=${fleet.fileOf(server)}`;
  });
  writeFileSync(
    inventory,
    `[all]\n${lines.join('\n')}\n[all:vars]\nansible_ssh_private_key_file=${fleet.client.key}\nansible_python_interpreter=/usr/bin/python3\n`,
  );
  return {
    isThere: spawnSync('ansible', ['--version']).status === 0,
    inventory,
    env: {
      ...process.env,
      HOME: folder,
      ANSIBLE_HOME: join(folder, 'ansible'),
      ANSIBLE_SSH_ARGS: `-F ${fleet.client.configFile} -o ControlMaster=auto -o ControlPersist=60s`,
      ANSIBLE_LOCALHOST_WARNING: 'false',
    },
  };
}
