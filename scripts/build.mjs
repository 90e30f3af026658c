// `npm run build`: the app and the command; `-- --command` or `-- --app`: only that. Always builds anew.
import { ensureBuilt } from './setup/build.mjs';
import { ensureDependencies } from './setup/dependencies.mjs';
import { ensureNodeRuntime } from './setup/node-runtime.mjs';
import { runScript } from './setup/notice.mjs';

await runScript(async () => {
  ensureDependencies();
  const node = ensureNodeRuntime();
  const only = process.argv.slice(2);
  if (only.length === 0 || only.includes('--app')) ensureBuilt('app', { force: true, node });
  if (only.length === 0 || only.includes('--command')) ensureBuilt('command', { force: true, node });
});
