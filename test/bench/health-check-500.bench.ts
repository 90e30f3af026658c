import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { composeServices } from '#electron/services/compose.ts';
import { layFoundation } from '#electron/services/foundation.ts';
import { nodeServiceLauncher } from '#electron/services/practice/service-launcher.ts';
import { createBenchFolder } from './support/data-folder.ts';
import { interleaved, median, middleHalf } from './support/interleaved.ts';
import { printResult } from './support/result.ts';

// The health check of 500 dotenv environments in a running agent, against reading their files.
const rounds = 11;

const bench = createBenchFolder({ environments: 500, events: 1_000 });
const passphraseFile = join(bench.folder.path, 'passphrase');
writeFileSync(passphraseFile, 'correct horse battery staple\n', { mode: 0o600 });
// A vault: how long a keyring of this machine takes to answer is not what is measured.
const environment = { ...process.env, REKEY_KEYCHAIN: 'vault', REKEY_PASSPHRASE_FILE: passphraseFile };
const foundation = layFoundation({ folder: bench.folder, environment });
const services = composeServices(foundation, { launcher: nodeServiceLauncher('detached') });
try {
  const check = async () => {
    const started = performance.now();
    const { result } = await services.tasks.run('health-check');
    const elapsed = performance.now() - started;
    const reached = result.environments.filter(({ reachable }) => reachable).length;
    if (reached !== 500) throw new Error(`only ${reached} environments were reached`);
    return elapsed;
  };
  const read = () => {
    const started = performance.now();
    for (const file of bench.files) readFileSync(file);
    return performance.now() - started;
  };
  // The first finds the verdicts on 2,500 values; from then on they are known.
  await check();
  const figures = await interleaved(check, read, { rounds, warmUp: 1 });
  printResult({
    name: 'health-check-500',
    title: 'health check of 500 dotenv environments, verdicts known, against reading their files',
    target: 3,
    ratio: median(figures.a) / median(figures.b),
    figures: { 'health check': median(figures.a), 'reading 1,000 files': median(figures.b) },
    unit: 'ms',
    notes: [
      `${rounds} rounds in one process; middle half ${middleHalf(figures.a)} and ${middleHalf(figures.b)} ms.`,
    ],
  });
} finally {
  await services.close();
  bench.remove();
}
