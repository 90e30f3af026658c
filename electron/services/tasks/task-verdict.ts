import type { TaskName } from '#shared/model/schedule.ts';
import type {
  ComplianceReportResult,
  ExecuteRotationsResult,
  HealthCheckResult,
  RotationCheckResult,
  TaskResults,
} from '#shared/model/task.ts';

/** What a task found, in a sentence, and whether that needs nobody. */
export interface TaskVerdict {
  good: boolean;
  summary: string;
}

/** The verdict on what a task found. */
export function verdictOn<Name extends TaskName>(task: Name, result: TaskResults[Name]): TaskVerdict {
  switch (task) {
    case 'health-check':
      return healthVerdict(result as HealthCheckResult);
    case 'rotation-check':
      return rotationVerdict(result as RotationCheckResult);
    case 'execute-rotations':
      return executionVerdict(result as ExecuteRotationsResult);
    default: {
      const { from, to, verdict } = result as ComplianceReportResult;
      return { good: true, summary: `The report on ${from} to ${to} was made. ${verdict}` };
    }
  }
}

function healthVerdict({ healthy, environments, problems }: HealthCheckResult): TaskVerdict {
  const asked = counted(environments.length, 'environment');
  return {
    good: healthy,
    summary: healthy ? `All is well: ${asked}.` : `${counted(problems.length, 'problem')}, ${asked} asked.`,
  };
}

function rotationVerdict({ due, unreachable }: RotationCheckResult): TaskVerdict {
  const unread =
    unreachable.length === 0 ? '' : ` ${counted(unreachable.length, 'environment')} could not be read.`;
  return {
    good: due.length === 0 && unreachable.length === 0,
    summary: `${due.length === 0 ? 'No key is' : due.length === 1 ? '1 key is' : `${due.length} keys are`} due.${unread}`,
  };
}

function executionVerdict({ runs, left }: ExecuteRotationsResult): TaskVerdict {
  const keysIn = (...outcomes: string[]) =>
    runs.filter(({ outcome }) => outcomes.includes(outcome)).reduce((sum, { keys }) => sum + keys.length, 0);
  const parts = [
    [keysIn('completed'), 'rotated'],
    [keysIn('soaking'), 'rotated and soaking'],
    [keysIn('waits'), 'waiting for a person'],
    [keysIn('failed'), 'failed'],
    [left.length, 'left alone'],
  ] as const;
  const told = parts.filter(([count]) => count > 0).map(([count, what]) => `${count} ${what}`);
  return {
    good: runs.every(({ outcome }) => outcome === 'completed' || outcome === 'soaking'),
    summary: told.length === 0 ? 'Nothing was to be rotated.' : `Keys: ${told.join(', ')}.`,
  };
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}
