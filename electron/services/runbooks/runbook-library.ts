import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { sha256 } from '#electron/services/events/sha256.ts';
import { makePrivateFolder, writeFileAtomic } from '#electron/storage/atomic-file.ts';
import type { Clock } from '#shared/model/clock.ts';
import { durationMilliseconds } from '#shared/model/duration.ts';
import { RekeyError } from '#shared/model/errors.ts';
import type { Runbook, RunbookListing } from '#shared/model/runbook.ts';
import { loadRunbook, maximumRunbookBytes, type RunbookError } from './runbook-loader.ts';

/** Words that follow `rekey run`, so that no runbook can be called like one. */
const reservedIds = [
  'show',
  'resume',
  'advance',
  'attest',
  'rollback',
  'abort',
  'unlock',
  'rotate',
  'note',
  'end',
];

interface Found {
  file: string;
  source: 'built-in' | 'custom';
  text: string | null;
  runbook: Runbook | null;
  partial: Readonly<Record<string, unknown>>;
  errors: RunbookError[];
}

/** The runbooks that come with Rekey, and those in the user's own folder. Read anew each time: people edit them. */
export class RunbookLibrary {
  readonly #builtInFolder: string;
  readonly #customFolder: string;
  readonly #clock: Clock;
  readonly #lastDrill: (runbookId: string) => string | null;

  /** `lastDrill`: when a drill of a runbook was last completed, RFC 3339. */
  constructor(options: {
    builtInFolder: string;
    customFolder: string;
    clock: Clock;
    lastDrill: (runbookId: string) => string | null;
  }) {
    this.#builtInFolder = options.builtInFolder;
    this.#customFolder = options.customFolder;
    this.#clock = options.clock;
    this.#lastDrill = options.lastDrill;
  }

