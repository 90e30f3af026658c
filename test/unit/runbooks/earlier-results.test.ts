import { describe, expect, it } from 'vitest';
import { earlierResults } from '#shared/logic/earlier-results.ts';
import type { RunDetail, RunStepDetail } from '#shared/model/run-detail.ts';

type Given = { id: string; kind: RunStepDetail['kind']; at: number | null; result: string[] };

/** Only what is looked at: the steps, and what was recorded of them. */
function detailOf(given: Given[]): RunDetail {
  return {
    run: {
      steps: given.map(({ id, at, result }) => ({
        id,
        ended_at: at === null ? null : new Date(at * 1_000).toISOString(),
        result,
      })),
    },
    steps: given.map(({ id, kind }) => ({
      id,
      kind,
      title: id.toUpperCase(),
      action_name:
        kind === 'automatic' || kind === 'verify' || kind === 'commit' ? 'environment.status' : null,
    })),
  } as unknown as RunDetail;
}

const titlesAt = (detail: RunDetail, id: string) =>
  earlierResults(detail, detail.steps.find((step) => step.id === id) as RunStepDetail).map(
    ({ title }) => title,
  );

describe('what was found before a step', () => {
  const run = detailOf([
    { id: 'words', kind: 'input', at: 1, result: ['answered'] },
    { id: 'recent', kind: 'automatic', at: 2, result: ['one run'] },
    { id: 'silent', kind: 'automatic', at: 3, result: [] },
    { id: 'health', kind: 'verify', at: 4, result: ['healthy'] },
    { id: 'way', kind: 'decision', at: null, result: [] },
    { id: 'next', kind: 'automatic', at: null, result: [] },
  ]);

  it('is, at a decision, every check since a person last did something, oldest first', () => {
    expect(titlesAt(run, 'way')).toEqual(['RECENT', 'HEALTH']);
  });

  it('is, anywhere else, what the step right before found', () => {
    expect(titlesAt(run, 'next')).toEqual(['HEALTH']);
  });

  it('leaves out what a person answered, and what came before it', () => {
    const answered = detailOf([
      { id: 'status', kind: 'automatic', at: 1, result: ['all ok'] },
      { id: 'sure', kind: 'decision', at: 2, result: ['exposed'] },
      { id: 'way', kind: 'decision', at: null, result: [] },
    ]);
    expect(titlesAt(answered, 'way')).toEqual([]);
  });
});
