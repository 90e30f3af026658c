import type { Runbook, RunbookStep, RunbookSubject } from '../model/runbook.ts';
import { answerReference, isFilled, placeholderNames, placeholdersIn } from './placeholders.ts';
import { actionMeanings } from './runbook-actions.ts';
import { actionIsTheStep } from './runbook-acts.ts';

/** Something wrong with a runbook that is well-formed; `path` leads to the field, as in zod's issues. */
export interface RunbookProblem {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

const subjectInWords: Readonly<Record<RunbookSubject, string>> = {
  environment: 'an environment',
  host: 'a host',
  installation: 'this installation',
};

/**
 * What the schema cannot see: references that lead nowhere, steps that no way leads to or away from, actions that
 * do not fit. A runbook with a problem is never run.
 */
export function checkRunbook(runbook: Runbook): RunbookProblem[] {
  const problems: RunbookProblem[] = [
    ...duplicates(
      runbook.phases.map(({ id }) => id),
      'phases',
    ),
    ...duplicates(
      runbook.steps.map(({ id }) => id),
      'steps',
    ),
  ];
  if (runbook.subject !== 'environment' && runbook.keys !== 'none') {
    const message = `a runbook about ${subjectInWords[runbook.subject]} works on no keys of an environment: none`;
    problems.push({ path: ['keys'], message });
  }
  runbook.phases.forEach((phase, index) => {
    if (!runbook.steps.some((step) => step.phase === phase.id)) {
      problems.push({ path: ['phases', index, 'id'], message: `no step belongs to the phase "${phase.id}"` });
    }
  });
  runbook.steps.forEach((step, index) => {
    for (const problem of stepProblems(runbook, step)) {
      problems.push({ path: ['steps', index, ...problem.path], message: problem.message });
    }
  });
  return problems.length > 0 ? problems : wayProblems(runbook);
}

function duplicates(ids: readonly string[], field: string): RunbookProblem[] {
  return ids.flatMap((id, index) =>
    ids.indexOf(id) < index
      ? [
          {
            path: [field, index, 'id'],
            message: `"${id}" is used twice; the first is ${field}[${ids.indexOf(id)}]`,
          },
        ]
      : [],
  );
}

function stepProblems(runbook: Runbook, step: RunbookStep): RunbookProblem[] {
  const problems: RunbookProblem[] = [];
  const add = (path: (string | number)[], message: string) => problems.push({ path, message });
  const mustExist = (target: string | undefined, path: (string | number)[]) => {
    if (target !== undefined && target !== 'end' && !runbook.steps.some(({ id }) => id === target)) {
      add(path, `there is no step "${target}" to go to`);
    }
  };
  if (!runbook.phases.some(({ id }) => id === step.phase))
    add(['phase'], `there is no phase "${step.phase}"`);
  mustExist(step.goto, ['goto']);
  if (typeof step.on_failure === 'object') mustExist(step.on_failure.goto, ['on_failure', 'goto']);
  step.branches.forEach((branch, index) => {
    mustExist(branch.goto, ['branches', index, 'goto']);
    if (branch.goto && branch.runbook) {
      add(['branches', index, 'runbook'], 'a branch leads to a step or to a runbook, not to both');
    }
    if (step.branches.findIndex(({ id }) => id === branch.id) < index) {
      add(['branches', index, 'id'], `"${branch.id}" is used twice`);
    }
  });
  for (const [id, wanted] of Object.entries(step.when?.choice ?? {})) {
    const decision = runbook.steps.find((one) => one.id === id);
    if (decision?.kind !== 'decision')
      add(['when', 'choice', id], `"${id}" is not a decision of this runbook`);
    else {
      for (const choice of [wanted].flat()) {
        if (!decision.branches.some((branch) => branch.id === choice)) {
          add(['when', 'choice', id], `"${choice}" is no branch of "${id}"`);
        }
      }
    }
  }
  if (runbook.subject === 'installation') {
    for (const field of Object.keys(step.when ?? {}).filter((name) => name !== 'choice' && name !== 'mode')) {
      add(['when', field], 'this runbook is about this installation: there is no environment to ask');
    }
  }
  if (step.action) problems.push(...actionProblems(runbook, step));
  problems.push(...placeholderProblems(runbook, step));
  return problems;
}

function actionProblems(runbook: Runbook, step: RunbookStep): RunbookProblem[] {
  if (!step.action) return [];
  const meaning = actionMeanings[step.action];
  const problems: RunbookProblem[] = [];
  if (!meaning.about.includes(runbook.subject)) {
    const about = meaning.about.map((subject) => subjectInWords[subject]).join(' or ');
    problems.push({
      path: ['action'],
      message: `"${step.action}" is for runbooks about ${about}, and this one is about ${subjectInWords[runbook.subject]}`,
    });
  }
  if (meaning.needsKeys && runbook.keys === 'none') {
    problems.push({ path: ['action'], message: `"${step.action}" needs keys, and this runbook takes none` });
  }
  if (meaning.effects && !actionIsTheStep(step)) {
    problems.push({
      path: ['action'],
      message: `"${step.action}" has effects: put it into a step of kind automatic, verify, wait or commit`,
    });
  }
  for (const name of Object.keys(step.with ?? {})) {
    if (!meaning.arguments.includes(name)) {
      problems.push({
        path: ['with', name],
        message: `"${step.action}" takes no "${name}"${
          meaning.arguments.length > 0 ? `, only: ${meaning.arguments.join(', ')}` : ''
        }`,
      });
    }
  }
  return problems;
}

function placeholderProblems(runbook: Runbook, step: RunbookStep): RunbookProblem[] {
  const texts: [(string | number)[], string][] = [
    [['title'], step.title],
    [['why'], step.why],
    [['instructions'], step.instructions],
    [['expected'], step.expected ?? ''],
    [['challenge'], step.challenge ?? ''],
    ...step.preconditions.map((text, index): [(string | number)[], string] => [
      ['preconditions', index],
      text,
    ]),
    ...step.commands.map((command, index): [(string | number)[], string] => [
      ['commands', index, 'line'],
      command.line,
    ]),
    ...step.branches.map((branch, index): [(string | number)[], string] => [
      ['branches', index, 'consequence'],
      branch.consequence ?? '',
    ]),
    ...Object.entries(step.with ?? {}).map(([name, value]): [(string | number)[], string] => [
      ['with', name],
      String(value),
    ]),
  ];
  return texts.flatMap(([path, text]) =>
    placeholdersIn(text)
      .filter((name) => !placeholderExists(runbook, name))
      .map((name) => ({ path, message: `there is no placeholder "${name}"` })),
  );
}

function placeholderExists(runbook: Runbook, name: string): boolean {
  const reference = answerReference(name);
  if (!reference) {
    const known = (placeholderNames as readonly string[]).includes(name);
    return known && isFilled(name, runbook.subject);
  }
  const step = runbook.steps.find(({ id }) => id === reference.step);
  return reference.field === null
    ? step?.kind === 'decision'
    : step?.inputs.some(({ id }) => id === reference.field) === true;
}

/** Steps that no way leads to, and steps from which no way leads to the end. */
function wayProblems(runbook: Runbook): RunbookProblem[] {
  const end = runbook.steps.length;
  const ways = runbook.steps.map((step, index) => waysOn(runbook, step, index));
  const reached = closure([0], (index) => ways[index] ?? []);
  const back = new Map<number, number[]>();
  ways.forEach((targets, index) => {
    for (const target of targets) back.set(target, [...(back.get(target) ?? []), index]);
  });
  const ending = closure([end], (index) => back.get(index) ?? []);
  return runbook.steps.flatMap((step, index): RunbookProblem[] => {
    if (!reached.has(index)) {
      return [{ path: ['steps', index, 'id'], message: `no way leads to the step "${step.id}"` }];
    }
    return ending.has(index)
      ? []
      : [{ path: ['steps', index, 'id'], message: `no way leads from the step "${step.id}" to the end` }];
  });
}

function waysOn(runbook: Runbook, step: RunbookStep, index: number): number[] {
  const end = runbook.steps.length;
  const position = (target: string) =>
    target === 'end' ? end : runbook.steps.findIndex(({ id }) => id === target);
  const onwards = step.goto ? position(step.goto) : index + 1;
  const ways =
    step.kind === 'decision'
      ? step.branches.map((branch) => (branch.runbook ? end : branch.goto ? position(branch.goto) : onwards))
      : [onwards];
  if (step.when) ways.push(index + 1);
  if (typeof step.on_failure === 'object') ways.push(position(step.on_failure.goto));
  return ways;
}

function closure(from: readonly number[], next: (index: number) => readonly number[]): Set<number> {
  const seen = new Set(from);
  const open = [...from];
  for (let index = open.pop(); index !== undefined; index = open.pop()) {
    for (const target of next(index)) {
      if (!seen.has(target)) {
        seen.add(target);
        open.push(target);
      }
    }
  }
  return seen;
}
