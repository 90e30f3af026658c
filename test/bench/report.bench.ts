import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { commandBundle } from '../../scripts/setup/project.mjs';
import { busyYear } from './support/busy-year.ts';
import { type BenchFolder, benchTemporaryFolder, createBenchFolder } from './support/data-folder.ts';
import { median } from './support/interleaved.ts';
import { printResult, progress } from './support/result.ts';

// A signed report over a year: all artefacts, verified as a stranger would, damaged copies refused.
const rounds = 3;
const sizes = [100_000, 200_000] as const;

interface Measured {
  totalMs: number;
  /** By the words with which the command tells its progress. */
  stages: Map<string, number>;
  longestMs: number;
  peakMiB: number;
}

const scratch = benchTemporaryFolder();
const passphrase = join(scratch, 'passphrase');
writeFileSync(passphrase, 'correct horse battery staple\n', { mode: 0o600 });
const folders = sizes.map((events) => {
  progress(`making a log of ${events.toLocaleString('en')} events, 50 environments`);
  return createBenchFolder({
    environments: 50,
    events,
    history: (references, now) => busyYear(references, now, events - 1),
  });
});
try {
  const measured = new Map<number, Measured[]>(sizes.map((size) => [size, []]));
  // The first one makes the vault and the signing keys, and folds the log for the first time.
  for (const bench of folders) await createReport(bench, 'warm-up');
  for (let round = 0; round < rounds; round += 1) {
    for (const [index, size] of sizes.entries()) {
      const result = await createReport(folders[index] as BenchFolder, `${size}-${round}`);
      progress(`${size}: ${Math.round(result.totalMs)} ms, ${Math.round(result.peakMiB)} MiB`);
      measured.get(size)?.push(result);
    }
  }
  const [small, large] = sizes.map((size) => measured.get(size) ?? []) as [Measured[], Measured[]];
  const of = (results: Measured[], figure: (one: Measured) => number) => median(results.map(figure));
  const stages = [...(small[0]?.stages.keys() ?? [])];
  printResult({
    name: 'report',
    title: 'a signed report over 200,000 events and 50 environments, against one over 100,000',
    target: 2.2,
    ratio: of(large, ({ totalMs }) => totalMs) / of(small, ({ totalMs }) => totalMs),
    figures: {
      '100,000 events': of(small, ({ totalMs }) => totalMs),
      '200,000 events': of(large, ({ totalMs }) => totalMs),
      'peak memory, 100,000 (MiB)': of(small, ({ peakMiB }) => peakMiB),
      'peak memory, 200,000 (MiB)': of(large, ({ peakMiB }) => peakMiB),
      'longest main-thread task, 100,000': of(small, ({ longestMs }) => longestMs),
      'longest main-thread task, 200,000': of(large, ({ longestMs }) => longestMs),
      ...Object.fromEntries(stages.map((stage) => [stage, of(small, (one) => one.stages.get(stage) ?? 0)])),
    },
    unit: 'ms',
    notes: [
      `${rounds} rounds each, in turn. Every event is in the period; three in ten belong to rotations.`,
      'Stages are those of 100,000 events. Peak memory is that of the process with all its threads (VmHWM), aimed at: 400 MiB.',
      'The longest task is that of the main thread from the first stage to the end, aimed at: 50 ms.',
    ],
  });
} finally {
  for (const folder of folders) folder.remove();
}

function createReport({ folder }: BenchFolder, name: string): Promise<Measured> {
  const out = join(scratch, `out-${name}-${folder.path.length}-${process.hrtime.bigint()}`);
  const probe = join(scratch, 'probe.json');
  const yesterday = new Date(Date.now() - 86_400_000).toISOString().slice(0, 10);
  const yearAgo = new Date(Date.now() - 366 * 86_400_000).toISOString().slice(0, 10);
  const child = spawn(
    process.execPath,
    [
      '--import',
      join(import.meta.dirname, 'support', 'main-thread-probe.mjs'),
      commandBundle,
      ...[
        'report',
        'create',
        '--from',
        yearAgo,
        '--to',
        yesterday,
        '--time-zone',
        'UTC',
        '--out',
        out,
        '--json',
      ],
    ],
    {
      env: {
        PATH: process.env.PATH,
        HOME: scratch,
        REKEY_DATA_DIR: folder.path,
        REKEY_OPERATOR: 'benchmark@example.org',
        REKEY_KEYCHAIN: 'vault',
        REKEY_PASSPHRASE_FILE: passphrase,
        REKEY_PROBE_FILE: probe,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  const began = performance.now();
  const stages = new Map<string, number>();
  let last: { stage: string; at: number } | null = null;
  const arrive = (stage: string | null) => {
    const at = performance.now();
    if (last !== null) stages.set(last.stage, (stages.get(last.stage) ?? 0) + at - last.at);
    last = stage === null ? null : { stage, at };
  };
  let errors = '';
  createInterface({ input: child.stderr }).on('line', (line) => {
    const stage = /^ *\d+ % (.+)$/.exec(line)?.[1];
    if (stage === undefined) errors += `${line}\n`;
    else arrive(stage);
  });
  child.stdout.setEncoding('utf8').on('data', (text) => {
    errors += text;
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      arrive(null);
      const totalMs = performance.now() - began;
      if (code !== 0) {
        reject(new Error(`rekey report create ended with ${code}: ${errors}`));
        return;
      }
      resolve({ totalMs, stages, ...JSON.parse(readFileSync(probe, 'utf8')) });
    });
  });
}
