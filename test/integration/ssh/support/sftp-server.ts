import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { SftpClient } from '#electron/environments/ssh/sftp/sftp-client.ts';
import { RekeyError } from '#shared/model/errors.ts';

const program = ['/usr/lib/openssh/sftp-server', '/usr/libexec/openssh/sftp-server'].find(existsSync) ?? '';

export interface RunningSftpServer {
  client: SftpClient;
  kill(): void;
}

/** OpenSSH's real SFTP server, without SSH around it. */
export async function startSftpServer(args: string[] = []): Promise<RunningSftpServer> {
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'ignore'] });
  const client = await SftpClient.open(
    { input: child.stdout, output: child.stdin },
    {
      patience: 20_000,
      lost: (why) =>
        new RekeyError('connection-lost', {
          message: `The connection to test-host was lost: ${why}.`,
          remedy: 'Try again.',
        }),
    },
  );
  return { client, kill: () => child.kill('SIGKILL') };
}
