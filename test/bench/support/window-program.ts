import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { installationFolder } from '#electron/installation.ts';
import { DevTools } from './devtools.ts';

export interface WindowProgram {
  /** Folder with the program's package.json. */
  app: string;
  args: readonly string[];
  environment: Readonly<Record<string, string>>;
  /** The mark that its page sets when it is usable. */
  mark: string;
  /** Chromium's sandbox, where this user can have it. */
  sandbox: boolean;
}

export const projectFolder = installationFolder(import.meta.dirname);

export const rekeyMark = 'ready:overview';
export const bareMark = 'ready:bare';

/** Rekey on a data folder. */
export function rekeyProgram(
  dataFolder: string,
  environment: Readonly<Record<string, string>>,
): WindowProgram {
  return {
    app: projectFolder,
    args: ['--data-dir', dataFolder],
    environment,
    mark: rekeyMark,
    sandbox: true,
  };
}

/** The bare window, with a profile of its own. */
export function bareProgram(profile: string, environment: Readonly<Record<string, string>>): WindowProgram {
  return {
    app: join(import.meta.dirname, 'bare-window'),
    args: [],
    environment: { ...environment, REKEY_BENCH_PROFILE: profile },
    mark: bareMark,
    sandbox: true,
  };
}

export interface RunningWindow {
  /** Milliseconds from the start of the process until the page was usable: painted, with its data. */
  readonly usableMs: number;
  /** Of these, milliseconds until the page began to load: what main did before. */
  readonly beforePageMs: number;
  /** Of the process that was started and of all below it. */
  processes(): number[];
  close(): Promise<void>;
}

/** Starts the program and waits until its page is usable. */
export async function openWindow(program: WindowProgram): Promise<RunningWindow> {
  const executable = process.env.REKEY_BENCH_ELECTRON;
  if (!executable) throw new Error('No Electron to measure with. Run it with: npm run bench -- NAME');
  const sandbox = program.sandbox && process.getuid?.() !== 0;
  const flags = ['--remote-debugging-port=0', ...(sandbox ? [] : ['--no-sandbox'])];
  const startedAt = Date.now();
  const child = spawn(executable, [...flags, program.app, ...program.args], {
    env: { ...program.environment },
    stdio: ['ignore', 'ignore', 'pipe'],
    detached: true,
  });
  const output = new Output(child);
  try {
    return await Promise.race([untilUsable(program, child, output, startedAt), output.unexpectedEnd]);
  } catch (error) {
    await end(child);
    throw error;
  }
}

async function untilUsable(
  program: WindowProgram,
  child: ChildProcess,
  output: Output,
  startedAt: number,
): Promise<RunningWindow> {
  const port = await output.devToolsPort;
  // The page tells later when it was usable: nobody looks on while it starts.
  await new Promise((resolve) => setTimeout(resolve, 500));
  const { pageAt, markedAt } = await untilMarked(port, program.mark);
  return {
    usableMs: markedAt - startedAt,
    beforePageMs: pageAt - startedAt,
    processes: () => processTree(child.pid ?? 0),
    close: () => end(child),
  };
}

/** Wall-clock times in milliseconds since 1970: when the page began to load, and its mark. Asks until it is there. */
async function untilMarked(port: number, mark: string): Promise<{ pageAt: number; markedAt: number }> {
  const expression = `(() => {
    const [found] = performance.getEntriesByName(${JSON.stringify(mark)});
    return { page: performance.timeOrigin, at: found?.startTime ?? null, text: document.body?.innerText ?? '' };
  })()`;
  const deadline = performance.now() + 60_000;
  let last = 'it showed no page';
  while (performance.now() < deadline) {
    try {
      const tools = await DevTools.connect(port);
      const { page, at, text } = await tools.evaluate<{ page: number; at: number | null; text: string }>(
        expression,
      );
      tools.close();
      if (at !== null) return { pageAt: page, markedAt: page + at };
      last = text.slice(0, 500);
    } catch (error) {
      last = error instanceof Error ? error.message : String(error);
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`No mark "${mark}" in a minute: ${last}`);
}

/** What the program writes to stderr: where its page can be asked, and why it ended. */
class Output {
  readonly devToolsPort: Promise<number>;
  /** Rejects when the program ends, with the last that it said. */
  readonly unexpectedEnd: Promise<never>;
  #text = '';

  constructor(child: ChildProcess) {
    this.devToolsPort = new Promise((resolve) => {
      child.stderr?.on('data', (chunk) => {
        this.#text = (this.#text + chunk).slice(-20_000);
        const port = /DevTools listening on ws:\/\/127\.0\.0\.1:(\d+)\//.exec(this.#text)?.[1];
        if (port !== undefined) resolve(Number(port));
      });
    });
    this.unexpectedEnd = new Promise((_resolve, reject) => {
      child.once('error', reject);
      child.once('exit', (code) =>
        reject(new Error(`The program ended with ${code}: ${this.#text.slice(-2_000)}`)),
      );
    });
    // Its end is no surprise once it was told to end.
    this.unexpectedEnd.catch(() => undefined);
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  child.kill('SIGTERM');
  const timer = setTimeout(() => process.kill(-(child.pid ?? 0), 'SIGKILL'), 10_000);
  await exited;
  clearTimeout(timer);
}

/** A process and everything below it, from /proc. */
function processTree(root: number): number[] {
  const children = new Map<number, number[]>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const parent = parentOf(Number(name));
    if (parent !== null) children.set(parent, [...(children.get(parent) ?? []), Number(name)]);
  }
  const found = [root];
  for (const pid of found) found.push(...(children.get(pid) ?? []));
  return found;
}

function parentOf(pid: number): number | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
  } catch {
    return null;
  }
}
