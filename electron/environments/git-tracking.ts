import { readFileSync, statSync } from 'node:fs';
import { dirname, isAbsolute, join, relative, sep } from 'node:path';

/** An index larger than this is only read when asked to be thorough. */
const quickIndexSize = 8 * 1024 * 1024;
const gitTimeoutMilliseconds = 3_000;

/**
 * Whether a file is tracked by git. Finds the repository by climbing to a `.git`, and looks the path up in its index
 * (gitformat-index(5), versions 2 and 3) without starting git: a status of many environments stays fast. Where the
 * index has another form, git itself is asked, if `thorough`; null when it cannot be told.
 */
export function isTrackedByGit(file: string, thorough: boolean): boolean | null {
  const repository = findRepository(dirname(file));
  if (!repository) return false;
  const path = relative(repository.workTree, file).split(sep).join('/');
  const answer = lookUpInIndex(join(repository.gitFolder, 'index'), path, thorough);
  if (answer !== null || !thorough) return answer;
  return askGit(repository.workTree, path);
}

function findRepository(from: string): { workTree: string; gitFolder: string } | null {
  for (let folder = from; ; ) {
    const git = `${folder}/.git`;
    const stats = statSync(git, { throwIfNoEntry: false });
    if (stats?.isDirectory()) return { workTree: folder, gitFolder: git };
    if (stats?.isFile()) {
      const linked = readLink(git);
      if (linked) return { workTree: folder, gitFolder: isAbsolute(linked) ? linked : join(folder, linked) };
    }
    const parent = dirname(folder);
    if (parent === folder) return null;
    folder = parent;
  }
}

/** `gitdir: PATH` of a linked work tree or a submodule. */
function readLink(file: string): string | null {
  try {
    return /^gitdir: (.+?)\r?\n?$/.exec(readFileSync(file, 'utf8'))?.[1] ?? null;
  } catch {
    return null;
  }
}

function lookUpInIndex(index: string, path: string, thorough: boolean): boolean | null {
  try {
    const size = statSync(index, { throwIfNoEntry: false })?.size;
    if (size === undefined) return false;
    if (size > quickIndexSize && !thorough) return null;
    const bytes = readFileSync(index);
    if (bytes.toString('latin1', 0, 4) !== 'DIRC') return null;
    const version = bytes.readUInt32BE(4);
    if (version !== 2 && version !== 3) return null;
    const name = Buffer.from(`${path}\0`, 'utf8');
    for (let at = bytes.indexOf(name, 12); at !== -1; at = bytes.indexOf(name, at + 1)) {
      // The two bytes before the name end in the name's length, so that the end of a longer path is no match.
      if ((bytes.readUInt16BE(at - 2) & 0xfff) === Math.min(name.length - 1, 0xfff)) return true;
      // Version 3 may have two more bytes of flags between.
      if (version === 3 && (bytes.readUInt16BE(at - 4) & 0x4fff) === (0x4000 | (name.length - 1)))
        return true;
    }
    return false;
  } catch {
    return null;
  }
}

function askGit(workTree: string, path: string): boolean | null {
  // Not imported: few files need it, and it takes a network stack along.
  const { execFileSync } = process.getBuiltinModule('node:child_process');
  try {
    execFileSync('git', ['ls-files', '--error-unmatch', '--', path], {
      cwd: workTree,
      stdio: 'ignore',
      timeout: gitTimeoutMilliseconds,
      windowsHide: true,
    });
    return true;
  } catch (error) {
    return (error as { status?: unknown }).status === 1 ? false : null;
  }
}
