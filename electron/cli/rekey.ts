import { existsSync } from 'node:fs';
import module from 'node:module';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { dataFolder, defaultDataFolder } from '#electron/storage/data-folder.ts';

/**
 * The entry of the command. It is small and loads the rest afterwards, so that V8 can keep the compiled code of the
 * rest: that is half of what a short command costs. The code is kept in the data folder, which only its owner may
 * write, and not in Node's default below the shared temporary folder; only where a data folder exists already.
 */
function keepCompiledCode(argv: readonly string[]): void {
  const option = argv.indexOf('--data-dir');
  const given = (option >= 0 ? argv[option + 1] : undefined) ?? process.env.REKEY_DATA_DIR;
  const { cache } = dataFolder(
    given ? resolve(given) : defaultDataFolder(process.platform, process.env, homedir()),
  );
  if (!existsSync(cache)) return;
  // Node.js 22.8 and newer; without it the command is only slower.
  module.enableCompileCache?.(join(cache, 'compiled'));
}

const argv = process.argv.slice(2);
keepCompiledCode(argv);
void import('./main.ts').then(async ({ main }) => {
  process.exitCode = await main(argv);
});
