// Set-up speaks on stderr only: stdout belongs to the program that is being set up.

/** Prints one line to stderr, marked as coming from the set-up. */
export function notice(message) {
  process.stderr.write(`rekey: ${message}\n`);
}

/** A set-up step that a person has to finish. Its message is complete: it is printed without a stack. */
export class SetupError extends Error {
  constructor(message) {
    super(message);
    this.name = 'SetupError';
  }
}

/** Runs `main`; a SetupError becomes a plain message and exit code 1, anything else keeps its stack. */
export async function runScript(main) {
  try {
    await main();
  } catch (error) {
    if (error instanceof SetupError) notice(error.message);
    else console.error(error);
    process.exitCode = 1;
  }
}

/** Removes addresses from tool output: which registry a machine uses is nobody else's business. */
export function withoutAddresses(text) {
  return text.replace(/https?:\/\/[^\s'"()]+/g, '<address>');
}
