/** What the window's start was asked for. */
export interface StartArguments {
  /** As given; relative to the current folder. Null: the default data folder. */
  dataFolder: string | null;
  /** Open in the practice environment. */
  practice: boolean;
}

/**
 * Reads `--data-dir DIR`, `--data-dir=DIR` and `--practice`; Electron's and Chromium's own switches pass by.
 * `REKEY_DATA_DIR` stands in for a missing `--data-dir`.
 */
export function readStartArguments(
  argv: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): StartArguments {
  let dataFolder: string | null = environment.REKEY_DATA_DIR || null;
  let practice = false;
  for (let i = 1; i < argv.length; i += 1) {
    const argument = argv[i] ?? '';
    if (argument === '--practice') practice = true;
    else if (argument.startsWith('--data-dir='))
      dataFolder = argument.slice('--data-dir='.length) || dataFolder;
    else if (argument === '--data-dir') {
      dataFolder = argv[i + 1] || dataFolder;
      i += 1;
    }
  }
  return { dataFolder, practice };
}
