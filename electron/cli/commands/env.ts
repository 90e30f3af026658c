import type { Command } from 'commander';
import { z } from 'zod';
import type { ShownHostKey } from '#electron/environments/ssh/host-keys.ts';
import type { NewEnvironment } from '#electron/services/environments/environment-configuration.ts';
import { parseCommandLine } from '#shared/logic/command-line.ts';
import { placeInWords } from '#shared/logic/connector-places.ts';
import { parseSshLocation } from '#shared/logic/ssh-address.ts';
import { parseStrictJson, StrictJsonError } from '#shared/logic/strict-json.ts';
import {
  type CommandConfig,
  CommandKind,
  EnvironmentPatch,
  Parser,
  SshCredential,
  Stage,
} from '#shared/model/environment.ts';
import { RekeyError } from '#shared/model/errors.ts';
import { CredentialKind } from '#shared/model/keychain.ts';
import { Secret } from '#shared/model/secret.ts';
import type { CommandContext } from '../context.ts';
import { fromPipe, readSecret } from '../read-secret.ts';
import type { RunAction } from '../run-action.ts';
import { table } from '../table.ts';

interface AddOptions {
  name: string;
  stage: string;
  file?: string;
  ssh: string[];
  hostKey: string[];
  identity?: string;
  sudo?: boolean;
  credential: string[];
  parser?: string;
  health?: string;
}

/** `env add|set|list|show|remove|credential`: which environments there are, and how they are reached. */
export function registerEnv(program: Command, run: RunAction): void {
  const env = program.command('env').description('add, change and list environments');

  const add = env
    .command('add')
    .description('add an environment whose keys are in a dotenv file, here or on hosts over SSH')
    .requiredOption('--name <name>', 'what people call it')
    .requiredOption('--stage <stage>', Stage.options.join(' | '))
    .option('--file <path>', 'the dotenv file on this machine')
    .option(
      '--ssh <location>',
      '[USER@]HOST_OR_ALIAS[:PORT]/ABSOLUTE/PATH; again for each further host',
      collect,
      [],
    )
    .option(
      '--host-key <fingerprint>',
      'SHA256:…, compared with the host’s; one for each --ssh, in order',
      collect,
      [],
    )
    .option('--identity <file>', 'a private key, beside those of ssh_config and the agent')
    .option('--sudo', 'the file on the hosts needs root: sudo starts the SFTP server there')
    .option(
      '--credential <kind>',
      `what ssh or sudo asks for: ${SshCredential.options.join(' | ')}; read from the terminal, or one line each from standard input`,
      collect,
      [],
    )
    .option('--parser <parser>', `how the service reads it: ${Parser.options.join(' | ')}`)
    .option('--health <url>', 'health URL of the service');
  for (const kind of CommandKind.options) {
    add.option(`--${kind} <command>`, 'a JSON array of arguments, or a line with POSIX quoting; no shell');
  }
  add.action((options: AddOptions, command: Command) =>
    run(command, (context) => addEnvironment(context, options)),
  );

  env
    .command('set')
    .argument('<env>', 'name or id')
    .option('--host-key <fingerprint...>', 'where the patch has hosts: the compared key of each, in order')
    .description('change an environment: a JSON patch on standard input')
    .action((name: string, options: { hostKey?: string[] }, command: Command) =>
      run(command, async (context) => {
        const { environments } = await context.services();
        const target = environments.find(name);
        const patch = parsePatch(await fromPipe(process.stdin, 1_000_000));
        const hostKeys = { expected: options.hostKey ?? [], confirm: null };
        const config = await environments.update(target.id, patch, hostKeys);
        context.output.answer(config, `${config.name} is changed.`);
      }),
    );

  env
    .command('list')
    .description('list the environments')
    .action((_options: unknown, command: Command) =>
      run(command, async (context) => {
        const { environments } = await context.services();
        const items = environments.list().map((config) => ({
          id: config.id,
          name: config.name,
          stage: config.stage,
          connector: config.connector.kind,
          path: placeInWords(config.connector),
          practice: config.practice,
        }));
        const text =
          items.length === 0
            ? 'No environment yet. Add one with "rekey env add", or practise with "rekey practice start".'
            : table(items.map((item) => [item.name, item.stage, item.path, item.id]));
        context.output.answer({ environments: items }, text);
      }),
    );

  env
    .command('show')
    .argument('<env>', 'name or id')
    .description('show the configuration of an environment')
    .action((name: string, _options: unknown, command: Command) =>
      run(command, async (context) => {
        const { environments } = await context.services();
        const config = environments.find(name);
        context.output.answer(config, JSON.stringify(config, null, 2));
      }),
    );

  env
    .command('remove')
    .argument('<env>', 'name or id')
    .description('forget an environment; its files stay as they are')
    .action((name: string, _options: unknown, command: Command) =>
      run(command, async (context) => {
        const { environments } = await context.services();
        const config = environments.find(name);
        await environments.remove(config.id);
        context.output.answer(
          { id: config.id, removed: true },
          `${config.name} is no longer known to Rekey. Its file and state file were not touched.`,
        );
      }),
    );

  env
    .command('catch-up')
    .argument('<env>', 'name or id')
    .argument('<host>', 'as the environment names it')
    .requiredOption('--reason <reason>', 'why it was behind')
    .option('--yes', 'really do it')
    .description('bring a host of a fleet to what the others hold, and restart it')
    .action((name: string, host: string, options: { reason: string; yes?: boolean }, command: Command) =>
      run(command, async (context) => {
        const { environments } = await context.services();
        const config = environments.find(name);
        if (options.yes !== true) {
          throw new RekeyError('usage', {
            message: `This writes the keys of the other hosts into the file on ${host}, and asks no questions.`,
            remedy: 'Give --yes.',
          });
        }
        const done = await environments.catchUp(config.id, host, options.reason);
        const changed = [...done.set, ...done.remove];
        context.output.answer(
          { id: config.id, host, set: done.set, remove: done.remove, restarted: done.restarted },
          changed.length === 0
            ? `${host} holds what the other hosts hold.`
            : `${host} is up to date: ${changed.join(', ')}${done.restarted ? '; restarted' : '. Restart its service'}.`,
        );
      }),
    );

  env
    .command('credential')
    .argument('<env>', 'name or id')
    .requiredOption('--kind <kind>', CredentialKind.options.join(' | '))
    .option('--remove', 'remove the stored credential')
    .description('store a credential in the keychain; it is read from the terminal or standard input')
    .action((name: string, options: { kind: string; remove?: boolean }, command: Command) =>
      run(command, async (context) => {
        const { environments } = await context.services();
        const config = environments.find(name);
        const kind = parseChoice(CredentialKind, options.kind, '--kind');
        if (options.remove) await environments.removeCredential(config.id, kind);
        else
          await environments.setCredential(
            config.id,
            kind,
            await readSecret(`Credential (${kind}) for ${config.name}`),
          );
        context.output.answer(
          { id: config.id, kind, stored: options.remove !== true },
          options.remove ? 'The credential is removed.' : 'The credential is in the keychain.',
        );
      }),
    );
}

