import { spawn } from 'node:child_process';
import { parseSshAddress } from '#shared/logic/ssh-address.ts';
import { RekeyError } from '#shared/model/errors.ts';
import type { SshOptions, SshTarget } from './openssh-connection.ts';

const defaultKnownHosts = '/etc/ssh/ssh_known_hosts /etc/ssh/ssh_known_hosts2';

/** Directives that Rekey's use of ssh cannot follow, as `ssh -G` prints them, and what they say while they are harmless. */
const unsupported: readonly { name: string; harmless: (value: string) => boolean; why: string }[] = [
  {
    name: 'RemoteCommand',
    harmless: (value) => value === 'none',
    why: 'Rekey starts SFTP there, and no other command',
  },
  {
    name: 'SessionType',
    harmless: (value) => value !== 'none',
    why: 'Rekey needs a session',
  },
  {
    name: 'ForkAfterAuthentication',
    harmless: (value) => value === 'no',
    why: 'Rekey speaks to ssh for as long as it is connected',
  },
  {
    name: 'StdinNull',
    harmless: (value) => value === 'no',
    why: 'Rekey speaks to ssh on its standard input',
  },
  {
    name: 'GlobalKnownHostsFile',
    harmless: (value) => value === defaultKnownHosts,
    why: 'Rekey reads the usual ones; name the file in UserKnownHostsFile',
  },
];

/**
 * What ssh_config says about a host and Rekey cannot follow, as an error that names the directive; null where nothing
 * is. Forwardings, local commands, terminals and shared connections of ssh_config are set aside, as sftp(1) does: none
 * of them changes where Rekey gets to.
 */
export async function unsupportedDirective(
  { address }: Pick<SshTarget, 'address'>,
  { configFile }: Pick<SshOptions, 'configFile'>,
): Promise<RekeyError | null> {
  const { user, host, port } = parseSshAddress(address);
  const found = new Map<string, string>();
  for (const line of (await effectiveConfiguration(host, { user, port, configFile })).split('\n')) {
    const at = line.indexOf(' ');
    if (at > 0) found.set(line.slice(0, at).toLowerCase(), line.slice(at + 1).trim());
  }
  for (const { name, harmless, why } of unsupported) {
    const value = found.get(name.toLowerCase());
    if (value === undefined || harmless(value)) continue;
    return new RekeyError('ssh-unsupported', {
      message: `ssh_config sets ${name} for ${address}, which Rekey cannot follow: ${why}.`,
      remedy: `Give the host an alias of its own in ssh_config, without ${name}, and use that one.`,
      details: { host: address, directive: name },
    });
  }
  return null;
}

/** What `ssh -G` prints; nothing where it does not run or refuses its configuration, which the connection then says. */
async function effectiveConfiguration(
  host: string,
  { user, port, configFile }: { user: string | null; port: number | null; configFile: string | undefined },
): Promise<string> {
  const args = [
    '-G',
    ...(configFile === undefined ? [] : ['-F', configFile]),
    ...(port === null ? [] : ['-p', String(port)]),
    ...(user === null ? [] : ['-l', user]),
    ...['--', host],
  ];
  // Some directives are refused beside a command, and some without one.
  return (await printed(args)) || printed([...args, 'true']);
}

function printed(args: readonly string[]): Promise<string> {
  const ssh = spawn('ssh', args, { stdio: ['ignore', 'pipe', 'ignore'] });
  let text = '';
  ssh.stdout.on('data', (bytes: Buffer) => {
    text += bytes.toString('utf8');
  });
  return new Promise((resolve) => {
    ssh.once('error', () => resolve(''));
    ssh.once('close', () => resolve(text));
  });
}
