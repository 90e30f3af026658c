import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startAgent, startBareServer } from './support/agent-program.ts';
import { createBenchFolder } from './support/data-folder.ts';
import { interleaved, median, middleHalf } from './support/interleaved.ts';
import { printResult } from './support/result.ts';

// `/metrics` of 500 environments with 5 keys each, against the same bytes from a constant, asked by wrk.
const rounds = 3;
const seconds = 10;

if (spawnSync('wrk', ['--version']).error) throw new Error('wrk is not there: apt-get install wrk');
const bench = createBenchFolder({ environments: 500, events: 10_000 });
try {
  const agent = await startAgent(bench.folder.path);
  const body = await (await fetch(`${agent.url}/metrics`)).text();
  const file = join(bench.folder.path, 'body.txt');
  writeFileSync(file, body);
  const bare = await startBareServer(file);
  /** Median latency, ms. Throws for any answer that is an error. */
  const asked = (url: string): number => {
    const { stdout } = spawnSync('wrk', ['-t1', '-c8', `-d${seconds}s`, '--latency', url], {
      encoding: 'utf8',
    });
    if (/Socket errors|Non-2xx/.test(stdout)) throw new Error(stdout);
    const [, value = '', unit = ''] = /50%\s+([\d.]+)(us|ms|s)/.exec(stdout) ?? [];
    return Number(value) * ({ us: 0.001, ms: 1, s: 1000 }[unit] ?? Number.NaN);
  };
  const figures = await interleaved(
    () => asked(`${agent.url}/metrics`),
    () => asked(bare.url),
    { rounds, warmUp: 0 },
  );
  await Promise.all([agent.stop(), bare.stop()]);
  printResult({
    name: 'agent-metrics',
    title: `median latency of /metrics, 500 environments with 2,500 keys (${Math.round(body.length / 1024)} KB), against the same bytes from a constant`,
    target: 3,
    ratio: median(figures.a) / median(figures.b),
    figures: { agent: median(figures.a), constant: median(figures.b) },
    unit: 'ms',
    notes: [
      `wrk, 8 connections, ${seconds} s, ${rounds} rounds in turn, no error; ${middleHalf(figures.a)} and ${middleHalf(figures.b)} ms.`,
    ],
  });
} finally {
  bench.remove();
}
