import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { commandText } from '#renderer/features/environments/command-fields.ts';
import {
  EnvironmentForm,
  emptyEnvironmentForm,
  formOf,
  patchOf,
} from '#renderer/features/environments/environment-form.ts';
import { parseCommandLine } from '#shared/logic/command-line.ts';
import { placeInWords } from '#shared/logic/connector-places.ts';
import { EnvironmentConfig, EnvironmentPatch } from '#shared/model/environment.ts';

const config = EnvironmentConfig.parse({
  id: '4f0c2c52-6a53-4bd4-9a53-0a3f5b1c9d10',
  name: 'Shop',
  stage: 'production',
  connector: { kind: 'dotenv-file', path: '/srv/shop/.env', parser: 'systemd' },
  health: { url: 'https://shop.example/health', credential: true, timeout: '3s' },
  commands: {
    restart: { argv: ['systemctl', 'restart', 'shop'], cwd: '/srv/shop' },
    verify: { argv: ['sh', '-c', 'exit 0'], timeout: '90s' },
    reencrypt: { argv: ['a "b" | c'], shell: true },
  },
});

describe('a command in a form', () => {
  it('comes back as the same arguments', () => {
    const argument = fc.string({ minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(fc.array(argument, { minLength: 1, maxLength: 6 }), (argv) => {
        expect(parseCommandLine(commandText(argv))).toEqual(argv);
      }),
    );
  });
});

describe('the form of an environment', () => {
  it('changes nothing when nothing was changed', () => {
    const patch = EnvironmentPatch.parse(patchOf(EnvironmentForm.parse(formOf(config)), config));
    expect(patch).toEqual({
      name: config.name,
      stage: config.stage,
      path: placeInWords(config.connector),
      parser: config.connector.parser,
      health: config.health,
      commands: config.commands,
    });
  });

  it('removes a command that was emptied, and leaves out those that never were', () => {
    const form = formOf(config);
    form.commands.verify = { line: ' ', shell: false, timeout: '' };
    expect(patchOf(form, config).commands).toMatchObject({ verify: null });
    expect(patchOf(form, config).commands).not.toHaveProperty('stop');
  });

  it('says which field is wrong', () => {
    const form = {
      ...emptyEnvironmentForm(),
      healthUrl: 'ftp://shop.example',
      healthTimeout: 'soon',
      commands: { restart: { line: 'say "hello', shell: false, timeout: '' as const } },
    };
    const fields = EnvironmentForm.safeParse(form).error?.issues.map(({ path }) => path.join('.'));
    expect([...new Set(fields)]).toEqual([
      'name',
      'path',
      'healthUrl',
      'healthTimeout',
      'commands.restart.line',
    ]);
  });
});
