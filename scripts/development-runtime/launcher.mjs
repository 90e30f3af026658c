// The launcher app of the development runtime, copied to its `resources/app/`: this runtime lacks Electron's
// default app. An ES module with a top-level `await`, so that the app is loaded before `ready`: schemes can
// only be registered until then. Reads its arguments the way Electron's default app does.
import { readFileSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { app } from 'electron';

const preloads = [];
let target;
const argv = process.argv.slice(1);
for (let i = 0; i < argv.length; i += 1) {
  const argument = argv[i];
  if (argument === '-r' || argument === '--require') {
    i += 1;
    preloads.push(argv[i]);
  } else if (!argument.startsWith('-')) {
    target = argument;
    break;
  }
}
if (target === undefined) {
  console.error('Usage: electron [options] FOLDER');
  app.exit(1);
} else {
  const require = createRequire(import.meta.url);
  for (const preload of preloads) require(resolve(preload));
  const path = resolve(target);
  let main = path;
  if (statSync(path).isDirectory()) {
    const manifest = JSON.parse(readFileSync(join(path, 'package.json'), 'utf8'));
    app.setName(manifest.productName ?? manifest.name);
    if (manifest.version) app.setVersion(manifest.version);
    app.setAppPath(path);
    main = join(path, manifest.main ?? 'index.js');
  } else {
    app.setAppPath(dirname(path));
  }
  await import(pathToFileURL(main).href);
}
