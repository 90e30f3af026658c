import { isRekeyError, RekeyError } from '#shared/model/errors.ts';

/** What was being done to a file when the system refused. */
export type FileAction = 'read' | 'write';

/** The system's error as one that a person can act on. A RekeyError passes through. */
export function fileError(cause: unknown, path: string, action: FileAction): RekeyError {
  if (isRekeyError(cause)) return cause;
  const code = (cause as NodeJS.ErrnoException)?.code ?? '';
  const details = { path, system: code };
  switch (code) {
    case 'ENOENT':
      return missingFile(path, details, cause);
    case 'EISDIR':
    case 'ENOTDIR':
      return notAFile(path);
    case 'ELOOP':
      return new RekeyError('symlink-loop', {
        message: `${path} is a symbolic link that leads back to itself.`,
        remedy: 'Let the link point to the real file, or configure the path of the real file.',
        details,
        cause,
      });
    case 'EROFS':
      return new RekeyError('read-only-file-system', {
        message: `${path} lies on a read-only file system.`,
        remedy: 'Mount the file system for writing, or configure the file where it can be changed.',
        details,
        cause,
      });
    case 'ENOSPC':
    case 'EDQUOT':
      return new RekeyError('disk-full', {
        message: `The disk that holds ${path} is full.`,
        remedy: 'Free some space there, then try again.',
        details,
        cause,
      });
    case 'EBUSY':
    case 'EXDEV':
      return new RekeyError('no-write-permission', {
        message: `${path} cannot be replaced: it is mounted on its own.`,
        remedy:
          'Mount the folder that holds the file instead of the file, or configure the file at its origin.',
        details,
        cause,
      });
    case 'EACCES':
    case 'EPERM':
      return action === 'read'
        ? new RekeyError('no-read-permission', {
            message: `There is no permission to read ${path}.`,
            remedy: 'Run Rekey as a user who may read the file and its folder, or change their permissions.',
            details,
            cause,
          })
        : new RekeyError('no-write-permission', {
            message: `There is no permission to replace ${path}.`,
            remedy:
              'Run Rekey as the owner of the file, with permission to write the file and to create files in its folder.',
            details,
            cause,
          });
    default:
      return new RekeyError('environment-unreachable', {
        message: `${path} could not be ${action === 'read' ? 'read' : 'written'} (${code || 'unknown reason'}).`,
        remedy: 'Check the disk and the connection to it, then try again.',
        details,
        cause,
      });
  }
}

export function missingFile(
  path: string,
  details: NonNullable<RekeyError['details']> = { path },
  cause?: unknown,
): RekeyError {
  return new RekeyError('file-missing', {
    message: `${path} does not exist.`,
    remedy: 'Check the path. If the file was lost, "rekey recover" restores the keys that are kept here.',
    details,
    ...(cause === undefined ? {} : { cause }),
  });
}

export function notAFile(path: string): RekeyError {
  return new RekeyError('not-a-file', {
    message: `${path} is not a regular file.`,
    remedy: 'Configure the path of the dotenv file itself.',
    details: { path },
  });
}

export function tooLarge(path: string, size: number, largest: number): RekeyError {
  return new RekeyError('file-too-large', {
    message: `${path} has ${size} bytes; a dotenv file of more than ${largest} bytes is not read.`,
    remedy: 'Check that the path is that of the dotenv file.',
    details: { path, size },
  });
}

export function changedWhileReading(path: string): RekeyError {
  return new RekeyError('conflict', {
    message: `${path} grew while it was read.`,
    remedy: 'Try again when nobody else is writing it.',
    details: { path },
  });
}
