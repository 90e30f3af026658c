import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const support = (name: string) => fileURLToPath(new URL(`./${name}`, import.meta.url));

/** Runs `change-file.ts` in a process of its own and gives what it reports. */
export function changeFile<Report>(job: object): Promise<Report> {
  return run(process.execPath, [support('change-file.ts'), JSON.stringify(job)]);
}

/**
 * The same on a file system of its own: a small tmpfs mounted over `folder` in a user and mount namespace, which an
 * ordinary user may do too. `prepare` is a shell script that runs in the folder first.
 */
export function changeFileOnSmallDisk<Report>(
  folder: string,
  size: string,
  prepare: string,
  job: object,
): Promise<Report> {
  const shell = `set -e; mount -t tmpfs -o size=${size} tmpfs "$1"; cd "$1"; ${prepare}; exec "$2" "$3" "$4"`;
  const rest = [folder, process.execPath, support('change-file.ts'), JSON.stringify(job)];
  return run('unshare', ['-rm', 'sh', '-c', shell, 'sh', ...rest]);
}

function run<Report>(program: string, args: string[]): Promise<Report> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk) => {
      stdout += chunk;
    });
    child.stderr.on('data', (chunk) => {
      stderr += chunk;
    });
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0) resolve(JSON.parse(stdout) as Report);
      else reject(new Error(`${program} ended with ${code}: ${stderr}`));
    });
  });
}
