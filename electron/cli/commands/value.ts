import type { Command } from 'commander';
import { checkedLength } from '#shared/logic/generator.ts';
import { Parser, Stage } from '#shared/model/environment.ts';
import { RekeyError } from '#shared/model/errors.ts';
import { KeyFormat, KeyName, type KeyRule } from '#shared/model/key.ts';
import { customKeyRule, keyCatalog } from '#shared/model/key-catalog.ts';
import type { ValidationReport } from '#shared/model/status.ts';
import { readSecret } from '../read-secret.ts';
import type { RunAction } from '../run-action.ts';
import { parseChoice } from './env.ts';

/** `validate`, `check` and `generate`: the validator and the generator, without an environment. */
export function registerValue(program: Command, run: RunAction): void {
  program
    .command('validate')
    .requiredOption('--file <path>', 'a dotenv file')
    .option('--stage <stage>', Stage.options.join(' | '), 'production')
    .option('--parser <parser>', Parser.options.join(' | '), 'python-dotenv')
    .description('validate the keys of a file as a service would at start')
    .action((options: { file: string; stage: string; parser: string }, command: Command) =>
      run(command, async (context) => {
        const { validateFile } = await context.services();
        const report = await validateFile(
          context.path(options.file),
          parseChoice(Stage, options.stage, '--stage'),
          parseChoice(Parser, options.parser, '--parser'),
        );
        context.output.answer(report, validationText(report));
        if (!report.valid) context.exit(1);
      }),
    );

  program
    .command('check')
    .argument('<key>', 'the key whose rule applies')
    .description('validate one value, given on standard input or typed without echo')
    .action((key: string, _options: unknown, command: Command) =>
      run(command, async (context) => {
        const { check: checkValue } = await context.services();
        const check = await checkValue(ruleFor(key), await readSecret(`Value for ${key}`));
        const bits = check.bits === null ? '' : ` Estimated strength: ${Math.floor(check.bits)} bits.`;
        const findings = check.findings.map((finding) => `${finding.severity}: ${finding.message}`);
        context.output.answer(
          check,
          [
            `${check.valid ? 'The value is acceptable.' : 'The value is not acceptable.'}${bits}`,
            ...findings,
          ].join('\n'),
        );
        if (!check.valid) context.exit(1);
      }),
    );

  program
    .command('generate')
    .argument('[key]', 'the key whose rule applies')
    .option('--length <n>', 'characters')
    .option('--format <format>', KeyFormat.options.join(' | '))
    .description('print one fresh value')
    .action((key: string | undefined, options: { length?: string; format?: string }, command: Command) =>
      run(command, async (context) => {
        const { generateValue } = await import('#electron/services/secrets/generate-value.ts');
        const rule = withOptions(key === undefined ? customKeyRule('NEW_KEY') : ruleFor(key), options);
        const value = generateValue(rule).reveal();
        context.output.answer({ value, format: rule.format, length: value.length }, value);
      }),
    );
}

function ruleFor(key: string): KeyRule {
  const name = KeyName.safeParse(key);
  if (!name.success) {
    throw new RekeyError('usage', {
      message: `"${key}" is not a name of a key.`,
      remedy: 'Use letters, digits and underscore, such as JWT_SECRET_KEY.',
    });
  }
  return keyCatalog.find((rule) => rule.name === name.data) ?? customKeyRule(name.data);
}

function withOptions(rule: KeyRule, options: { length?: string; format?: string }): KeyRule {
  const format =
    options.format === undefined ? rule.format : parseChoice(KeyFormat, options.format, '--format');
  if (options.length === undefined) return { ...rule, format };
  if (!/^\d{1,5}$/.test(options.length)) {
    throw new RekeyError('usage', {
      message: `--length cannot be "${options.length}".`,
      remedy: 'Give a whole number of characters.',
    });
  }
  const length = checkedLength(format, Number(options.length));
  if (rule.length.exact && length !== rule.length.minimum) {
    throw new RekeyError('usage', {
      message: `${rule.name} must have exactly ${rule.length.minimum} characters.`,
      remedy: `Leave --length out, or give ${rule.length.minimum}.`,
    });
  }
  return { ...rule, format, length: { minimum: length, exact: rule.length.exact, generated: length } };
}

function validationText(report: ValidationReport): string {
  const lines = [
    ...report.errors.map((finding) => `error: ${finding.key}: ${finding.message}`),
    ...report.warnings.map((finding) => `warning: ${finding.key}: ${finding.message}`),
  ];
  return [report.valid ? 'The file is valid.' : 'The file is not valid.', ...lines].join('\n');
}
