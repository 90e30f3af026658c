import type { Command } from 'commander';
import type { Alert } from '#shared/model/alert.ts';
import {
  type ChannelChoice,
  type ChannelView,
  ChannelChoice as Choice,
} from '#shared/model/alert-channel.ts';
import { RekeyError } from '#shared/model/errors.ts';
import { Secret } from '#shared/model/secret.ts';
import { interruptible } from '../interruptible.ts';
import { fromPipe, readSecret } from '../read-secret.ts';
import { type ChangeOptions, requireChange } from '../require-change.ts';
import type { RunAction } from '../run-action.ts';
import { table } from '../table.ts';

interface ChoiceOptions {
  minimum?: string;
  detail?: string;
}

/** `alert …`: what wants a person, putting it off, and where it is told. */
export function registerAlert(program: Command, run: RunAction): void {
  const group = program.command('alert').description('what wants a person, and where that is told');

  group
    .command('list')
    .option('--all', 'also those that were resolved lately')
    .description('show what wants a person. Exit 0 only if nothing does, or all is put off')
    .action((options: { all?: boolean }, command: Command) =>
      run(command, async (context) => {
        const { alerts } = await context.services();
        const listed = options.all ? alerts.registry.all() : alerts.registry.open();
        context.output.answer({ alerts: listed }, alertsText(listed));
        if (listed.some(({ resolved_at, snoozed }) => resolved_at === null && snoozed === null))
          context.exit(1);
      }),
    );

  group
    .command('snooze')
    .argument('<id>', 'the id, or its beginning')
    .requiredOption('--until <time>', 'RFC 3339 or YYYY-MM-DD (UTC), at most 31 days away')
    .requiredOption('--reason <reason>', 'why it can wait')
    .description('put an alert off; it comes back then if it is still so, or when it gets worse')
    .action((id: string, { until, reason }: { until: string; reason: string }, command: Command) =>
      run(command, async (context) => {
        const { alerts } = await context.services();
        const alert = await alerts.actions.snooze(id, until, reason);
        context.output.answer(alert, `Put off until ${alert.snoozed?.until ?? until}: ${alert.title}`);
      }),
    );

  group
    .command('wake')
    .argument('<id>', 'the id, or its beginning')
    .description('end the putting off of an alert before its time')
    .action((id: string, _options: unknown, command: Command) =>
      run(command, async (context) => {
        const { alerts } = await context.services();
        const alert = alerts.actions.wake(id);
        context.output.answer(alert, `It is back: ${alert.title}`);
      }),
    );

  registerChannels(group, run);
}

