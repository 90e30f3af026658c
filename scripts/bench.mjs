// `npm run bench`: every test/bench/*.bench.ts in turn; the results go into docs/benchmarks.md.
// `npm run bench -- NAME…`: only these; prints their results and leaves the document alone.
import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, release, totalmem } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureBuilt } from './setup/build.mjs';
import { electronNeeds, ensureDebianPackages, testNeeds } from './setup/debian-packages.mjs';
import { ensureDependencies } from './setup/dependencies.mjs';
import { startVirtualDisplay } from './setup/display.mjs';
import { ensureElectronRuntime, versionOf } from './setup/electron-runtime.mjs';
import { continueOnNodeRuntime } from './setup/node-runtime.mjs';
import { notice, runScript, SetupError } from './setup/notice.mjs';
import { ordinaryUser } from './setup/ordinary-user.mjs';
import { projectRoot } from './setup/project.mjs';

const document = join(projectRoot, 'docs', 'benchmarks.md');
const begin = '<!-- results: written by `npm run bench` -->';
const end = '<!-- end of results -->';
/** Reads the memory of other processes, which the kernel shows only to those who may debug them; or logs in over SSH, for which a user needs a shell. */
const asCaller = new Set(['idle-memory', 'agent-idle', 'fleet-status', 'fleet-rotation', 'fleet-memory']);

await runScript(async () => {
  if (process.env.REKEY_BENCH_STAGE !== 'ready') {
    ensureDependencies();
    process.env.REKEY_BENCH_STAGE = 'ready';
    await continueOnNodeRuntime(fileURLToPath(import.meta.url));
    return;
  }
  delete process.env.REKEY_BENCH_STAGE;
  const wanted = process.argv.slice(2);
  const names = benchmarkNames(wanted);
  ensureDebianPackages([...electronNeeds, ...testNeeds]);
  const runtime = await ensureElectronRuntime();
  ensureBuilt('app');
  ensureBuilt('command');
  const results = await runAll(names, runtime);
  process.stdout.write(`${resultTable(results)}\n`);
  const failed = results.filter(({ failure }) => failure);
  for (const { name, failure } of failed) notice(`${name} did not finish: ${failure}`);
  if (failed.length > 0) process.exitCode = 1;
  // A part must not look like the whole: the document is written when everything was measured.
  else if (wanted.length === 0) writeDocument(resultTable(results), machine(versionOf(runtime)));
});

function benchmarkNames(wanted) {
  const all = readdirSync(join(projectRoot, 'test', 'bench'))
    .filter((file) => file.endsWith('.bench.ts'))
    .map((file) => file.slice(0, -'.bench.ts'.length))
    .sort();
  const unknown = wanted.filter((name) => !all.includes(name));
  if (unknown.length > 0) {
    throw new SetupError(`there is no benchmark ${unknown.join(', ')}. There are: ${all.join(', ')}.`);
  }
  return wanted.length > 0 ? wanted : all;
}

async function runAll(names, runtime) {
  const user = ordinaryUser();
  let display = null;
  const stop = () => {
    display?.stop();
    user.remove();
  };
  const interrupted = () => {
    stop();
    process.exit(130);
  };
  process.once('SIGINT', interrupted);
  process.once('SIGTERM', interrupted);
  try {
    display = await startVirtualDisplay(user);
    const results = [];
    for (const name of names) {
      notice(`benchmark ${name}`);
      results.push(await runOne(name, { user, display: display.display, runtime }));
    }
    return results;
  } finally {
    process.off('SIGINT', interrupted);
    process.off('SIGTERM', interrupted);
    stop();
  }
}

