import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { installationFolder } from '#electron/installation.ts';

/** A server that runs as a process of its own. */
export interface ServerProcess {
  url: string;
  /** Proportional set size now, KiB. */
  memoryKib(): number;
  /** Processor time since its start, seconds. */
  cpuSeconds(): number;
  stop(): Promise<void>;
}

const command = join(installationFolder(import.meta.dirname), 'dist', 'command', 'rekey.js');

/** `rekey agent` on a data folder, on any free port. `node`: the program that runs it. */
export function startAgent(data: string, node = process.execPath): Promise<ServerProcess> {
  const args = [command, '--data-dir', data, 'agent', '--listen', '127.0.0.1:0'];
  const child = spawn(node, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  return serving(child, child.stderr, /Serving (\S+)\/health/);
}

/** The least that a Node program could do: the same bytes from a constant. `file`: what it answers with. */
export function startBareServer(file: string, node = process.execPath): Promise<ServerProcess> {
  const program = `const body = require('fs').readFileSync(process.argv[1]);
    const server = require('http').createServer((request, response) => {
      response.writeHead(200, { 'content-type': 'text/plain', 'content-length': body.length });
      response.end(body);
    });
    server.listen(0, '127.0.0.1', () => console.log('at http://127.0.0.1:' + server.address().port + ' '));`;
  const child = spawn(node, ['-e', program, file], { stdio: ['ignore', 'pipe', 'inherit'] });
  return serving(child, child.stdout, /at (\S+) /);
}

async function serving(
  child: ChildProcess,
  output: NodeJS.ReadableStream,
  address: RegExp,
): Promise<ServerProcess> {
  const ended = once(child, 'close');
  let text = '';
  const url = await new Promise<string>((resolve, reject) => {
    output.on('data', (chunk) => {
      text += chunk;
      const found = address.exec(text)?.[1];
      if (found) resolve(found);
    });
    void ended.then(() => reject(new Error(`It ended: ${text}`)));
  });
  const read = (file: string) => readFileSync(`/proc/${child.pid}/${file}`, 'utf8');
  return {
    url,
    memoryKib: () => Number(/^Pss:\s+(\d+) kB$/m.exec(read('smaps_rollup'))?.[1]),
    // proc(5): fields 14 and 15, in clock ticks of 10 ms.
    cpuSeconds: () => {
      const fields = read('stat').split(') ')[1]?.split(' ') ?? [];
      return (Number(fields[11]) + Number(fields[12])) / 100;
    },
    stop: async () => {
      child.kill('SIGTERM');
      await ended;
    },
  };
}
