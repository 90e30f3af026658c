// `npm run e2e -- [FILE…] [options of "playwright test"]`: only the end-to-end tests, with all that they need.
// With --screenshots the pictures that the specs take replace those in docs/screenshots.
import { ensureBuilt } from './setup/build.mjs';
import { electronNeeds, ensureDebianPackages, testNeeds } from './setup/debian-packages.mjs';
import { ensureElectronRuntime } from './setup/electron-runtime.mjs';
import { runEndToEnd } from './setup/end-to-end.mjs';
import { runOnNodeRuntime } from './setup/script-stages.mjs';

await runOnNodeRuntime(import.meta.url, async () => {
  ensureDebianPackages([...electronNeeds, ...testNeeds]);
  const { dist } = await ensureElectronRuntime();
  ensureBuilt('app');
  const given = process.argv.slice(2);
  const args = given.filter((each) => each !== '--screenshots');
  const project = args.some((each) => each.startsWith('--project')) ? [] : ['--project=app'];
  const { exitCode } = await runEndToEnd([...project, ...args], {
    dist,
    keepScreenshots: given.includes('--screenshots'),
  });
  process.exitCode = exitCode;
});