function registerChannels(group: Command, run: RunAction): void {
  group
    .command('channels')
    .description('show where alerts are told, and whether that works')
    .action((_options: unknown, command: Command) =>
      run(command, async (context) => {
        const channels = (await context.services()).alerts.channels.view();
        context.output.answer({ channels }, channelsText(channels));
      }),
    );

  withChoice(group.command('add-webhook').argument('<name>'))
    .option('--slack', 'one text, as Slack’s incoming webhooks take it; default: signed JSON')
    .description(
      'tell alerts to a web address. Standard input: the address and, in the next line, the secret that signs (not for Slack)',
    )
    .action((name: string, options: ChoiceOptions & { slack?: boolean }, command: Command) =>
      run(command, async (context) => {
        const choice = choiceOf(name, options);
        const { alerts } = await context.services();
        const secrets = await readWebhook(options.slack === true);
        const format = options.slack ? ('slack' as const) : ('json' as const);
        const channel = await alerts.channels.addWebhook({ ...choice, format, ...secrets });
        context.output.answer(
          channel,
          `Added ${channel.name}. Try it: rekey alert test-channel "${channel.name}"`,
        );
      }),
    );

  withChoice(
    group.command('add-command').argument('<name>').argument('<argv...>', 'the command and its arguments'),
  )
    .description('tell alerts to a command, as a line of JSON on its standard input')
    .action((name: string, argv: string[], options: ChoiceOptions, command: Command) =>
      run(command, async (context) => {
        const { alerts } = await context.services();
        const channel = alerts.channels.addCommand({
          ...choiceOf(name, options),
          command: { argv, shell: false },
        });
        context.output.answer(
          channel,
          `Added ${channel.name}. Try it: rekey alert test-channel "${channel.name}"`,
        );
      }),
    );

  withChoice(group.command('set-channel').argument('<channel>', 'id or name'))
    .option('--on', 'tell it what happens from now on')
    .option('--off', 'tell it nothing')
    .description('change a channel')
    .action((part: string, options: ChoiceOptions & ChangeOptions, command: Command) =>
      run(command, async (context) => {
        requireChange(options, { '--minimum': options.minimum, '--detail': options.detail });
        const { alerts } = await context.services();
        const { name } = alerts.channels.find(part);
        const { minimum, detail } = choiceOf(name, options);
        const channel = alerts.channels.change(part, {
          ...(options.minimum === undefined ? {} : { minimum }),
          ...(options.detail === undefined ? {} : { detail }),
          ...(options.on || options.off ? { enabled: options.on === true } : {}),
        });
        context.output.answer(channel, `${channel.name} is ${channel.enabled ? 'on' : 'off'}.`);
      }),
    );

  group
    .command('remove-channel')
    .argument('<channel>', 'id or name')
    .description('tell nothing there any more, and forget its secrets')
    .action((part: string, _options: unknown, command: Command) =>
      run(command, async (context) => {
        const { alerts } = await context.services();
        const { id, name } = alerts.channels.find(part);
        await alerts.channels.remove(id);
        context.output.answer({ removed: id }, `Removed ${name}.`);
      }),
    );

  group
    .command('test-channel')
    .argument('<channel>', 'id or name')
    .description('send a message that says that it is a test')
    .action((part: string, _options: unknown, command: Command) =>
      run(command, async (context) => {
        const { alerts } = await context.services();
        const { id, name } = alerts.channels.find(part);
        await interruptible((signal) => alerts.delivery.test(id, signal));
        context.output.answer({ tested: id }, `${name} took the test.`);
      }),
    );
}

function withChoice(command: Command): Command {
  return command
    .option('--minimum <severity>', 'warning (default) or critical: what is less is not told')
    .option('--detail <detail>', 'full (default), or brief: names no environment, key or run');
}

function choiceOf(name: string, { minimum = 'warning', detail = 'full' }: ChoiceOptions): ChannelChoice {
  const parsed = Choice.safeParse({ name, minimum, detail });
  if (parsed.success) return parsed.data;
  throw new RekeyError('usage', {
    message: `--${String(parsed.error.issues[0]?.path[0] ?? 'name')} does not fit.`,
    remedy: 'Give --minimum warning or critical, and --detail full or brief.',
  });
}

/** Asked for one after the other in a terminal; else the lines of standard input. */
async function readWebhook(isSlack: boolean): Promise<{ url: Secret; secret: Secret | null }> {
  if (process.stdin.isTTY) {
    const url = await readSecret('Address of the webhook');
    return { url, secret: isSlack ? null : await readSecret('Secret that signs') };
  }
  const [url = '', secret = ''] = (await fromPipe(process.stdin)).split(/\r?\n/);
  return { url: new Secret(url), secret: isSlack || secret === '' ? null : new Secret(secret) };
}

function alertsText(alerts: readonly Alert[]): string {
  if (alerts.length === 0) return 'Nothing wants a person.';
  return table(
    alerts.map(({ id, severity, title, raised_at, resolved_at, snoozed }) => [
      resolved_at !== null
        ? 'resolved'
        : snoozed !== null
          ? `until ${snoozed.until.slice(0, 16)}Z`
          : severity,
      title,
      `since ${raised_at.slice(0, 16).replace('T', ' ')}Z`,
      id,
    ]),
  );
}

function channelsText(channels: readonly ChannelView[]): string {
  return table(
    channels.map(({ channel, failing, last_delivered_at }) => [
      channel.name,
      channel.kind === 'webhook' ? `${channel.format} webhook at ${channel.host}` : channel.kind,
      channel.enabled ? `${channel.minimum}, ${channel.detail}` : 'off',
      failing !== null
        ? `fails since ${failing.since.slice(0, 16)}Z: ${failing.message}`
        : last_delivered_at === null
          ? 'told nothing yet'
          : `told ${last_delivered_at.slice(0, 16)}Z`,
      channel.id,
    ]),
  );
}
