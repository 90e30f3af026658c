import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { markdownText } from '#electron/cli/terminal/markdown-text.ts';
import { printable } from '#electron/cli/terminal/prompter.ts';
import { timelineMarkdown } from '#electron/services/runbooks/timeline.ts';
import {
  fillPlaceholders,
  type PlaceholderValues,
  placeholderNames,
  shellWord,
} from '#shared/logic/placeholders.ts';
import type { RunRecord } from '#shared/model/run-event.ts';

const values = Object.fromEntries(placeholderNames.map((name) => [name, `<${name}>`])) as PlaceholderValues;

describe('placeholders', () => {
  it('are filled from the run and from what was answered', () => {
    const answers = new Map([['answer.window.start', 'now']]);
    const text = '{{environment}} at {{ answer.window.start }}, {{answer.window.change}}, {{nothing}}';
    expect(fillPlaceholders(text, values, answers)).toBe('<environment> at now, (not answered), {{nothing}}');
  });

  it('do not fill what a value holds', () => {
    const tricky = { ...values, environment: '{{path}} $1 $&' };
    expect(fillPlaceholders('{{environment}}', tricky, new Map())).toBe('{{path}} $1 $&');
  });

  it('become one word of a shell, whatever they hold', () => {
    expect([shellWord('/srv/app/.env'), shellWord('my env'), shellWord("it's")]).toEqual([
      '/srv/app/.env',
      "'my env'",
      `'it'\\''s'`,
    ]);
  });
});

describe('Markdown in a terminal', () => {
  it('hangs list items and leaves code whole', () => {
    const text = markdownText(
      'One *soft* word.\n\n1. first item that is long\n   and goes on\n2. `code`\n\n```\na  b\n```',
      20,
    );
    expect(text.split('\n')).toEqual([
      'One soft word.',
      '',
      '1. first item that',
      '   is long and goes',
      '   on',
      '2. `code`',
      '',
      '    a  b',
    ]);
  });

  it('loses no word and keeps within the width, where words allow it', () => {
    const word = fc.stringMatching(/^[a-z]{1,12}$/);
    fc.assert(
      fc.property(
        fc.array(word, { minLength: 1, maxLength: 60 }),
        fc.integer({ min: 20, max: 100 }),
        (words, width) => {
          const text = markdownText(words.join(' '), width);
          expect(text.split(/\s+/)).toEqual(words);
          for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(width);
        },
      ),
    );
  });

  it('lets nothing that a service printed move the cursor', () => {
    expect(printable('a\u001b[2Jb\rc\u0007\td\ne\u009b1m')).toBe('a[2Jbc\td\ne1m');
  });
});

describe('the timeline', () => {
  it('shows what people wrote as text, not as Markdown or HTML', () => {
    const run = {
      run_id: 'r',
      runbook: 'small',
      title: '# <b>Title</b>',
      environment: { id: 'e', name: 'a|b', stage: 'staging' },
      state: 'completed',
      drill: true,
      dry_run: false,
      operator: 'ada@example.org',
      reason: 'line\n# two',
      started_at: '2026-11-23T09:00:00.000Z',
      ended_at: null,
      runbook_sha256: null,
      runbook_version: null,
      steps: [],
      notes: [{ at: 't', by: 'x', text: '[link](http://x) <img>' }],
      rotations: [],
    } as unknown as RunRecord;
    const text = timelineMarkdown(run, null, ['Done | well'], []);
    expect(text).toContain('DRILL: ');
    expect(text).not.toMatch(/^# two/m);
    expect(text).not.toMatch(/(?<!\\)<(b|img)/);
    expect(text).toContain('a\\|b');
  });
});
