import type { LogProblem } from '#shared/model/event.ts';
import type { RangeProblem } from './verify-range.ts';

type ProblemCode = RangeProblem['code'] | 'events-missing';

const words: Record<ProblemCode, (range: string) => string> = {
  'sequence-gap': (range) => `${range} missing from the text.`,
  'sequence-repeated': (range) => `${range} in the text more than once, or out of order.`,
  'line-unreadable': (range) => `${range} not readable as an event.`,
  'event-altered': (range) => `${range} not what was written: the recorded hash differs.`,
  'events-missing': (range) => `${range} missing at the end: their hashes are there, their text is not.`,
};

/** A problem of the text, with its range of sequence numbers, in words. */
export function problemOf(code: ProblemCode, firstSeq: number, lastSeq: number): LogProblem {
  const range = firstSeq === lastSeq ? `Event ${firstSeq} is` : `Events ${firstSeq} to ${lastSeq} are`;
  return { code, message: words[code](range), firstSeq, lastSeq };
}

export function describeProblems(problems: readonly RangeProblem[]): LogProblem[] {
  return problems.map((problem) => problemOf(problem.code, problem.firstSeq, problem.lastSeq));
}