async function addEnvironment(context: CommandContext, options: AddOptions): Promise<void> {
  const { environments } = await context.services();
  const commands: Partial<Record<CommandKind, CommandConfig>> = {};
  for (const kind of CommandKind.options) {
    const given = (options as unknown as Record<string, unknown>)[camelCase(kind)];
    if (typeof given === 'string') commands[kind] = { argv: parseCommandLine(given), shell: false };
  }
  const { config, adopted } = await environments.add(
    {
      name: options.name,
      stage: parseChoice(Stage, options.stage, '--stage'),
      ...placeOf(context, options),
      parser:
        options.parser === undefined ? 'python-dotenv' : parseChoice(Parser, options.parser, '--parser'),
      patch: EnvironmentPatch.parse({
        commands,
        ...(options.health === undefined ? {} : { health: parseHealth(options.health) }),
      }),
    },
    {
      expected: options.hostKey,
      confirm: process.stdin.isTTY && !context.output.json ? confirmHostKey : null,
    },
    await readCredentials(options),
  );
  context.output.answer(
    { id: config.id, name: config.name, adopted },
    adopted
      ? `${config.name} is added. The file was managed by Rekey before; its history is taken over. Id: ${config.id}`
      : `${config.name} is added. Id: ${config.id}`,
  );
}

