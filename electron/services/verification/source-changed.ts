/** A file is not what it was when the bundle was opened, or cannot be read to its end. */
export class SourceChanged extends Error {
  constructor(path: string, what: string) {
    super(`${path} ${what}`);
    this.name = 'SourceChanged';
  }
}

/** How much of a file is in memory at a time. */
export const chunkLength = 1024 * 1024;
