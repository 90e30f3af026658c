import { DotenvEnvironment } from '#electron/environments/dotenv-environment.ts';
import { localHost } from '#electron/environments/local-host.ts';
import { SftpFiles } from '#electron/environments/ssh/sftp-files.ts';
import { systemClock } from '#electron/storage/system-clock.ts';
import { environmentContract, initialValues } from '../environment-contract.ts';
import { temporaryDotenv } from '../support/temporary-dotenv.ts';
import { startSftpServer } from './support/sftp-server.ts';

environmentContract('dotenv file behind the SFTP server of OpenSSH', async () => {
  const text = Object.entries(initialValues).map(([name, value]) => `${name}=${value}\n`);
  const dotenv = temporaryDotenv(`# the contract\n\n${text.join('')}`);
  const server = await startSftpServer();
  const files = new SftpFiles('test-host', async () => server.client);
  return {
    connect: (configuration) =>
      new DotenvEnvironment(
        dotenv.config(configuration),
        dotenv.path,
        { ...localHost, name: 'test-host', files },
        { clock: systemClock },
      ),
    changeOutside: async (name, value) => {
      dotenv.write(dotenv.text().replace(new RegExp(`^${name}=.*$`, 'm'), `${name}=${value}`));
    },
    lose: async () => dotenv.remove(),
    dispose: async () => {
      server.client.close();
      dotenv.dispose();
    },
  };
});
