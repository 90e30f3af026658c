import type { CanaryHit, CanaryScan, FolderScan } from './canary-scan.ts';

/** The only files in which a value of an environment may stand: the environments' own. */
export function isEnvironmentFile(path: string): boolean {
  return /(?:^|[/.])env$/.test(path);
}

export interface SearchResult {
  hits: CanaryHit[];
  /** Messages, outputs and the like that were searched. */
  pieces: number;
  files: number;
  bytes: number;
  /** Files that were not looked at. */
  left_out: string[];
}

/**
 * Everything that a program wrote or sent during a test, kept until its end: only then are all values known that it
 * made on the way. What a person typed or gave is no output; it must not be noted here.
 */
export class Outbound {
  readonly #pieces: { where: string; data: Uint8Array | string }[] = [];

  /** What was sent or shown once: an output, a message, a page. `where` says which, and holds no secret. */
  note(where: string, data: Uint8Array | string): void {
    if (data.length > 0) this.#pieces.push({ where, data });
  }

  get size(): number {
    return this.#pieces.length;
  }

  /**
   * Searches all that was noted, and all files below the given folders but the environments' own and those that the
   * test wrote itself.
   */
  search(scan: CanaryScan, folders: readonly string[], own: (path: string) => boolean): SearchResult {
    const result: SearchResult = { hits: [], pieces: this.#pieces.length, files: 0, bytes: 0, left_out: [] };
    for (const { where, data } of this.#pieces) {
      result.bytes += data.length;
      result.hits.push(...scan.bytes(where, data));
    }
    for (const folder of folders) {
      const found: FolderScan = scan.folder(folder, (path) => isEnvironmentFile(path) || own(path));
      result.hits.push(...found.hits);
      result.files += found.files;
      result.bytes += found.bytes;
      result.left_out.push(...found.left_out);
    }
    return result;
  }
}
