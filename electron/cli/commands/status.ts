import type { Command } from 'commander';
import { complianceStatus, type KeyStatus } from '#shared/model/key.ts';
import type { EnvironmentStatus, HostStatus, KeyStatusEntry, StatusReport } from '#shared/model/status.ts';
import type { Style } from '../output.ts';
import type { RunAction } from '../run-action.ts';
import { table } from '../table.ts';

/**
 * `status [ENV…]`: every key of every environment, worst first, and without names the signing keys too. Exit 1 when a key
 * is not compliant, 3 when an environment, or a host of one, was not reached.
 */
export function registerStatus(program: Command, run: RunAction): void {
  program
    .command('status')
    .argument('[env...]', 'names or ids; default: all')
    .description('show which keys are due and why')
    .action((names: string[], _options: unknown, command: Command) =>
      run(command, async (context) => {
        const { status, signerStatus } = await context.foundation();
        const report = await status.report(names);
        const signer = names.length === 0 ? await signerStatus() : null;
        const text = [statusText(report, context.output.style), signer?.message ?? ''].filter(
          (part) => part !== '',
        );
        context.output.answer({ ...report, signer }, text.join('\n\n'));
        if (!report.environments.every(wholeReached)) context.exit(3);
        else if (signer?.state === 'overdue' || report.environments.some(hasNonCompliantKey)) context.exit(1);
      }),
    );
}

/** A fleet is reached when all of its hosts are: nothing is known of the keys of one that does not answer. */
function wholeReached({ reachable, hosts = [] }: EnvironmentStatus): boolean {
  return reachable && hosts.every((host) => host.reachable);
}

function hasNonCompliantKey(environment: EnvironmentStatus): boolean {
  return environment.keys.some((key) => !['compliant', 'due_soon'].includes(complianceStatus(key.status)));
}

function statusText(report: StatusReport, style: Style): string {
  if (report.environments.length === 0) {
    return 'No environment yet. Add one with "rekey env add", or practise with "rekey practice start".';
  }
  return report.environments.map((environment) => environmentText(environment, style)).join('\n\n');
}

function environmentText(environment: EnvironmentStatus, style: Style): string {
  const head = environment.reachable
    ? `${style.bold(environment.name)} (${environment.stage}) · score ${environment.compliance_score} of 100`
    : `${style.bold(environment.name)} (${environment.stage}) · ${style.red('not reachable')}`;
  const rows = environment.keys.map((key) => [
    `  ${key.key}`,
    colored(key.status, style),
    dueText(key),
    key.age_days === null ? 'age unknown' : `${key.age_days} d old`,
    key.fingerprint ?? '',
  ]);
  const hosts = (environment.hosts ?? []).map((host) => [`  ${host.host}`, hostText(host, style)]);
  const problems = environment.keys.flatMap((key) =>
    key.problems.map((problem) => `  ${key.key}: ${problem.message}`),
  );
  const findings = environment.findings.map((finding) => `  ${finding.severity}: ${finding.message}`);
  const accepted = (environment.exceptions ?? []).map(
    ({ key, codes, until, accepted_by: by, reason }) =>
      `  accepted until ${until.slice(0, 10)} by ${by}: ${key ?? 'all keys'}${codes.length === 0 ? '' : ` (${codes.join(', ')})`}: ${reason}`,
  );
  return [head, table(rows), table(hosts), ...problems, ...findings, ...accepted]
    .filter((part) => part !== '')
    .join('\n');
}

function hostText({ reachable, keys }: HostStatus, style: Style): string {
  if (!reachable) return style.red('not reachable');
  const bad = keys.filter(({ status }) => !['compliant', 'due_soon'].includes(complianceStatus(status)));
  if (bad.length === 0) return style.green('ok');
  return bad.map(({ key, status }) => `${key} ${colored(status, style)}`).join(', ');
}

function dueText(key: KeyStatusEntry): string {
  return key.due_at === null ? 'no due date' : `due ${key.due_at.slice(0, 10)}`;
}

function colored(status: KeyStatus, style: Style): string {
  switch (complianceStatus(status)) {
    case 'compliant':
      return style.green(status);
    case 'due_soon':
      return style.yellow(status);
    default:
      return style.red(status);
  }
}
