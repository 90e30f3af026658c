import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { outputSchema } from '#electron/cli/commands/schema.ts';
import { type CommandName, commandOutputs } from '#shared/model/command-output.ts';
import { RekeyWorld, repository, strong } from './rekey-command.ts';

let world: RekeyWorld;
beforeAll(() => {
  world = new RekeyWorld();
});
afterAll(() => world.remove());

interface Finding {
  key?: string;
  code: string;
  severity: string;
  message: string;
}

describe('generate', () => {
  const formats = [
    ['text', /^[A-Za-z0-9_][A-Za-z0-9_-]{47}$/],
    ['hex', /^[0-9a-f]{48}$/],
    ['base64url', /^[A-Za-z0-9_-]{48}$/],
    ['base64', /^[A-Za-z0-9+/]{48}$/],
  ] as const;
  test.each(formats)('%s of a given length', async (format, shape) => {
    const args = ['--format', format, '--length', '48'];
    const { code, document } = await world.json<{ value: string; length: number }>('generate', args);
    expect(code).toBe(0);
    expect(document.value).toMatch(shape);
    expect(document.length).toBe(48);
  });

  test('fernet makes 32 bytes in base64url', async () => {
    const { stdout, code } = await world.call(['generate', '--format', 'fernet']);
    expect(code).toBe(0);
    expect(Buffer.from(stdout.trim(), 'base64url')).toHaveLength(32);
    expect(stdout.trim()).toHaveLength(44);
  });

  test('follows the rule of a key of the catalog', async () => {
    const made = await world.call(['generate', 'TOKEN_ENCRYPTION_KEY']);
    expect(made.stdout).toMatch(/^[\w-]{32}\n$/);
  });

  test('what it makes passes the check', async () => {
    const made = await world.call(['generate', 'JWT_SECRET_KEY']);
    const checked = await world.json<{ valid: boolean; bits: number }>('check', ['JWT_SECRET_KEY'], {
      input: made.stdout,
    });
    expect(checked.code).toBe(0);
    expect(checked.document.valid).toBe(true);
    expect(checked.document.bits).toBeGreaterThan(128);
  });

  test.each([
    ['a length that the key cannot have', ['TOKEN_ENCRYPTION_KEY', '--length', '40']],
    ['a length that is no number', ['--length', 'long']],
    ['an unknown format', ['--format', 'rot13']],
    ['a fernet key of another length', ['--format', 'fernet', '--length', '48']],
    ['a name that no variable can have', ['not a name']],
  ])('refuses %s', async (_what, args) => {
    const { code, document } = await world.json<{ error: { code: string } }>('generate', args);
    expect(code).toBe(2);
    expect(['usage', 'invalid-input']).toContain(document.error.code);
  });
});

describe('check', () => {
  test('a weak value: 1, with findings that do not repeat it', async () => {
    const input = 'hunter2-hunter2';
    const { code, stdout, document } = await world.json<{ valid: boolean; findings: Finding[] }>(
      'check',
      ['JWT_SECRET_KEY'],
      { input },
    );
    expect(code).toBe(1);
    expect(document.valid).toBe(false);
    expect(document.findings.map((finding) => finding.code)).toContain('too-short');
    expect(stdout).not.toContain('hunter2');
  });

  test('for people it says so in words', async () => {
    const { code, stdout } = await world.call(['check', 'JWT_SECRET_KEY'], { input: 'changeme' });
    expect(code).toBe(1);
    expect(stdout).toContain('The value is not acceptable.');
  });

  test('nothing on stdin, or too much, is unreadable input', async () => {
    const none = await world.json<{ error: { code: string } }>('check', ['JWT_SECRET_KEY'], { input: '' });
    expect([none.code, none.document.error.code]).toEqual([2, 'invalid-input']);
    const much = await world.json<{ error: { code: string } }>('check', ['JWT_SECRET_KEY'], {
      input: 'x'.repeat(20_000),
    });
    expect([much.code, much.document.error.code]).toEqual([2, 'invalid-input']);
  });
});

