import { environmentContract, initialValues } from './environment-contract.ts';
import { temporaryDotenv } from './support/temporary-dotenv.ts';

environmentContract('dotenv-file', async () => {
  const text = Object.entries(initialValues).map(([name, value]) => `${name}=${value}\n`);
  const dotenv = temporaryDotenv(`# the contract\n\n${text.join('')}`);
  return {
    connect: (configuration) => dotenv.connect(configuration),
    changeOutside: async (name, value) => {
      dotenv.write(dotenv.text().replace(new RegExp(`^${name}=.*$`, 'm'), `${name}=${value}`));
    },
    lose: async () => dotenv.remove(),
    dispose: async () => dotenv.dispose(),
  };
});
