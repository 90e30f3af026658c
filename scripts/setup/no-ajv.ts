/**
 * Stands in for ajv and ajv-formats in the window's bundle. conf, below electron-store, loads them before it knows
 * whether its store has a schema. Ours has none, and 150 KB that are never used would hold up every start.
 */
export class Ajv2020 {
  constructor() {
    throw new Error(
      'The bundle leaves ajv out: a store with a schema needs it back in electron.vite.config.ts.',
    );
  }
}

/** ajv-formats. Called only after an `Ajv2020` was made. */
export default {};
