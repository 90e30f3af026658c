import { statSync } from 'node:fs';
import { RekeyError } from '#shared/model/errors.ts';
import { FolderSource } from './folder-source.ts';
import { ZipSource } from './zip-source.ts';

/** The files of a bundle, wherever they lie. Nothing is unpacked, and nothing but regular files is ever opened. */
export interface BundleSource {
  /** Paths of the regular files in the bundle, sorted by their bytes. */
  readonly paths: readonly string[];
  /** What breaks the rules, one sentence each. */
  readonly problems: readonly string[];
  /** False when nothing of it may be read: too much of it, or no zip of the kind that is written. */
  readonly readable: boolean;
  /** Bytes of a file. */
  size(path: string): number;
  /** The bytes of a file, in pieces that stay valid until the next one. Throws `SourceChanged`. */
  chunks(path: string): Iterable<Uint8Array>;
  close(): void;
}

/**
 * Opens a bundle: a folder, or else a zip.
 * @throws RekeyError `invalid-input` when there is neither, or it may not be read
 */
export function openBundle(path: string): BundleSource {
  try {
    const found = statSync(path);
    if (found.isDirectory()) return new FolderSource(path);
    if (found.isFile()) return new ZipSource(path);
  } catch (cause) {
    throw unreadable(path, `cannot be read (${(cause as NodeJS.ErrnoException).code ?? 'unknown'})`, cause);
  }
  throw unreadable(path, 'is neither a folder nor a file');
}

function unreadable(path: string, why: string, cause?: unknown): RekeyError {
  return new RekeyError('invalid-input', {
    message: `The report ${path} ${why}, so nothing was verified.`,
    remedy: 'Give the folder of a report, or its zip.',
    details: { path },
    cause,
  });
}
