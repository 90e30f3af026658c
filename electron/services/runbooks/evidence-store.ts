import { existsSync, readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { sha256 } from '#electron/services/events/sha256.ts';
import { writeFileAtomic } from '#electron/storage/atomic-file.ts';
import type { Redactor } from '#shared/logic/redact.ts';
import { type Clock, timestamp } from '#shared/model/clock.ts';
import { RekeyError } from '#shared/model/errors.ts';
import type { Evidence } from '#shared/model/run.ts';
import type { RunFolders } from './run-folders.ts';

export const maximumEvidenceBytes = 1_000_000;

/**
 * Evidence of runs: text, redacted before it is hashed and stored, under its SHA-256 in the folder of its run. The
 * log holds the hash and how much was redacted; what was redacted is nowhere.
 */
export class EvidenceStore {
  readonly #folders: RunFolders;
  readonly #clock: Clock;

  constructor(options: { folders: RunFolders; clock: Clock }) {
    this.#folders = options.folders;
    this.#clock = options.clock;
  }

  /** Durable when it returns. Throws `invalid-input` for what is empty or too large. */
  keep(
    runId: string,
    given: { kind: Evidence['kind']; label: string; text: string; by: string },
    redactor: Redactor,
  ): Evidence {
    if (given.text.trim() === '') {
      throw new RekeyError('invalid-input', {
        message: 'The evidence is empty.',
        remedy: 'Paste what was shown, or describe what you saw.',
      });
    }
    if (Buffer.byteLength(given.text) > maximumEvidenceBytes) throw tooLarge();
    const { text, redactions } = redactor.redact(given.text);
    const label = redactor.redact(given.label);
    const bytes = Buffer.from(text, 'utf8');
    const hash = sha256(bytes).toString('hex');
    const path = join(this.#folders.make(runId, 'evidence'), `${hash}.txt`);
    if (!existsSync(path)) writeFileAtomic(path, bytes);
    return {
      kind: given.kind,
      label: label.text,
      sha256: hash,
      bytes: bytes.length,
      redactions: redactions + label.redactions,
      at: timestamp(this.#clock),
      by: given.by,
    };
  }

  /** The stored text. Throws `invalid-input` when there is none, or when it is not what was stored. */
  read(runId: string, hash: string): string {
    const path = join(this.#folders.evidence(runId), `${hash}.txt`);
    if (!/^[0-9a-f]{64}$/.test(hash) || !existsSync(path)) {
      throw new RekeyError('invalid-input', {
        message: 'There is no such evidence in this run.',
        remedy: 'Look at the evidence that the run lists.',
      });
    }
    const bytes = readFileSync(path);
    if (sha256(bytes).toString('hex') !== hash) {
      throw new RekeyError('invalid-input', {
        message: `The stored evidence was changed: its SHA-256 is not ${hash} any more.`,
        remedy: 'Restore the file from a backup of the data folder.',
        details: { path },
      });
    }
    return bytes.toString('utf8');
  }
}

/** The text of a file that a person attaches. Throws `invalid-input` for what is not text, or too large. */
export function evidenceFileText(path: string): { label: string; text: string } {
  let bytes: Buffer;
  try {
    if (statSync(path).size > maximumEvidenceBytes) throw tooLarge();
    bytes = readFileSync(path);
  } catch (cause) {
    if (cause instanceof RekeyError) throw cause;
    throw new RekeyError('invalid-input', {
      message: `The file ${basename(path)} cannot be read.`,
      remedy: 'Choose a file that exists and that you may read.',
      cause,
    });
  }
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    if (text.includes('\u0000')) throw new TypeError('binary');
    return { label: basename(path), text };
  } catch (cause) {
    throw new RekeyError('invalid-input', {
      message: `${basename(path)} is not text, so it cannot be searched for secrets.`,
      remedy:
        'Attach text. Of a picture, write down what it shows, and keep the picture in your incident system.',
      cause,
    });
  }
}

function tooLarge(): RekeyError {
  return new RekeyError('invalid-input', {
    message: `The evidence has more than ${maximumEvidenceBytes.toLocaleString('en')} bytes.`,
    remedy: 'Cut it to the part that shows the result.',
  });
}