/** Asked for one after the other, or one line each on standard input, in the order of the options. */
async function readCredentials({ credential, name }: AddOptions): Promise<Map<SshCredential, Secret>> {
  const kinds = credential.map((kind) => parseChoice(SshCredential, kind, '--credential'));
  if (kinds.length === 0) return new Map();
  if (process.stdin.isTTY) {
    const given = new Map<SshCredential, Secret>();
    for (const kind of kinds) given.set(kind, await readSecret(`Credential (${kind}) for ${name}`));
    return given;
  }
  const lines = (await fromPipe(process.stdin)).split(/\r?\n/);
  if (lines.length !== kinds.length || lines.includes('')) {
    throw new RekeyError('usage', {
      message: `${kinds.length} credentials were announced, and standard input holds ${lines.filter(Boolean).length} lines.`,
      remedy: 'Give one line for each --credential, in the same order.',
    });
  }
  return new Map(kinds.map((kind, index) => [kind, new Secret(lines[index] ?? '')]));
}

/** The file here, or the hosts: exactly one of the two. */
function placeOf(context: CommandContext, options: AddOptions): Pick<NewEnvironment, 'path' | 'ssh'> {
  if ((options.file === undefined) === (options.ssh.length === 0)) {
    throw new RekeyError('usage', {
      message:
        options.file === undefined
          ? 'Neither --file nor --ssh was given.'
          : '--file and --ssh were both given.',
      remedy: 'Give --file PATH for a file of this machine, or --ssh for each host.',
    });
  }
  if (options.file !== undefined) return { path: context.path(options.file) };
  if (options.hostKey.length > 0 && options.hostKey.length !== options.ssh.length) {
    throw new RekeyError('usage', {
      message: `${options.ssh.length} hosts and ${options.hostKey.length} host keys were given.`,
      remedy: 'Give one --host-key for each --ssh, in the same order, or none.',
    });
  }
  return {
    ssh: {
      hosts: options.ssh.map(parseSshLocation),
      identity: options.identity === undefined ? null : context.path(options.identity),
      sudo: options.sudo === true,
    },
  };
}

/** Asks whoever sits at the terminal. Enter is no. */
async function confirmHostKey(address: string, { type, fingerprint }: ShownHostKey): Promise<boolean> {
  const { confirm, isCancel } = await import('@clack/prompts');
  const answer = await confirm({
    message: `${address} shows the host key ${type} ${fingerprint}. Is that what whoever runs the host told you?`,
    initialValue: false,
  });
  return !isCancel(answer) && answer;
}

function collect(value: string, before: string[]): string[] {
  return [...before, value];
}

function parseHealth(url: string): { url: string } {
  const parsed = EnvironmentPatch.safeParse({ health: { url } });
  if (!parsed.success) {
    throw new RekeyError('usage', {
      message: 'The health URL is not an http or https URL.',
      remedy: 'Give the whole URL, such as https://api.example.com/health.',
    });
  }
  return { url };
}

function parsePatch(text: string): EnvironmentPatch {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new RekeyError('invalid-input', {
      message: `The patch is not JSON${placeOfMistake(text)}.`,
      remedy:
        'Give one JSON object, such as {"keys": {"JWT_SECRET_KEY": {"slots": "previous", "soak": "24h"}}}.',
      cause,
    });
  }
  const parsed = EnvironmentPatch.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new RekeyError('invalid-input', {
    message: `The patch does not fit:\n${z.prettifyError(parsed.error)}`,
    remedy: 'Correct the fields named above. "rekey env show ENV" prints the present configuration.',
  });
}

/** Where the text stops being JSON. Never what stands there, which JSON.parse would quote: it may be a secret. */
function placeOfMistake(text: string): string {
  try {
    parseStrictJson(text);
    return '';
  } catch (error) {
    return error instanceof StrictJsonError ? ` (at character ${error.position})` : '';
  }
}

/** One of a closed set of words, or an error that lists them. */
export function parseChoice<T extends string>(
  choices: z.ZodType<T> & { options: readonly T[] },
  text: string,
  name: string,
): T {
  const parsed = choices.safeParse(text);
  if (parsed.success) return parsed.data;
  throw new RekeyError('usage', {
    message: `${name} cannot be "${text}".`,
    remedy: `Choose one of: ${choices.options.join(', ')}.`,
  });
}

function camelCase(kind: string): string {
  return kind.replace(/-([a-z])/g, (_match, letter: string) => letter.toUpperCase());
}
