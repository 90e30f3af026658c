/**
 * A process that changes a dotenv file, for tests that need another user, another disk or another process.
 * Takes one JSON argument (`ChangeJob`), prints one JSON line (`ChangeReport`).
 */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, statfsSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { DotenvEnvironment } from '#electron/environments/dotenv-environment.ts';
import { localHost } from '#electron/environments/local-host.ts';
import { newState } from '#electron/environments/state-file.ts';
import { systemClock } from '#electron/storage/system-clock.ts';
import { EnvironmentConfig } from '#shared/model/environment.ts';
import { isRekeyError, type RekeyError } from '#shared/model/errors.ts';
import { Secret } from '#shared/model/secret.ts';

export interface ChangeJob {
  path: string;
  /** Become this user first (needs root). */
  user?: { uid: number; gid: number };
  /** Fill the disk that holds the file up to this many free bytes, after reading. */
  leaveFree?: number;
  /** Make the file system read-only, after reading. */
  readOnly?: boolean;
  /** Count the variable COUNTER up this many times, with or without the lock, against other processes. */
  count?: { times: number; lock: boolean; own: string };
}

export interface ChangeReport {
  read: ReturnType<RekeyError['report']> | null;
  apply: ReturnType<RekeyError['report']> | null;
  /** Names in the folder afterwards. */
  names: string[];
  text: string | null;
  conflicts: number;
}

const job = JSON.parse(process.argv[2] as string) as ChangeJob;
const config = EnvironmentConfig.parse({
  id: '0198c5a0-1111-4111-8111-111111111111',
  name: 'temporary',
  stage: 'development',
  connector: { kind: 'dotenv-file', path: job.path, parser: 'python-dotenv' },
});
const report: ChangeReport = { read: null, apply: null, names: [], text: null, conflicts: 0 };

if (job.user) {
  process.setgroups?.([]);
  process.setgid?.(job.user.gid);
  process.setuid?.(job.user.uid);
}
const environment = new DotenvEnvironment(config, job.path, localHost, { clock: systemClock });
if (job.count) await countUp(job.count);
else await changeOnce();
try {
  report.text = readFileSync(job.path, 'utf8');
  report.names = readdirSync(dirname(job.path)).sort();
} catch {
  // Not readable for this user: the test looks for itself.
}
process.stdout.write(`${JSON.stringify(report)}\n`);

async function changeOnce(): Promise<void> {
  let revision = '0'.repeat(32);
  try {
    revision = (await environment.read()).revision;
  } catch (error) {
    report.read = told(error);
  }
  if (job.leaveFree !== undefined) fillDisk(dirname(job.path), job.leaveFree);
  if (job.readOnly) execFileSync('mount', ['-o', 'remount,ro', dirname(job.path)]);
  try {
    const after = newState(config.id);
    const values = new Map([['JWT_SECRET_KEY', new Secret('x'.repeat(12_000))]]);
    const pending = { JWT_SECRET_KEY: { old: null, new: '0123456789abcdef' } };
    await environment.apply({ values, pending, after }, revision);
  } catch (error) {
    report.apply = told(error);
  }
}

async function countUp({ times, lock, own }: NonNullable<ChangeJob['count']>): Promise<void> {
  for (let done = 0; done < times; ) {
    try {
      const held = lock ? await environment.lock({ runId: own, operator: own }) : null;
      try {
        const snapshot = await environment.read({ thorough: false });
        const values = new Map<string, Secret>();
        for (const name of ['COUNTER', own]) {
          values.set(name, new Secret(String(Number(snapshot.values.get(name)?.reveal() ?? '0') + 1)));
        }
        const pending = { COUNTER: { old: null, new: null } };
        await environment.apply(
          { values, pending, after: snapshot.state ?? newState(config.id) },
          snapshot.revision,
        );
        done++;
      } finally {
        await held?.release();
      }
    } catch (error) {
      if (!isRekeyError(error, 'environment-locked') && !isRekeyError(error, 'conflict')) throw error;
      report.conflicts++;
      await delay(Math.random() * 3);
    }
  }
}

function fillDisk(folder: string, leaveFree: number): void {
  const { bavail, bsize } = statfsSync(folder);
  writeFileSync(
    join(folder, 'filler'),
    Buffer.alloc(Math.max(0, Number(bavail) * Number(bsize) - leaveFree)),
  );
}

function told(error: unknown): ReturnType<RekeyError['report']> {
  if (isRekeyError(error)) return error.report();
  throw error;
}
