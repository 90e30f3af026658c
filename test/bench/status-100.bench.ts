import { spawnSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { installationFolder } from '#electron/installation.ts';
import { StatusReport } from '#shared/model/status.ts';
import { createBenchFolder } from './support/data-folder.ts';
import { interleaved, median, middleHalf } from './support/interleaved.ts';
import { printResult } from './support/result.ts';

// `rekey status` of 100 environments, against the least that a Node program could do: start and read their files.
const rounds = 21;
const command = join(installationFolder(import.meta.dirname), 'dist', 'command', 'rekey.js');
if (!existsSync(command)) throw new Error('The command is not built: npm run build:command');

const bench = createBenchFolder({ environments: 100, events: 1_000 });
try {
  const list = join(bench.folder.path, 'files.txt');
  writeFileSync(list, bench.files.join('\n'));
  const readAll =
    'const fs = require("fs"); for (const f of fs.readFileSync(process.argv[1], "utf8").split("\\n")) fs.readFileSync(f)';

  const status = (...args: string[]) => {
    const started = performance.now();
    const done = spawnSync(process.execPath, [command, '--data-dir', bench.folder.path, 'status', ...args], {
      encoding: 'utf8',
      maxBuffer: 64 * 1024 * 1024,
    });
    const elapsed = performance.now() - started;
    // 1: some of the environments have overdue keys.
    if (done.status !== 1) throw new Error(`rekey status ended with ${done.status}: ${done.stderr}`);
    return { elapsed, output: done.stdout };
  };
  const baseline = () => {
    const started = performance.now();
    const done = spawnSync(process.execPath, ['-e', readAll, list], { encoding: 'utf8' });
    const elapsed = performance.now() - started;
    if (done.status !== 0) throw new Error(done.stderr);
    return elapsed;
  };

  // The first run finds the verdicts on 500 values; from then on they are known.
  const first = status('--json');
  const report = StatusReport.parse(JSON.parse(first.output));
  const reachable = report.environments.filter((environment) => environment.reachable).length;
  if (reachable !== 100) throw new Error(`only ${reachable} environments were reached`);

  const figures = await interleaved(() => status().elapsed, baseline, { rounds, warmUp: 2 });
  printResult({
    name: 'status-100',
    title:
      '`rekey status` of 100 dotenv environments, verdicts known, against `node -e 0` and reading the 200 files',
    target: 3,
    ratio: median(figures.a) / median(figures.b),
    figures: {
      'rekey status': median(figures.a),
      'node reading': median(figures.b),
      'first run': first.elapsed,
    },
    unit: 'ms',
    notes: [
      `${rounds} rounds; middle half ${middleHalf(figures.a)} and ${middleHalf(figures.b)} ms.`,
      'The first run judges 500 values; its verdicts are kept by fingerprint.',
    ],
  });
} finally {
  bench.remove();
}
