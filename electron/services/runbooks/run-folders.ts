import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { sha256 } from '#electron/services/events/sha256.ts';
import { makePrivateFolder, writeFileAtomic } from '#electron/storage/atomic-file.ts';
import { RekeyError } from '#shared/model/errors.ts';
import type { RunView } from '#shared/model/run.ts';
import type { Runbook } from '#shared/model/runbook.ts';
import { loadRunbook } from './runbook-loader.ts';

/** Parsed runbooks that are kept: more than anybody has open at once. */
const mostParsed = 16;

/** Where each run keeps what is too long for the log: its pinned runbook, its evidence, its extracts. */
export class RunFolders {
  readonly #root: string;
  /** By SHA-256 of their text: parsing YAML with positions costs more than everything else of an act. */
  readonly #parsed = new Map<string, Runbook>();

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

  /**
   * The runbook that was pinned at the start. Throws `runbook-invalid` also when this version of Rekey cannot read it
   * any more.
   */
  pinnedRunbook(run: Pick<RunView, 'run_id' | 'runbook_sha256'>): Runbook {
    const text = this.pinned(run);
    const hash = run.runbook_sha256 ?? '';
    const known = this.#parsed.get(hash);
    if (known) return known;
    const loaded = loadRunbook(text);
    if (loaded.ok) {
      if (this.#parsed.size >= mostParsed) this.#parsed.clear();
      this.#parsed.set(hash, loaded.runbook);
      return loaded.runbook;
    }
    const [first] = loaded.errors;
    throw new RekeyError('runbook-invalid', {
      message: `This version of Rekey does not understand the pinned runbook: line ${first?.line}, ${first?.field}: ${first?.message}.`,
      remedy:
        'Finish the run with the version that started it. "rekey run rollback" and "rekey run abort" work here too.',
      details: { run_id: run.run_id },
    });
  }

  /** Writes a file into the folder of a run, replacing what was there. Returns its path. */
  write(runId: string, name: string, text: string): string {
    const path = join(this.make(runId), name);
    writeFileAtomic(path, text);
    return path;
  }
}
