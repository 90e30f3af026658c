import type { Plugin, Rolldown } from 'vite';

// What the bundles of the command and of the window's main process have in common. Both are CommonJS, because an ES
// module that imports a built-in one has all of its lazy parts evaluated for the namespace (of node:fs: promises,
// streams, readline), which takes tens of milliseconds at every start.

/** Marks a bundle's folder as CommonJS: the package around it is one of ES modules. */
export function commonJsFolder(): Plugin {
  return {
    name: 'commonjs-folder',
    generateBundle() {
      this.emitFile({ type: 'asset', fileName: 'package.json', source: '{ "type": "commonjs" }\n' });
    },
  };
}

/**
 * Whether a module is one of these or imported by them, directly or not; what they load when it is needed, only with
 * `whenNeeded`.
 */
export function importedBy(
  modules: readonly string[],
  { whenNeeded = false } = {},
): (id: string, context: Rolldown.ChunkingContext) => boolean {
  let found: Set<string> | null = null;
  return (id, context) => {
    if (found === null) {
      found = new Set(modules);
      // A set that grows while it is walked is walked to its end.
      for (const module of found) {
        const info = context.getModuleInfo(module);
        for (const imported of info?.importedIds ?? []) found.add(imported);
        for (const imported of (whenNeeded ? info?.dynamicallyImportedIds : null) ?? []) found.add(imported);
      }
    }
    return found.has(id);
  };
}
