// Every script starts on whatever Node the machine has, installs what is missing, and continues on Node 24.
import { fileURLToPath } from 'node:url';
import { ensureDependencies } from './dependencies.mjs';
import { continueOnNodeRuntime } from './node-runtime.mjs';
import { runScript } from './notice.mjs';

/**
 * Runs `main` on Node 24 with the project's packages installed.
 * @param {string} scriptUrl - the script's `import.meta.url`
 */
export async function runOnNodeRuntime(scriptUrl, main) {
  const script = fileURLToPath(scriptUrl);
  await runScript(async () => {
    if (process.env.REKEY_SCRIPT_READY === script) {
      delete process.env.REKEY_SCRIPT_READY;
      await main();
      return;
    }
    ensureDependencies();
    process.env.REKEY_SCRIPT_READY = script;
    await continueOnNodeRuntime(script);
  });
}
