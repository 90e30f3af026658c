// `npm test`: everything, on a machine with nothing but Node >= 20 and npm. The last line sums all runners up.
//   -- --only=unit,e2e   only some parts (lint, typecheck, unit, integration, crash, e2e, packaged)
//   -- --long            every kill point and every fuzz payload (`npm run test:long`)
import { parseArgs } from 'node:util';
import { ensureBuilt } from './setup/build.mjs';
import { electronNeeds, ensureDebianPackages, testNeeds } from './setup/debian-packages.mjs';
import { ensureElectronRuntime } from './setup/electron-runtime.mjs';
import { notice, SetupError } from './setup/notice.mjs';
import { packageApp } from './setup/package-app.mjs';
import { runOnNodeRuntime } from './setup/script-stages.mjs';
import { endToEndTests, lint, typecheck, unitTests } from './setup/test-parts.mjs';

const allParts = ['lint', 'typecheck', 'unit', 'integration', 'crash', 'e2e', 'packaged'];

await runOnNodeRuntime(import.meta.url, async () => {
  const { values } = parseArgs({
    options: { only: { type: 'string' }, long: { type: 'boolean', default: false } },
  });
  const parts = values.only === undefined ? allParts : values.only.split(',');
  const unknown = parts.filter((part) => !allParts.includes(part));
  if (unknown.length > 0)
    throw new SetupError(`there is no part ${unknown.join(', ')}; there are ${allParts.join(', ')}`);

  ensureDebianPackages([...electronNeeds, ...testNeeds]);
  const results = [];
  if (parts.includes('lint')) results.push(await lint());
  if (parts.includes('typecheck')) results.push(await typecheck());

  const projects = ['unit', 'integration', 'crash'].filter((name) => parts.includes(name));
  if (projects.length > 0) {
    // A command that cannot be built is a failure of its own; what does not need it is tested all the same.
    results.push(await attempt(() => ensureBuilt('command')));
    results.push(await attempt(() => unitTests(projects, values.long)));
  }
  if (parts.includes('e2e') || parts.includes('packaged')) {
    const runtime = await ensureElectronRuntime();
    const { dist } = runtime;
    const built = await attempt(() => ensureBuilt('app'));
    results.push(built);
    if (parts.includes('e2e') && built.failed === 0) {
      results.push(await attempt(() => endToEndTests('app', { dist, long: values.long })));
    }
    if (parts.includes('packaged') && built.failed === 0) {
      results.push(await attempt(() => endToEndTests('packaged', { dist, packaged: packageApp(runtime) })));
    }
  }

  const sum = (name) => results.reduce((total, counts) => total + counts[name], 0);
  const [passed, failed, skipped] = [sum('passed'), sum('failed'), sum('skipped')];
  process.exitCode = failed === 0 ? 0 : 1;
  console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
});

/** What cannot even be set up is one failure; the other parts still run. What counts nothing counts as nothing. */
async function attempt(part) {
  try {
    return (await part()) ?? { passed: 0, failed: 0, skipped: 0 };
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    notice(error.message);
    return { passed: 0, failed: 1, skipped: 0 };
  }
}