  /** The folder in which people keep their own runbooks; made when it is missing. */
  customFolder(): string {
    makePrivateFolder(this.#customFolder);
    return this.#customFolder;
  }

  /** Every runbook, built-in ones first; those with errors are listed with them. */
  list(): RunbookListing[] {
    return this.#all().map((found) => this.#listing(found));
  }

  /** A runbook that may be run. Throws `runbook-unknown` or `runbook-invalid`, naming file, line and field. */
  load(id: string): { runbook: Runbook; text: string; sha256: string; file: string } {
    const all = this.#all();
    const found =
      all.find((one) => idOf(one) === id && one.errors.length === 0) ?? all.find((one) => idOf(one) === id);
    if (!found) {
      throw new RekeyError('runbook-unknown', {
        message: `There is no runbook "${id}".`,
        remedy: `Known are: ${all.map(idOf).join(', ')}.`,
      });
    }
    if (!found.runbook || found.text === null || found.errors.length > 0) {
      const [first] = found.errors;
      const where = first
        ? `${first.line === null ? '' : `line ${first.line}, `}${first.field}: ${first.message}`
        : '';
      const more = found.errors.length > 1 ? ` (and ${found.errors.length - 1} more)` : '';
      throw new RekeyError('runbook-invalid', {
        message: `The runbook ${basename(found.file)} has errors: ${where}${more}.`,
        remedy: 'Correct the file; Runbooks lists every error with its line.',
        details: { file: found.file, line: first?.line ?? null, field: first?.field ?? null },
      });
    }
    const text = found.text;
    return {
      runbook: found.runbook,
      text,
      sha256: sha256(Buffer.from(text)).toString('hex'),
      file: found.file,
    };
  }

  /** Copies a runbook into the user's folder, under an id of its own, to be edited there. Returns the file. */
  copy(id: string): string {
    const { text, runbook } = this.load(id);
    const taken = new Set(this.#all().map(idOf));
    const folder = this.customFolder();
    let copyId = `${id}-copy`;
    for (let number = 2; taken.has(copyId) || existsSync(join(folder, `${copyId}.yaml`)); number += 1) {
      copyId = `${id}-copy-${number}`;
    }
    const copied = text
      .replace(
        /^# A runbook of Rekey\..*$/m,
        '# Your own runbook. Rekey lists its errors, and never runs one that has any.',
      )
      .replace(/^id:.*$/m, `id: ${copyId}`)
      .replace(/^title:.*$/m, `title: ${JSON.stringify(`${runbook.title} (copy)`)}`);
    const file = join(folder, `${copyId}.yaml`);
    writeFileAtomic(file, copied);
    return file;
  }

  #all(): Found[] {
    const builtIn = filesIn(this.#builtInFolder).map((file) => read(file, 'built-in'));
    builtIn.sort((one, other) => rank(one) - rank(other));
    const custom = filesIn(this.#customFolder).map((file) => read(file, 'custom'));
    const all = [...builtIn, ...custom];
    for (const [index, found] of all.entries()) {
      const id = idOf(found);
      const earlier = all.slice(0, index).find((one) => idOf(one) === id);
      const line = lineOfId(found.text);
      if (earlier) {
        const message = `"${id}" is the id of ${basename(earlier.file)} already; choose another`;
        found.errors = [...found.errors, { line, field: 'id', message }];
      } else if (reservedIds.includes(id)) {
        found.errors = [
          ...found.errors,
          { line, field: 'id', message: `"${id}" is a word of the command line` },
        ];
      }
    }
    return all;
  }

  #listing(found: Found): RunbookListing {
    const { runbook, partial } = found;
    const text = (field: string) => (typeof partial[field] === 'string' ? (partial[field] as string) : null);
    const id = idOf(found);
    const now = this.#clock.now();
    const lastDrill = this.#lastDrill(id);
    const cadence = runbook?.drill_cadence ?? null;
    return {
      id,
      title: runbook?.title ?? text('title') ?? basename(found.file),
      summary: runbook?.summary ?? text('summary') ?? '',
      source: found.source,
      file: found.file,
      version: runbook?.version ?? text('version'),
      owner: runbook?.owner ?? text('owner'),
      next_review: runbook?.next_review ?? null,
      review_overdue: runbook !== null && runbook.next_review < now.toISOString().slice(0, 10),
      drill_cadence: cadence,
      last_drill: lastDrill,
      drill_overdue:
        cadence !== null &&
        (lastDrill === null || Date.parse(lastDrill) + durationMilliseconds(cadence) < now.getTime()),
      mode: runbook?.mode ?? null,
      keys: runbook?.keys ?? null,
      subject: runbook?.subject ?? null,
      errors: found.errors,
    };
  }
}

const builtInOrder = [
  'emergency',
  'planned',
  'breach',
  'recovery',
  'troubleshooting',
  'host-catch-up',
  'signing-keys',
];

function rank(found: Found): number {
  const index = builtInOrder.indexOf(idOf(found));
  return index === -1 ? builtInOrder.length : index;
}

function idOf({ runbook, partial, file }: Found): string {
  if (runbook) return runbook.id;
  return typeof partial.id === 'string' ? partial.id : basename(file).replace(/\.ya?ml$/i, '');
}

function lineOfId(text: string | null): number | null {
  const index = text?.split('\n').findIndex((line) => /^id\s*:/.test(line)) ?? -1;
  return index === -1 ? null : index + 1;
}

function filesIn(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => /\.ya?ml$/i.test(name) && !name.startsWith('.'))
    .sort()
    .map((name) => join(folder, name));
}

function read(file: string, source: Found['source']): Found {
  const unreadable = (message: string): Found => ({
    file,
    source,
    text: null,
    runbook: null,
    partial: {},
    errors: [{ line: null, field: 'file', message }],
  });
  let text: string;
  try {
    const { size } = statSync(file);
    if (size > maximumRunbookBytes)
      return unreadable(`the file is larger than ${maximumRunbookBytes / 1024} KB`);
    text = new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(file));
  } catch (error) {
    return unreadable(error instanceof TypeError ? 'the file is not UTF-8' : 'the file cannot be read');
  }
  const loaded = loadRunbook(text);
  return loaded.ok
    ? { file, source, text, runbook: loaded.runbook, partial: {}, errors: [] }
    : { file, source, text, runbook: null, partial: loaded.partial, errors: loaded.errors };
}
