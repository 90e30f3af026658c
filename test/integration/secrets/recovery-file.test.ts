import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  type RecoveryContent,
  readRecoveryFile,
  writeRecoveryFile,
} from '#electron/services/secrets/recovery-file.ts';
import { Secret } from '#shared/model/secret.ts';

// Against the `age` program of the Debian package: a recovery file must open without Rekey.
const passphrase = new Secret('four words for a test');
const content: RecoveryContent = {
  environment: { id: '0b9e', name: 'Shop', stage: 'production' },
  runId: 'run-1',
  createdAt: '2026-11-23T03:00:00.000Z',
  values: [
    {
      key: 'JWT_SECRET_KEY',
      rotationId: 'r1',
      role: 'old',
      fingerprint: '0123456789abcdef',
      value: new Secret('old "value" ä\n'),
    },
    {
      key: 'JWT_SECRET_KEY',
      rotationId: 'r1',
      role: 'new',
      fingerprint: null,
      value: new Secret('new value'),
    },
  ],
};
const revealed = ({ values, ...rest }: RecoveryContent) => ({
  ...rest,
  values: values.map((entry) => ({ ...entry, value: entry.value.reveal() })),
});
const code = (expected: string) => expect.objectContaining({ code: expected });

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rekey-recovery-'));
  path = join(folder, 'recovery.age');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** An identity as a second operator makes it, and the recipient that they give away. */
function identity(): { identity: Secret; recipient: string; file: string } {
  const file = join(folder, 'identity.txt');
  execFileSync('age-keygen', ['-o', file], { stdio: 'ignore' });
  const recipient = execFileSync('age-keygen', ['-y', file], { encoding: 'utf8' }).trim();
  return { identity: new Secret(readFileSync(file, 'utf8')), recipient, file };
}

/** `age` asks for a passphrase on a terminal only; script(1) gives it one. */
function decryptWithAge(file: string, answer: string): Promise<string> {
  const out = join(folder, 'decrypted.json');
  const child = spawn('script', ['-qfec', `age -d -o ${out} ${file}`, '/dev/null'], {
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  child.stdout.once('data', () => child.stdin.write(`${answer}\n`));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', () => {
      child.stdin.destroy();
      if (existsSync(out)) resolve(readFileSync(out, 'utf8'));
      else reject(new Error('age did not decrypt the file'));
    });
  });
}

describe('a recovery file under a passphrase', () => {
  it('opens with Rekey and with age, shows nothing, is its owner’s, and is never overwritten', async () => {
    let ticks = 0;
    const timer = setInterval(() => {
      ticks += 1;
    }, 5);
    await writeRecoveryFile(path, content, { passphrase });
    clearInterval(timer);
    expect(ticks, 'the thread that waits goes on').toBeGreaterThan(3);
    const bytes = readFileSync(path);
    expect(bytes.toString('latin1')).toMatch(/^age-encryption\.org\/v1\n-> scrypt \S+ 18\n/);
    expect(bytes.includes('new value')).toBe(false);
    if (process.platform !== 'win32') expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readdirSync(folder)).toEqual(['recovery.age']);

    expect(revealed(await readRecoveryFile(path, { passphrase }))).toEqual(revealed(content));
    const document = JSON.parse(await decryptWithAge(path, passphrase.reveal()));
    expect(document).toMatchObject({
      format: 'rekey-recovery',
      version: 1,
      run_id: 'run-1',
      environment: { name: 'Shop' },
    });
    expect(document.keys[0]).toEqual({
      key: 'JWT_SECRET_KEY',
      rotation_id: 'r1',
      role: 'old',
      fingerprint: '0123456789abcdef',
      value: 'old "value" ä\n',
    });

    await expect(writeRecoveryFile(path, content, { passphrase })).rejects.toEqual(code('file-exists'));
    expect(readFileSync(path).equals(bytes)).toBe(true);
  });

  it('refuses another passphrase, and a short one before anything is written', async () => {
    await writeRecoveryFile(path, content, { passphrase });
    const another = new Secret('four words for another');
    await expect(readRecoveryFile(path, { passphrase: another })).rejects.toEqual(
      code('recovery-file-unreadable'),
    );
    const short = writeRecoveryFile(join(folder, 'short.age'), content, { passphrase: new Secret('short') });
    await expect(short).rejects.toEqual(code('invalid-input'));
    expect(existsSync(join(folder, 'short.age'))).toBe(false);
  });
});

describe('a recovery file for a second operator', () => {
  it('opens with their identity, in Rekey and in age, and with no other', async () => {
    const theirs = identity();
    await writeRecoveryFile(path, content, { recipient: ` ${theirs.recipient}\n` });
    expect(revealed(await readRecoveryFile(path, { identity: theirs.identity }))).toEqual(revealed(content));
    const plain = execFileSync('age', ['-d', '-i', theirs.file, path], { encoding: 'utf8' });
    expect(JSON.parse(plain).keys).toHaveLength(2);
    rmSync(theirs.file);
    await expect(readRecoveryFile(path, { identity: identity().identity })).rejects.toEqual(
      code('recovery-file-unreadable'),
    );
    await expect(readRecoveryFile(path, { identity: new Secret('not an identity') })).rejects.toEqual(
      code('recovery-file-unreadable'),
    );
  });

  it('may have been sealed again by age', async () => {
    const theirs = identity();
    await writeRecoveryFile(path, content, { recipient: theirs.recipient });
    const plain = execFileSync('age', ['-d', '-i', theirs.file, path]);
    const again = join(folder, 'again.age');
    execFileSync('age', ['-r', theirs.recipient, '-o', again], { input: plain });
    expect(revealed(await readRecoveryFile(again, { identity: theirs.identity }))).toEqual(revealed(content));
  });

  it.each(['', 'age1', 'ssh-ed25519 AAAA', 'AGE-SECRET-KEY-1'])(
    'refuses the recipient %j',
    async (recipient) => {
      await expect(writeRecoveryFile(path, content, { recipient })).rejects.toEqual(code('invalid-input'));
      expect(readdirSync(folder)).toEqual([]);
    },
  );

  it('refuses every changed byte, and what is no recovery file', async () => {
    const theirs = identity();
    const unlock = { identity: theirs.identity };
    await writeRecoveryFile(path, { ...content, values: [] }, { recipient: theirs.recipient });
    const intact = readFileSync(path);
    const accepted: number[] = [];
    for (let index = 0; index < intact.length; index += 1) {
      const changed = Buffer.from(intact);
      changed[index] = (changed[index] ?? 0) ^ 0x01;
      writeFileSync(path, changed);
      await readRecoveryFile(path, unlock).then(
        () => accepted.push(index),
        (error: { code?: string }) => expect(error.code).toBe('recovery-file-unreadable'),
      );
    }
    expect(accepted).toEqual([]);
    const encrypted = execFileSync('age', ['-r', theirs.recipient], { input: '{"format":"something else"}' });
    for (const bytes of [Buffer.alloc(0), Buffer.from('hello'), intact.subarray(0, 150), encrypted]) {
      writeFileSync(path, bytes);
      await expect(readRecoveryFile(path, unlock)).rejects.toEqual(code('recovery-file-unreadable'));
    }
    await expect(readRecoveryFile(join(folder, 'none'), unlock)).rejects.toEqual(
      code('recovery-file-unreadable'),
    );
  });

  it('says so when it cannot be written', async () => {
    const { recipient } = identity();
    const nowhere = join(folder, 'no', 'such', 'folder', 'r.age');
    await expect(writeRecoveryFile(nowhere, content, { recipient })).rejects.toEqual(code('invalid-input'));
  });
});
