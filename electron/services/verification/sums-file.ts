import { demand, listed, printable } from './outcome.ts';

/** Names of the two files that SHA256SUMS does not list. */
export const sumsFile = 'SHA256SUMS';
export const sumsSignatureFile = 'SHA256SUMS.sig';

const line = /^([0-9a-f]{64}) {2}([A-Za-z0-9._/-]+)$/;

/**
 * Reads SHA256SUMS: `HEX  PATH` a line, sorted by path, each path once. Throws `DoesNotHold` for any other form, so
 * that there is one reading of it, whichever `sha256sum` reads it.
 */
export function parseSums(bytes: Uint8Array): Map<string, string> {
  const text = Buffer.from(bytes).toString('latin1');
  demand(text.endsWith('\n'), 'SHA256SUMS does not end with a line break');
  const sums = new Map<string, string>();
  let last = '';
  for (const [index, written] of text.slice(0, -1).split('\n').entries()) {
    const [, sum, path] = line.exec(written) ?? [];
    demand(sum !== undefined && path !== undefined, `line ${index + 1} of SHA256SUMS is not "HEX  PATH"`);
    demand(path > last, `SHA256SUMS is not sorted, or names ${printable(path)} twice`);
    last = path;
    sums.set(path, sum);
  }
  return sums;
}

/** Compares what SHA256SUMS lists with what is there. `sumOf` gives hex, or null where a file could not be read. */
export function compareSums(
  sums: ReadonlyMap<string, string>,
  paths: readonly string[],
  sumOf: (path: string) => string | null,
): string {
  const own = new Set([sumsFile, sumsSignatureFile]);
  const covered = paths.filter((path) => !own.has(path));
  const there = new Set(covered);
  const problems = [
    { paths: [...sums.keys()].filter((path) => own.has(path)), what: 'must not be listed' },
    { paths: [...sums.keys()].filter((path) => !there.has(path) && !own.has(path)), what: 'missing' },
    { paths: covered.filter((path) => !sums.has(path)), what: 'not listed' },
    {
      paths: covered.filter((path) => sums.has(path) && sums.get(path) !== sumOf(path)),
      what: 'not as listed in SHA256SUMS',
    },
  ].filter((problem) => problem.paths.length > 0);
  demand(problems.length === 0, () =>
    problems.map((problem) => `${problem.what}: ${listed(problem.paths)}`).join('; '),
  );
  return `all ${covered.length} files are as SHA256SUMS lists them`;
}
