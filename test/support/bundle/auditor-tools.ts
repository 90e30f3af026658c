import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What an auditor reads off the common tools, in a few words each. */
export interface ToolFindings {
  /** sha256sum of the list and the count of files, and ssh-keygen of its signature. */
  readonly sums: string;
  readonly pdfsig: string;
  /** openssl: the certificate under its CA, and its signature of binding.json. */
  readonly openssl: string;
}

const known = new Map<string, string>();

/** Runs the commands of VERIFY.md on a folder. `fingerprint`: what the auditor was told; `at`: the report's time. */
export function askTools(folder: string, fingerprint: string, at: string): ToolFindings {
  const attime = Date.parse(at) / 1000;
  return {
    sums: [
      sumsFinding(folder),
      remembered(folder, signatureFiles, `ssh-keygen ${fingerprint}`, () =>
        signatureFinding(folder, fingerprint),
      ),
    ].join('; '),
    pdfsig: remembered(folder, ['report.pdf'], 'pdfsig', () => pdfFinding(folder)),
    openssl: remembered(
      folder,
      ['keys/binding.json', 'keys/binding.p7s', 'keys/ca.pem', 'keys/certificate.pem', 'keys/report.pub'],
      `openssl ${attime}`,
      () => opensslFinding(folder, attime),
    ),
  };
}

/** A tool that reads the same files again says the same again. */
function remembered(folder: string, paths: readonly string[], what: string, ask: () => string): string {
  const hash = createHash('sha256').update(what);
  for (const path of paths) {
    const full = join(folder, path);
    hash.update(existsSync(full) ? createHash('sha256').update(readFileSync(full)).digest() : 'missing');
  }
  const key = hash.digest('hex');
  const finding = known.get(key) ?? ask();
  known.set(key, finding);
  return finding;
}

function run(
  folder: string,
  command: string,
  words: string[],
  input = '',
): { code: number | null; text: string } {
  const { status, stdout, stderr } = spawnSync(command, words, {
    cwd: folder,
    input,
    encoding: 'utf8',
    env: { ...process.env, LC_ALL: 'C', TZ: 'UTC' },
  });
  return { code: status, text: stdout + stderr };
}

/** Both commands in one shell: there are hundreds of bundles. */
function sumsFinding(folder: string): string {
  const script =
    "sha256sum --check --strict --quiet SHA256SUMS && find . -type f ! -name 'SHA256SUMS*' | wc -l && wc -l < SHA256SUMS";
  const { code, text } = run(folder, 'bash', ['-c', script]);
  if (code !== 0) return 'sums differ';
  const [there, listed] = text.trim().split('\n');
  return there === listed ? 'sums good' : 'other files than listed';
}

const signatureFiles = ['SHA256SUMS', 'SHA256SUMS.sig', 'keys/allowed_signers', 'keys/report.pub'];

function signatureFinding(folder: string, fingerprint: string): string {
  const list = join(folder, 'SHA256SUMS');
  if (!existsSync(list)) return 'no list';
  const words = ['-Y', 'verify', '-f', 'keys/allowed_signers', '-I', 'rekey-report'];
  const signature = ['-n', 'key-rotation-report', '-s', 'SHA256SUMS.sig'];
  const { code, text } = run(folder, 'ssh-keygen', [...words, ...signature], readFileSync(list, 'utf8'));
  if (code !== 0) return 'signature bad';
  const shown = run(folder, 'ssh-keygen', ['-l', '-f', 'keys/report.pub']).text.split(' ')[1] ?? '';
  if (!text.includes(shown) || shown === '') return 'signature by another key than report.pub';
  return shown === fingerprint ? 'signature good' : 'ANOTHER FINGERPRINT';
}

function pdfFinding(folder: string): string {
  const { text } = run(folder, 'pdfsig', ['-nocert', 'report.pdf']);
  const validity = /Signature Validation: (.*?)\.?\n/.exec(text)?.[1];
  if (validity === undefined)
    return text.includes('does not contain any signatures') ? 'no signature' : 'cannot read it';
  const words: Record<string, string> = {
    'Signature is Valid': 'valid',
    'Digest Mismatch': 'digest mismatch',
  };
  const total = text.includes('- Total document signed') ? '' : ', NOT TOTAL DOCUMENT';
  return `${words[validity] ?? validity.toLowerCase()}${total}`;
}

function opensslFinding(folder: string, attime: number): string {
  const at = ['-attime', String(attime), '-CAfile', 'keys/ca.pem'];
  const chain = run(folder, 'openssl', ['verify', ...at, 'keys/certificate.pem']);
  const words = [
    'cms',
    '-verify',
    '-binary',
    '-cades',
    '-purpose',
    'any',
    ...at,
    '-inform',
    'DER',
    '-in',
    'keys/binding.p7s',
    '-content',
    'keys/binding.json',
    '-out',
    '/dev/null',
  ];
  const binding = run(folder, 'openssl', words);
  const named = /"report_key":"([^"]*)"/.exec(readIf(join(folder, 'keys/binding.json')))?.[1];
  const shown = run(folder, 'ssh-keygen', ['-l', '-f', 'keys/report.pub']).text.split(' ')[1];
  const problems = [
    ...(chain.code === 0 ? [] : ['certificate bad']),
    ...(binding.code === 0 ? [] : ['binding bad']),
    ...(binding.code !== 0 || named === shown ? [] : ['binding names another key']),
  ];
  return problems.length === 0 ? 'good' : problems.join(', ');
}

function readIf(path: string): string {
  return existsSync(path) ? readFileSync(path, 'utf8') : '';
}
