import {
  DurationText,
  EnvironmentName,
  Parser,
  parseCommandLine,
  Stage,
  z,
} from '#renderer/ui/form/schemas.ts';
import { placeInWords } from '#shared/logic/connector-places.ts';
import type {
  CommandConfig,
  CommandKind,
  EnvironmentConfig,
  EnvironmentPatch,
} from '#shared/model/environment.ts';
import { commandFields, commandText } from './command-fields.ts';

/** One command as a person writes it; empty means that there is none. */
const CommandLine = z.object({
  line: z
    .string()
    .max(8_000)
    .superRefine((line, context) => {
      if (line.trim() === '') return;
      try {
        parseCommandLine(line);
      } catch (error) {
        context.addIssue({
          code: 'custom',
          message: error instanceof Error ? error.message : 'Not a command.',
        });
      }
    }),
  shell: z.boolean(),
  timeout: z.union([z.literal(''), DurationText]),
});

/** The form of an environment, as text fields hold it. */
export const EnvironmentForm = z.object({
  name: EnvironmentName,
  stage: Stage,
  path: z.string().trim().min(1, 'Choose the file, or type its path.').max(4096),
  parser: Parser,
  healthUrl: z.union([
    z.literal(''),
    z
      .url({ protocol: /^https?$/, message: 'Write an address that begins with http:// or https://.' })
      .max(2048),
  ]),
  healthTimeout: DurationText,
  commands: z.record(z.string(), CommandLine),
});
export type EnvironmentForm = z.infer<typeof EnvironmentForm>;

const noCommand = { line: '', shell: false, timeout: '' } as const;

export function emptyEnvironmentForm(): EnvironmentForm {
  return {
    name: '',
    stage: 'production',
    path: '',
    parser: 'python-dotenv',
    healthUrl: '',
    healthTimeout: '5s',
    commands: Object.fromEntries(commandFields.map(({ kind }) => [kind, { ...noCommand }])),
  };
}

export function formOf(config: EnvironmentConfig): EnvironmentForm {
  return {
    name: config.name,
    stage: config.stage,
    path: placeInWords(config.connector),
    parser: config.connector.parser,
    healthUrl: config.health?.url ?? '',
    healthTimeout: config.health?.timeout ?? '5s',
    commands: Object.fromEntries(
      commandFields.map(({ kind }) => {
        const command = config.commands[kind];
        if (!command) return [kind, { ...noCommand }];
        const line = command.shell ? command.argv.join(' ') : commandText(command.argv);
        return [kind, { line, shell: command.shell, timeout: command.timeout ?? '' }];
      }),
    ),
  };
}

/** What of the form main is told. `before` keeps what the form does not show, such as a working folder. */
export function patchOf(form: EnvironmentForm, before: EnvironmentConfig | null): EnvironmentPatch {
  const commands: Partial<Record<CommandKind, CommandConfig | null>> = {};
  for (const { kind } of commandFields) {
    const written = form.commands[kind] ?? noCommand;
    const known = before?.commands[kind];
    if (written.line.trim() === '') {
      if (known) commands[kind] = null;
      continue;
    }
    commands[kind] = {
      argv: written.shell ? [written.line.trim()] : parseCommandLine(written.line),
      shell: written.shell,
      ...(known?.cwd === undefined ? {} : { cwd: known.cwd }),
      ...(written.timeout === '' ? {} : { timeout: written.timeout }),
    };
  }
  return {
    name: form.name.trim(),
    stage: form.stage,
    // Hosts are no path: they have a form of their own.
    ...(before?.connector.kind === 'ssh' ? {} : { path: form.path.trim() }),
    parser: form.parser,
    health:
      form.healthUrl === ''
        ? null
        : {
            url: form.healthUrl,
            timeout: form.healthTimeout,
            credential: before?.health?.credential ?? false,
          },
    commands,
  };
}