describe('validate', () => {
  interface Report {
    valid: boolean;
    errors: Finding[];
    warnings: Finding[];
  }
  const validate = (file: string, ...more: string[]) =>
    world.json<Report>('validate', ['--file', file, ...more]);

  test('production needs the three keys and refuses weak ones', async () => {
    world.file('weak.env', `JWT_SECRET_KEY=changeme\nTOKEN_ENCRYPTION_KEY=${strong.token}\n`);
    const { code, document } = await validate('weak.env', '--stage', 'production');
    expect(code).toBe(1);
    expect(document.valid).toBe(false);
    const found = document.errors.map((error) => `${error.key}:${error.code}`);
    expect(found).toContain('JWT_SECRET_KEY:placeholder');
    expect(found).toContain('WEBHOOK_SIGNING_KEY:missing');
    expect(found.some((text) => text.startsWith('TOKEN_ENCRYPTION_KEY'))).toBe(false);
  });

  test('staging warns of the same file', async () => {
    const { code, document } = await validate('weak.env', '--stage', 'staging');
    expect(code).toBe(0);
    expect(document.errors).toEqual([]);
    expect(document.warnings.length).toBeGreaterThan(0);
  });

  test('development accepts weak keys and never empty ones', async () => {
    expect((await validate('weak.env', '--stage', 'development')).code).toBe(0);
    world.file('empty.env', 'JWT_SECRET_KEY=\n');
    expect((await validate('empty.env', '--stage', 'development')).code).toBe(1);
  });

  test('a file of strong keys is valid in production', async () => {
    world.file(
      'strong.env',
      `JWT_SECRET_KEY=${strong.jwt}\nTOKEN_ENCRYPTION_KEY=${strong.token}\nWEBHOOK_SIGNING_KEY=${strong.webhook}\n`,
    );
    const { code, document } = await validate('strong.env');
    expect([code, document]).toEqual([0, { valid: true, errors: [], warnings: [] }]);
  });

  test('reads as the parser that is named', async () => {
    world.file('hash.env', `JWT_SECRET_KEY=${strong.jwt}#tail\n`);
    const short = await validate('hash.env', '--parser', 'dotenv', '--stage', 'development');
    const long = await validate('hash.env', '--parser', 'docker', '--stage', 'development');
    expect([short.code, long.code]).toEqual([0, 0]);
  });

  test('a file that cannot be read is unreadable input: 2', async () => {
    for (const file of ['nowhere.env', '.']) {
      const { code, document } = await world.json<{ error: { message: string } }>('validate', [
        '--file',
        file,
      ]);
      expect(code).toBe(2);
      expect(document.error.message).toContain(file === '.' ? world.root : 'nowhere.env');
    }
    expect((await validate('strong.env', '--stage', 'nonsense')).code).toBe(2);
  });
});

describe('usage', () => {
  test('an unknown command, an unknown option, no command: 2', async () => {
    for (const args of [['bogus'], ['status', '--bogus'], [], ['env'], ['run']]) {
      expect((await world.call(args)).code).toBe(2);
      const { code, stdout } = await world.call([...args, '--json']);
      expect(code).toBe(2);
      expect(JSON.parse(stdout).error).toMatchObject({ code: 'usage', unchanged: 'Nothing was changed.' });
    }
  });

  test('help and version: 0', async () => {
    const help = await world.call(['--help']);
    expect(help.code).toBe(0);
    expect(help.stdout).toContain('Usage: rekey');
    const version = await world.call(['--version']);
    expect(version.code).toBe(0);
    expect(version.stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  test('every command with JSON output prints a schema', async () => {
    const { code, document } = await world.json<{ error: { remedy: string } }>('schema', ['nothing']);
    expect(code).toBe(2);
    const names = document.error.remedy
      .replace(/^One of: /, '')
      .replace(/\.$/, '')
      .split(', ');
    expect(names).toEqual(Object.keys(commandOutputs));
    for (const name of Object.keys(commandOutputs) as CommandName[]) {
      expect(outputSchema(name).$schema, name).toContain('json-schema.org');
    }
    const printed = await world.call(['schema', 'recovery-file']);
    expect([printed.code, JSON.parse(printed.stdout)]).toEqual([0, outputSchema('recovery-file')]);
  });

  test('--data-dir wins over the variable, before and after the command', async () => {
    for (const args of [
      ['--data-dir', 'elsewhere', 'env', 'list', '--json'],
      ['env', 'list', '--data-dir', 'elsewhere', '--json'],
    ]) {
      const { code, stdout } = await world.call(args);
      expect([code, JSON.parse(stdout)]).toEqual([0, { environments: [] }]);
    }
  });

  test('from a checkout, paths are those of the folder in which npm was called', async () => {
    const { spawnSync } = await import('node:child_process');
    const done = spawnSync(
      'npm',
      [
        '--prefix',
        repository,
        'run',
        '--silent',
        'rekey',
        '--',
        'validate',
        '--file',
        'strong.env',
        '--json',
      ],
      { cwd: world.root, env: { ...process.env, ...world.env }, encoding: 'utf8' },
    );
    expect([done.status, done.stdout]).toEqual([0, expect.stringContaining('"valid": true')]);
  });
});
