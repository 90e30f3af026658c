// `npm run --silent rekey -- ARGS`: the command from a checkout. Set-up speaks on stderr; relative paths are
// those of the folder in which npm was called.
import { ensureBuilt } from './setup/build.mjs';
import { ensureDependencies } from './setup/dependencies.mjs';
import { ensureNodeRuntime, environmentFor } from './setup/node-runtime.mjs';
import { runScript } from './setup/notice.mjs';
import { commandBundle } from './setup/project.mjs';
import { runInPlace } from './setup/run-process.mjs';

await runScript(async () => {
  ensureDependencies();
  const node = ensureNodeRuntime();
  ensureBuilt('command', { node });
  // INIT_CWD is inherited by everything below an `npm run`: it is this call's only when npm started this script.
  const calledByNpm = process.env.npm_lifecycle_event === 'rekey';
  const folder = (calledByNpm && process.env.INIT_CWD) || process.cwd();
  process.exitCode = await runInPlace(node, [commandBundle, ...process.argv.slice(2)], {
    cwd: folder,
    // The command needs no INIT_CWD of its own: its folder is the caller's.
    env: environmentFor(node),
  });
});
