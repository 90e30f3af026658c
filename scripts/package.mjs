// `npm run package`: the unpacked app in dist/packaged. `-- --linux AppImage deb` and the like build installers,
// where electron-builder can get its tools for them.
import { ensureBuilt } from './setup/build.mjs';
import { ensureElectronRuntime } from './setup/electron-runtime.mjs';
import { notice } from './setup/notice.mjs';
import { packageApp } from './setup/package-app.mjs';
import { runOnNodeRuntime } from './setup/script-stages.mjs';

await runOnNodeRuntime(import.meta.url, async () => {
  const runtime = await ensureElectronRuntime();
  ensureBuilt('app', { force: true });
  const targets = process.argv.slice(2);
  packageApp(runtime, targets.length > 0 ? targets : undefined);
  notice('packaged into dist/packaged');
  if (runtime.kind === 'development')
    notice('made with the development runtime: for tests only, not to be shipped.');
});
