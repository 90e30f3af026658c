import { cancel, intro, isCancel, log, note, outro, password, select, text } from '@clack/prompts';
import type { Services } from '#electron/services/compose.ts';
import { Parser, Stage } from '#shared/model/environment.ts';
import { isRekeyError } from '#shared/model/errors.ts';
import { Secret } from '#shared/model/secret.ts';
import { Operator } from '#shared/model/settings.ts';
import type { CommandContext } from './context.ts';
import { answerRun } from './run-answer.ts';

/** The person pressed Ctrl-C or Escape at a question. */
class Cancelled extends Error {}

/**
 * From nothing to a guided run: who are you, where are credentials kept, which environment, which runbook. With
 * `practice` nobody is asked where to begin: it goes straight to the practice environment, and everything is a drill.
 */
export async function welcomeInTerminal(
  context: CommandContext,
  options: { practice: boolean },
): Promise<void> {
  const services = await context.services();
  intro('Rekey: rotate application keys, step by step, with proof');
  try {
    await introduceOperator(services, context);
    await openKeychain(services);
    const environmentId = options.practice
      ? await practice(services)
      : await chooseEnvironment(services, context);
    const { name, practice: isPractice } = services.environments.find(environmentId);
    const runbook = await chooseRunbook(
      services,
      isPractice ? 'What do you want to practise?' : 'What do you want to do?',
    );
    const drill = isPractice && (options.practice || (await askForDrill()));
    log.step(`Starting "${runbook}" on ${name}. Leave it at any time: it comes back at the same step.`);
    const { runGuidedInTerminal } = await import('./runbook-terminal.ts');
    const view = await runGuidedInTerminal(services, {
      runbook,
      environmentId,
      keys: [],
      reason: null,
      host: null,
      dryRun: false,
      drill,
    });
    outro('See what is open with: rekey runs');
    answerRun(context, view);
  } catch (error) {
    if (!(error instanceof Cancelled)) throw error;
    cancel('Left. What was entered so far is kept; "rekey welcome" goes on from there.');
  }
}

async function introduceOperator(services: Services, context: CommandContext): Promise<void> {
  if (context.environment.REKEY_OPERATOR || services.settings.read().operator) return;
  const name = answered(
    await text({
      message: 'Your name',
      validate: (value) => (value?.trim() ? undefined : 'Enter your name'),
    }),
  );
  const email = answered(
    await text({
      message: 'Your e-mail address (it stands beside everything that you do, in the event log)',
      validate: (value) =>
        Operator.shape.email.safeParse(value).success
          ? undefined
          : 'Enter an address such as ada@example.org',
    }),
  );
  services.settings.setOperator({ name: name.trim(), email });
}

async function openKeychain(services: Services): Promise<void> {
  const probe = await services.keychain.probe();
  if (probe.state === 'durable') {
    log.success(`${probe.store}: ${probe.message}`);
    return;
  }
  log.warn([`${probe.store}: ${probe.message}`, probe.remedy ?? ''].join('\n'));
  if (probe.backend === 'vault' && probe.state === 'locked') {
    await unlockVault(services);
    return;
  }
  const choice = answered(
    await select({
      message: 'Where should Rekey keep its wrapping key?',
      options: [
        { value: 'vault', label: 'In a passphrase vault', hint: 'a file that opens only with a passphrase' },
        { value: 'retry', label: 'In the OS keychain', hint: 'look again' },
      ],
    }),
  );
  if (choice === 'retry') return openKeychain(services);
  await createVault(services);
}

async function unlockVault(services: Services): Promise<void> {
  for (;;) {
    const passphrase = answered(await password({ message: 'Passphrase of the vault' }));
    try {
      await services.keychain.unlockVault(new Secret(passphrase));
      return;
    } catch (error) {
      if (!isRekeyError(error, 'vault-wrong-passphrase')) throw error;
      log.error(error.message);
    }
  }
}

async function createVault(services: Services): Promise<void> {
  for (;;) {
    const first = answered(await password({ message: 'New passphrase (12 characters or more)' }));
    const second = answered(await password({ message: 'The same passphrase again' }));
    if (first !== second) {
      log.error('The two differ.');
      continue;
    }
    try {
      await services.keychain.createVault(new Secret(first));
      log.success('The vault is made. Keep the passphrase: nothing else opens it.');
      return;
    } catch (error) {
      if (!isRekeyError(error, 'invalid-input')) throw error;
      log.error(`${error.message} ${error.remedy}`);
    }
  }
}

async function practice(services: Services): Promise<string> {
  const { environmentId } = await services.practice.start();
  note(
    'It has its own file, its own small service and keys in every condition.\nNothing in it matters.',
    'Practice',
  );
  return environmentId;
}

async function chooseEnvironment(services: Services, context: CommandContext): Promise<string> {
  const known = services.environments.list();
  const choice = answered(
    await select({
      message: 'Which environment?',
      options: [
        ...known.map((config) => ({ value: config.id, label: config.name, hint: config.stage })),
        { value: 'add', label: 'Add an environment', hint: 'a dotenv file' },
        { value: 'practice', label: 'Practise first', hint: 'nothing in it matters' },
      ],
    }),
  );
  if (choice === 'practice') return practice(services);
  return choice === 'add' ? addEnvironment(services, context) : choice;
}

async function addEnvironment(services: Services, context: CommandContext): Promise<string> {
  for (;;) {
    const path = context.path(
      answered(await text({ message: 'Path of the file with the keys', placeholder: './.env' })),
    );
    const name = answered(await text({ message: 'What do people call this environment?' }));
    const stage = answered(
      await select({ message: 'Stage', options: Stage.options.map((value) => ({ value, label: value })) }),
    );
    const parser = answered(
      await select({
        message: 'How does the service read the file?',
        initialValue: 'python-dotenv' as Parser,
        options: Parser.options.map((value) => ({ value, label: value })),
      }),
    );
    try {
      const { config } = await services.environments.add({ name, stage, path, parser, patch: {} });
      return config.id;
    } catch (error) {
      if (!isRekeyError(error)) throw error;
      log.error([error.message, error.unchanged, error.remedy].join('\n'));
    }
  }
}

async function askForDrill(): Promise<boolean> {
  return answered(
    await select({
      message: 'Practise as a drill? A drill does the real steps, is timed, and never counts as a rotation.',
      options: [
        { value: true, label: 'Yes, as a drill' },
        { value: false, label: 'No' },
      ],
    }),
  );
}

async function chooseRunbook(services: Services, message: string): Promise<string> {
  const usable = services.runbooks.list().filter(({ errors }) => errors.length === 0);
  return answered(
    await select({
      message,
      initialValue: 'planned',
      options: usable.map(({ id, title }) => ({ value: id, label: title })),
    }),
  );
}

function answered<T>(answer: T): Exclude<T, symbol> {
  if (isCancel(answer)) throw new Cancelled();
  return answer as Exclude<T, symbol>;
}
