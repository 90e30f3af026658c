import { placeInWords } from '#shared/logic/connector-places.ts';
import { fillPlaceholders, type PlaceholderValues, shellWord } from '#shared/logic/placeholders.ts';
import type { CommandKind, EnvironmentConfig } from '#shared/model/environment.ts';
import type { RunView } from '#shared/model/run.ts';
import type { ActionName, Runbook, RunbookStep } from '#shared/model/runbook.ts';
import type { Contact } from '#shared/model/settings.ts';

/** Fills the placeholders of a runbook's texts for one run. */
export interface RunWords {
  /** For reading. */
  fill(text: string): string;
  /** For copying into a terminal: what needs quotes gets them. */
  fillCommand(line: string): string;
  /** A step's `with`. */
  fillArguments(step: RunbookStep): Record<string, string | number | boolean>;
}

export function runWords(
  run: RunView,
  runbook: Runbook,
  config: EnvironmentConfig | null,
  facts: { contacts: readonly Contact[]; logFolder: string },
): RunWords {
  const values = placeholderValues(run, config, facts);
  const answers = answersOf(run, runbook);
  const fill = (text: string) => fillPlaceholders(text, values, answers);
  return {
    fill,
    fillCommand: (line) => fillPlaceholders(line, values, answers, (value) => shellWord(value)),
    fillArguments: (step) =>
      Object.fromEntries(
        Object.entries(step.with ?? {}).map(([name, value]) => [
          name,
          typeof value === 'string' ? fill(value) : value,
        ]),
      ),
  };
}

function placeholderValues(
  run: RunView,
  config: EnvironmentConfig | null,
  facts: { contacts: readonly Contact[]; logFolder: string },
): PlaceholderValues {
  const path = config ? placeInWords(config.connector) : '(the environment was removed)';
  const keys = run.keys.length > 0 ? run.keys.join(', ') : 'the keys';
  return {
    environment: run.environment.name,
    stage: run.environment.stage,
    path,
    state_file: `${path}.rekey.json`,
    host: run.host ?? '(no host)',
    keys,
    key: run.keys[0] ?? 'KEY',
    key_arguments: run.keys.join(' '),
    run: run.run_id,
    reason: run.reason ?? run.title,
    operator: run.operator,
    health_url: config?.health?.url ?? '(no health URL is configured)',
    restart_command: commandLine(config, 'restart'),
    verify_command: commandLine(config, 'verify'),
    contacts:
      facts.contacts.length > 0
        ? facts.contacts.map(({ role, name, reach }) => `- ${role}: ${name}, ${reach}`).join('\n')
        : '- No contacts are set. Add them in Settings, so that they stand here the next time.',
    log_folder: facts.logFolder,
  };
}

function commandLine(config: EnvironmentConfig | null, kind: CommandKind): string {
  const command = config?.commands[kind];
  if (!command) return '(not configured)';
  return command.shell ? command.argv.join(' ') : command.argv.map(shellWord).join(' ');
}

function answersOf(run: RunView, runbook: Runbook): Map<string, string> {
  const answers = new Map<string, string>();
  for (const step of run.steps) {
    for (const [field, value] of Object.entries(step.input ?? {})) {
      if (value !== '') answers.set(`answer.${step.id}.${field}`, value);
    }
    if (step.choice !== null) {
      const branches = runbook.steps.find(({ id }) => id === step.id)?.branches ?? [];
      answers.set(`choice.${step.id}`, branches.find(({ id }) => id === step.choice)?.label ?? step.choice);
    }
  }
  return answers;
}

/** The `rekey` command that does what a step does; null where only a person can. */
export function equivalentCommand(
  step: RunbookStep,
  run: RunView,
  config: EnvironmentConfig | null,
): string | null {
  const environment = shellWord(run.environment.name);
  const keys = run.keys.join(' ');
  const emergency = run.mode === 'emergency' ? ' --emergency' : '';
  const path = shellWord(config?.connector.kind === 'dotenv-file' ? config.connector.path : 'FILE');
  const commands: Partial<Record<ActionName, string>> = {
    'environment.status': `rekey status ${environment}`,
    'environment.next-due': `rekey status ${environment}`,
    'environment.findings': `rekey env show ${environment}`,
    'environment.connection': `rekey status ${environment}`,
    'environment.validate': `rekey validate --file ${path} --stage ${run.environment.stage} --parser ${config?.connector.parser ?? 'dotenv'}`,
    'key.mark-compromised': run.keys
      .map((key) => `rekey mark ${environment} ${key} --compromised --reason "…"`)
      .join('; '),
    'key.clear-compromised': run.keys
      .map((key) => `rekey mark ${environment} ${key} --cleared --reason "…"`)
      .join('; '),
    'host.catch-up': `rekey env catch-up ${environment} ${shellWord(run.host ?? 'HOST')} --reason "…" --yes`,
    'key.check-generated': `rekey generate ${run.keys[0] ?? ''}`.trim(),
    'keychain.probe': 'rekey keychain check',
    'log.verify': 'rekey events verify',
    'log.extract': `rekey events --env ${environment} --json`,
    'recovery.check': `rekey recovery-file ${run.run_id} --out rekey-recovery.age`,
    'runs.recent': 'rekey runs',
    'signer.show': 'rekey signer show',
    'signer.export': 'rekey signer export --out rekey-signer',
    'signer.replace':
      step.with?.compromised === true
        ? 'rekey signer rollover --reason "…" --compromised --trusted-until CHECKPOINT --yes'
        : 'rekey signer rollover --reason "…" --yes',
    'rotation.plan': `rekey rotate ${environment} ${keys} --reason "…"${emergency} --dry-run`,
    'rotation.preview': `rekey rotate ${environment} ${keys} --reason "…"${emergency} --dry-run`,
    'rotation.rollback': `rekey run rollback ${run.run_id} --reason "…" --yes`,
    'rotation.probe': `rekey run show ${run.run_id}`,
    'rotation.rollback-plan': `rekey run show ${run.run_id}`,
  };
  if (!step.action) return null;
  const command = commands[step.action];
  if (command !== undefined) return command;
  return step.action.startsWith('rotation.') ? `rekey run resume ${run.run_id}` : null;
}
