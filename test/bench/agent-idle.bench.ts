import { chmodSync, copyFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { startAgent, startBareServer } from './support/agent-program.ts';
import { createBenchFolder } from './support/data-folder.ts';
import { printResult, progress } from './support/result.ts';

// What an agent costs that nobody asks anything: memory against a bare server, and its share of one core.
const minutes = Number(process.env.REKEY_BENCH_MINUTES ?? 10);

const bench = createBenchFolder({ environments: 50, events: 10_000 });
try {
  const body = join(bench.folder.path, 'body.txt');
  writeFileSync(body, 'ok\n');
  // A copy of Node that nothing else runs: pages shared with the benchmark itself would count half, on either side.
  const node = join(bench.folder.path, 'node');
  copyFileSync(process.execPath, node);
  chmodSync(node, 0o755);
  // What it does once in its life on a data folder: judging 250 values, and telling what is due.
  const first = await startAgent(bench.folder.path, node);
  await wait(30_000);
  await first.stop();
  const bare = await startBareServer(body, node);
  await wait(30_000);
  const bareMemory = bare.memoryKib() / 1024;
  await bare.stop();
  const agent = await startAgent(bench.folder.path, node);
  await wait(5_000);
  const cpuAtStart = agent.cpuSeconds();
  const settled = performance.now();
  for (let minute = 1; minute <= minutes; minute += 1) {
    await wait(60_000);
    progress(`${minute} min: ${Math.round(agent.memoryKib() / 1024)} MiB, ${agent.cpuSeconds()} s`);
  }
  const seconds = (performance.now() - settled) / 1_000;
  const cpuPercent = (100 * (agent.cpuSeconds() - cpuAtStart)) / seconds;
  const memory = { agent: agent.memoryKib() / 1024, bare: bareMemory };
  await agent.stop();
  printResult({
    name: 'agent-idle',
    title: `memory (PSS) of an agent after ${minutes} minutes at rest, 50 environments with 250 keys, log of 10,000 events, against a bare Node HTTP server`,
    target: 2,
    ratio: memory.agent / memory.bare,
    figures: { agent: memory.agent, 'bare server': memory.bare, 'CPU, % of a core': cpuPercent },
    unit: { agent: 'MiB', 'bare server': 'MiB', 'CPU, % of a core': '%' },
    notes: [
      `CPU over ${Math.round(seconds)} s, target 0.5 % of a core; its first five seconds are left out (${cpuAtStart} s).`,
      'One after the other, each the only process of its copy of Node.',
    ],
  });
} finally {
  bench.remove();
}
