import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { sha256 } from '#electron/services/events/sha256.ts';
import { makePrivateFolder, writeFileAtomic } from '#electron/storage/atomic-file.ts';
import { RekeyError } from '#shared/model/errors.ts';
import type { RunView } from '#shared/model/run.ts';

/** Where each run keeps what is too long for the log: its pinned runbook, its evidence, its extracts. */
export class RunFolders {
  readonly #root: string;

  /** `root`: such as `<data>/runs`. */
  constructor(root: string) {
    this.#root = root;
  }

  of(runId: string): string {
    if (!/^[0-9a-zA-Z-]{1,64}$/.test(runId)) throw new RangeError('not the id of a run');
    return join(this.#root, runId);
  }

  evidence(runId: string): string {
    return join(this.of(runId), 'evidence');
  }

  /** Makes sure that the folder of a run is there; only its owner may enter it. Returns it. */
  make(runId: string, ...inside: string[]): string {
    const folder = join(this.of(runId), ...inside);
    makePrivateFolder(folder);
    return folder;
  }

  /** Pins the runbook's text for the run; durable when it returns. */
  pin(runId: string, text: string): void {
    writeFileAtomic(join(this.make(runId), 'runbook.yaml'), text);
  }

  /** The text that was pinned at the start. Throws `runbook-invalid` when it is gone or was changed since. */
  pinned(run: Pick<RunView, 'run_id' | 'runbook_sha256'>): string {
    const path = join(this.of(run.run_id), 'runbook.yaml');
    const text = existsSync(path) ? readFileSync(path, 'utf8') : null;
    if (text !== null && sha256(Buffer.from(text)).toString('hex') === run.runbook_sha256) return text;
    throw new RekeyError('runbook-invalid', {
      message:
        text === null
          ? `The runbook that was pinned for this run is gone: ${path}.`
          : `The runbook that was pinned for this run was changed: ${path}.`,
      remedy: `Put the file back. Its SHA-256 is ${run.runbook_sha256}. "rekey run rollback" and "rekey run abort" work without it.`,
      details: { run_id: run.run_id, path },
    });
  }

  /** Writes a file into the folder of a run, replacing what was there. Returns its path. */
  write(runId: string, name: string, text: string): string {
    const path = join(this.make(runId), name);
    writeFileAtomic(path, text);
    return path;
  }
}