function runOne(name, { user, display, runtime }) {
  const isCallers = asCaller.has(name);
  const project = isCallers ? projectRoot : user.project;
  const moved = (path) => (path.startsWith(projectRoot) ? project + path.slice(projectRoot.length) : path);
  const node = moved(process.execPath);
  const environment = {
    ...(isCallers ? process.env : user.environment),
    PATH: [dirname(node), process.env.PATH].join(delimiter),
    DISPLAY: display,
    REKEY_BENCH_ELECTRON: moved(runtime.executable),
  };
  delete environment.WAYLAND_DISPLAY;
  delete environment.XAUTHORITY;
  const file = join(project, 'test', 'bench', `${name}.bench.ts`);
  const [program, args] = isCallers ? [node, [file]] : user.command(node, [file]);
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      cwd: project,
      env: environment,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let output = '';
    child.stdout.on('data', (chunk) => {
      output += chunk;
    });
    child.once('error', (error) => resolve({ name, failure: error.message }));
    child.once('close', (code) => {
      const result = code === 0 ? lastJsonLine(output) : null;
      resolve(result ?? { name, failure: code === 0 ? 'it printed no result' : `exit code ${code}` });
    });
  });
}

function lastJsonLine(output) {
  for (const line of output.trim().split('\n').reverse()) {
    try {
      const value = JSON.parse(line);
      if (typeof value === 'object' && value !== null && 'name' in value) return value;
    } catch {
      // A line for people.
    }
  }
  return null;
}

function resultTable(results) {
  const rows = results.map((result) => {
    if (result.failure) return `| ${result.name} | did not finish | | | |`;
    const figures = Object.entries(result.figures ?? {}).map(
      ([name, value]) => `${name} ${grouped(value)}${unitOf(result, name)}`,
    );
    const reached = result.ratio ?? null;
    const target = result.target ?? null;
    return `| ${[
      `**${result.name}**${result.title ? `: ${result.title}` : ''}`,
      figures.join('<br>'),
      reached === null ? '' : `${reached} ×`,
      target === null ? '' : `≤ ${target}${reached === null ? unitOf(result) : ' ×'}`,
      [result.notes ?? []].flat().join(' '),
    ]
      .map((cell) => cell.replaceAll('|', '\\|'))
      .join(' | ')} |`;
  });
  return ['| what | figures | ratio | target | notes |', '|---|---|---|---|---|', ...rows].join('\n');
}

/** With a space before it; of the figure with this name where each has its own. */
function unitOf({ unit }, figure) {
  const text = typeof unit === 'object' ? unit?.[figure] : unit;
  return text ? ` ${text}` : '';
}

function grouped(value) {
  return typeof value === 'number'
    ? value.toLocaleString('en-US', { maximumSignificantDigits: 4 })
    : String(value);
}

/** What a reader needs to judge the figures; nothing that names the machine. */
function machine(electronVersion) {
  const [first] = cpus();
  const memory = `${Math.round(totalmem() / 2 ** 30)} GiB`;
  return `${cpus().length} cores (${first?.model.trim() ?? 'unknown'}), ${memory} of memory, ${systemName()}, Node ${process.versions.node}, Electron ${electronVersion}. Measured on ${new Date().toISOString().slice(0, 10)}.`;
}

function systemName() {
  const file = '/etc/os-release';
  const pretty = existsSync(file) ? /^PRETTY_NAME="?([^"\n]*)/m.exec(readFileSync(file, 'utf8'))?.[1] : null;
  return `${pretty ?? process.platform} (kernel ${release().split('-')[0]}, ${process.arch})`;
}

function writeDocument(table, description) {
  const results = `${begin}\n${description}\n\n${table}\n${end}`;
  const text = existsSync(document) ? readFileSync(document, 'utf8') : '# Benchmarks\n';
  const from = text.indexOf(begin);
  const to = text.indexOf(end);
  const written =
    from >= 0 && to > from
      ? text.slice(0, from) + results + text.slice(to + end.length)
      : `${text.trimEnd()}\n\n## Results\n\n${results}\n`;
  writeFileSync(document, written);
  notice('wrote docs/benchmarks.md');
}
