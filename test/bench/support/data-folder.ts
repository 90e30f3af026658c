import { createHmac, randomBytes, randomUUID } from 'node:crypto';
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { workerEntry } from '#electron/installation.ts';
import { eventLine } from '#electron/services/events/event-line.ts';
import { FileEventLog } from '#electron/services/events/file-event-log.ts';
import { type DataFolder, dataFolder } from '#electron/storage/data-folder.ts';
import { ownIdentity } from '#electron/storage/process-identity.ts';
import { systemClock } from '#electron/storage/system-clock.ts';
import {
  EnvironmentConfig,
  type EnvironmentReference,
  type EnvironmentState,
  emptyKeyState,
} from '#shared/model/environment.ts';
import type { LogEvent } from '#shared/model/event.ts';
import { keyCatalog } from '#shared/model/key-catalog.ts';
import { Settings } from '#shared/model/settings.ts';
import { SampleEvents } from './sample-events.ts';

export interface BenchFolder {
  readonly folder: DataFolder;
  readonly environments: readonly EnvironmentConfig[];
  /** The `.env` and the state file of every environment. */
  readonly files: readonly string[];
  remove(): void;
}

/** Where everything of one benchmark goes: short, because Chromium puts a socket below it. */
export function benchTemporaryFolder(): string {
  return mkdtempSync(join(tmpdir(), 'rk-b-'));
}

/**
 * A data folder with an operator, `environments` dotenv environments of five strong keys each, some due, and a log of
 * `events` events.
 */
export function createBenchFolder(options: {
  environments: number;
  events: number;
  /** What happened, other than what `SampleEvents` tells; the last event is the product's own. */
  history?: (environments: readonly EnvironmentReference[], now: number) => Iterable<LogEvent>;
}): BenchFolder {
  const root = benchTemporaryFolder();
  const folder = dataFolder(join(root, 'data'));
  mkdirSync(folder.path, { mode: 0o700 });
  const now = Date.now();
  const made = Array.from({ length: options.environments }, (_, index) =>
    createEnvironment(root, index, now),
  );
  const environments = made.map(({ config }) => config);
  write(folder.environments, { schemaVersion: 1, environments });
  write(
    folder.settings,
    Settings.parse({ schemaVersion: 1, operator: { name: 'Benchmark', email: 'benchmark@example.org' } }),
  );
  const references = environments.map(({ id, name, stage }): EnvironmentReference => ({ id, name, stage }));
  const history = options.history?.(references, now);
  writeLog(folder.log, history ?? new SampleEvents(references, now).take(options.events - 1));
  appendLastEvent(folder.log);
  return {
    folder,
    environments,
    files: made.flatMap(({ files }) => files),
    remove: () => rmSync(root, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 }),
  };
}

function createEnvironment(root: string, index: number, now: number) {
  const stage = (['production', 'staging', 'development'] as const)[index % 3] ?? 'development';
  const name = `service-${String(index + 1).padStart(3, '0')}`;
  const home = join(root, 'services', name);
  mkdirSync(home, { recursive: true });
  const path = join(home, '.env');
  const id = randomUUID();
  const config = EnvironmentConfig.parse({ id, name, stage, connector: { kind: 'dotenv-file', path } });
  const fingerprintKey = randomBytes(32);
  const lines = ['# Settings of a service', 'LOG_LEVEL=info', `DATABASE_HOST=${name}.internal`, ''];
  const keys: EnvironmentState['keys'] = {};
  for (const [position, rule] of keyCatalog.entries()) {
    const value = randomValue(rule.length.generated);
    lines.push(`# ${rule.purpose}`, `${rule.name}=${value}`);
    // One in ten is overdue, as in a real place.
    const overdue = (index + position) % 10 === 0;
    const ageDays = overdue ? rule.cryptoperiodDays + 9 : Math.floor(rule.cryptoperiodDays / 3);
    const activated = new Date(now - ageDays * 86_400_000);
    keys[rule.name] = {
      ...emptyKeyState,
      fingerprint: createHmac('sha256', fingerprintKey).update(value).digest('hex').slice(0, 16),
      activatedAt: activated.toISOString(),
      baseline: {
        date: activated.toISOString().slice(0, 10),
        reason: 'Benchmark',
        by: 'benchmark@example.org',
      },
    };
  }
  const state: EnvironmentState = {
    schemaVersion: 1,
    environmentId: id,
    fingerprintKey: fingerprintKey.toString('hex'),
    keys,
  };
  writeFileSync(path, `${lines.join('\n')}\n`, { mode: 0o600 });
  write(`${path}.rekey.json`, state);
  return { config, files: [path, `${path}.rekey.json`] };
}

/** Writes events as the product's own lines, in large pieces: a million take seconds, not minutes. */
export function writeLog(logFolder: string, events: Iterable<LogEvent>): void {
  mkdirSync(logFolder, { recursive: true, mode: 0o700 });
  const file = openSync(join(logFolder, 'events.jsonl'), 'wx', 0o600);
  try {
    let lines: Buffer[] = [];
    let size = 0;
    const newline = Buffer.from('\n');
    const flush = () => {
      writeSync(file, Buffer.concat(lines));
      lines = [];
      size = 0;
    };
    for (const event of events) {
      const line = eventLine(event);
      lines.push(line, newline);
      size += line.length + 1;
      if (size > 8 * 1024 * 1024) flush();
    }
    flush();
  } finally {
    closeSync(file);
  }
}

/** The product's own append: it stores the hashes of all events before it, as a log that grew has them. */
function appendLastEvent(logFolder: string): void {
  const log = new FileEventLog({
    folder: () => logFolder,
    clock: systemClock,
    identity: ownIdentity(),
    osUser: 'benchmark',
    appVersion: '0.1.0',
    operator: () => ({ user_id: 'benchmark@example.org', source: 'declared' }),
    verifyWorker: workerEntry(import.meta.dirname, 'log-verify'),
  });
  try {
    log.append({ event_type: 'access', action: 'viewed', reason: 'benchmark' });
  } finally {
    log.close();
  }
}

function write(file: string, content: unknown): void {
  writeFileSync(file, `${JSON.stringify(content, null, 2)}\n`, { mode: 0o600 });
}

/** `characters` of the generator's alphabet, not beginning with `-`. */
function randomValue(characters: number): string {
  for (;;) {
    const value = randomBytes(characters).toString('base64url').slice(0, characters);
    if (!value.startsWith('-')) return value;
  }
}
