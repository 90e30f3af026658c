import { earlierResults } from '#shared/logic/earlier-results.ts';
import { durationInWords } from '#shared/model/duration.ts';
import type { StepView } from '#shared/model/run.ts';
import type { RunDetail, RunStepDetail } from '#shared/model/run-detail.ts';
import { markdownText, wrap } from './markdown-text.ts';
import { type Prompter, printable } from './prompter.ts';

const platformNames: Readonly<Record<string, string>> = { linux: 'linux', darwin: 'macos', win32: 'windows' };

/** Who, where and how long: the line above every step. Production cannot be overlooked, nor a drill. */
export function showBanner(prompter: Prompter, detail: RunDetail): void {
  const { run, environment } = detail;
  const marks = [
    ...(run.dry_run ? ['DRY RUN: nothing is carried out'] : []),
    ...(run.drill ? ['DRILL'] : []),
    environment.stage === 'production' ? 'PRODUCTION' : environment.stage,
    printable(environment.name),
    durationInWords(detail.elapsed_ms),
  ];
  prompter.line();
  prompter.line('-'.repeat(prompter.width));
  prompter.line(marks.join(' | '));
}

/** One step as text: what, why, how, what to copy, what to expect, what came of it until now. */
export function showStep(
  prompter: Prompter,
  detail: RunDetail,
  step: RunStepDetail,
  platform: NodeJS.Platform = process.platform,
): void {
  const { width } = prompter;
  const counted = detail.steps.filter(({ applicable }) => applicable);
  const phase = detail.phases.find(({ id }) => id === step.phase)?.title ?? '';
  const paragraph = (text: string, first = '', rest = first) => {
    for (const line of wrap(printable(text), width, first, rest)) prompter.line(line);
  };
  showBanner(prompter, detail);
  prompter.line(`${phase}, step ${counted.indexOf(step) + 1} of ${counted.length}`);
  prompter.heading(printable(step.title));
  paragraph(`Why: ${step.why}`);
  prompter.line();
  // What changed something was told line by line while it was done.
  const found = earlierResults(detail, step).filter(({ effects }) => !effects);
  if (found.length > 0 && !detail.run.steps.some(({ id, attempts }) => id === step.id && attempts > 0)) {
    for (const { title, lines } of found) {
      paragraph(`${title}:`);
      for (const line of lines) paragraph(line, '  ', '    ');
    }
    prompter.line();
  }
  for (const line of markdownText(printable(step.instructions), width).split('\n')) prompter.line(line);
  if (step.preconditions.length > 0) {
    prompter.line();
    for (const text of step.preconditions) paragraph(text, 'First: ', '       ');
  }
  const own = step.commands.filter(
    (one) => one.platform === 'any' || one.platform === platformNames[platform],
  );
  const commands = own.length > 0 ? own : step.commands;
  if (commands.length > 0) {
    prompter.line();
    prompter.line('To copy:');
    for (const { label, line } of commands) {
      if (label) prompter.line(`  ${label}:`);
      for (const part of printable(line).split('\n')) prompter.line(`    ${part}`);
    }
  }
  if (step.challenge) {
    prompter.line();
    paragraph(step.challenge);
  }
  if (step.expected) paragraph(`Expected: ${step.expected}`);
  if (step.branches.length > 0) {
    prompter.line();
    for (const { label, consequence } of step.branches) {
      paragraph(`${label}${consequence ? `: ${consequence}` : ''}`, '- ', '  ');
    }
  }
  if (step.preview.length > 0) {
    prompter.line();
    prompter.line('What it does here:');
    for (const line of step.preview) paragraph(line, '  ', '    ');
  }
  if (step.equivalent_command) {
    prompter.line();
    prompter.line('The same as a command:');
    prompter.line(`    ${printable(step.equivalent_command)}`);
  }
  showState(prompter, detail, step);
  prompter.line();
}

function showState(prompter: Prompter, detail: RunDetail, step: RunStepDetail): void {
  const view = detail.run.steps.find(({ id }) => id === step.id);
  if (!view) return;
  const { width } = prompter;
  showResult(prompter, view);
  if (view.error) {
    prompter.line();
    for (const text of [view.error.message, view.error.unchanged, view.error.remedy]) {
      for (const part of wrap(printable(text), width)) prompter.problem(part);
    }
  }
  if (step.state === 'indeterminate') {
    prompter.line();
    prompter.problem('Rekey was interrupted here. What is in place is found out first.');
  }
  if (detail.run.resume_after && step.state === 'waiting') {
    prompter.line(`Come back on or after ${detail.run.resume_after} (UTC).`);
  }
  if (step.evidence?.required && !step.evidence.given) {
    prompter.line(`Needs evidence: ${step.evidence.label}`);
  }
  if (view.evidence.length > 0) prompter.line(`Evidence: ${view.evidence.length}`);
}

/** What an action found or did. Also for a step that the run has just passed: nobody would see it otherwise. */
export function showResult(prompter: Prompter, { result }: Pick<StepView, 'result'>): void {
  if (result.length === 0) return;
  prompter.line();
  prompter.line('What came of it:');
  for (const line of result) {
    for (const part of wrap(printable(line), prompter.width, '  ', '    ')) prompter.line(part);
  }
}

const stateMarks: Readonly<Record<string, string>> = {
  done: '[x]',
  skipped: '[-]',
  failed: '[!]',
  'not-applicable': '[ ]',
  'rolled-back': '[<]',
};

/** The whole run at a glance. */
export function showSteps(prompter: Prompter, detail: RunDetail): void {
  for (const phase of detail.phases) {
    const steps = detail.steps.filter((step) => step.phase === phase.id && step.state !== 'not-applicable');
    if (steps.length === 0) continue;
    prompter.line();
    prompter.line(printable(phase.title));
    for (const step of steps) {
      const mark = step.current ? '[>]' : (stateMarks[step.state] ?? '[ ]');
      const state = step.current || step.state === 'pending' ? '' : ` (${step.state})`;
      for (const line of wrap(`${printable(step.title)}${state}`, prompter.width, `  ${mark} `, '      ')) {
        prompter.line(line);
      }
    }
  }
}
