import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Block, type Inline, parseMarkdown } from '#renderer/ui/markdown/parse-markdown.ts';

function inlineText(content: readonly Inline[]): string {
  return content.map((one) => ('text' in one ? one.text : inlineText(one.content))).join('');
}

function blockText(blocks: readonly Block[]): string {
  return blocks
    .map((one) => {
      if (one.kind === 'code') return one.text;
      if (one.kind !== 'list') return inlineText(one.content);
      return one.items.map((item) => `${inlineText(item.content)} ${blockText(item.children)}`).join(' ');
    })
    .join(' ');
}

describe('parseMarkdown', () => {
  it('reads paragraphs, lists, emphasis and inline code', () => {
    const text =
      'Replace **one line** of `.env`.\nIt is *quick*.\n\n1. First\n2. Second\n   - inner\n\nAfterwards';
    expect(parseMarkdown(text)).toEqual([
      {
        kind: 'paragraph',
        content: [
          { kind: 'text', text: 'Replace ' },
          { kind: 'strong', content: [{ kind: 'text', text: 'one line' }] },
          { kind: 'text', text: ' of ' },
          { kind: 'code', text: '.env' },
          { kind: 'text', text: '. It is ' },
          { kind: 'emphasis', content: [{ kind: 'text', text: 'quick' }] },
          { kind: 'text', text: '.' },
        ],
      },
      {
        kind: 'list',
        ordered: true,
        start: 1,
        items: [
          { content: [{ kind: 'text', text: 'First' }], children: [] },
          {
            content: [{ kind: 'text', text: 'Second' }],
            children: [
              {
                kind: 'list',
                ordered: false,
                start: 1,
                items: [{ content: [{ kind: 'text', text: 'inner' }], children: [] }],
              },
            ],
          },
        ],
      },
      { kind: 'paragraph', content: [{ kind: 'text', text: 'Afterwards' }] },
    ]);
  });

  it('leaves names with underscores and asterisks in code alone', () => {
    const text = blockText(parseMarkdown('JWT_SECRET_KEY and `a*b*c` stay, 2 * 3 * 4 too'));
    expect(text).toBe('JWT_SECRET_KEY and a*b*c stay, 2 * 3 * 4 too');
  });

  it('keeps HTML and links as the text that they are', () => {
    const text = '<script>alert(1)</script> [x](javascript:alert(1)) <img src=x onerror=alert(1)>';
    expect(blockText(parseMarkdown(text))).toBe(text);
  });

  it('keeps fenced code as it is', () => {
    expect(parseMarkdown('```sh\nrekey  status\n\n- x\n```')).toEqual([
      { kind: 'code', text: 'rekey  status\n\n- x' },
    ]);
  });

  it('loses no word of any text', () => {
    const word = fc.stringMatching(/^[a-z]{1,8}$/);
    const mark = fc.constantFrom('', '*', '**', '`', '_', '- ', '1. ', '  - ', '\n', '\n\n', '# ', '> ');
    fc.assert(
      fc.property(fc.array(fc.tuple(mark, word), { maxLength: 30 }), (parts) => {
        const shown = blockText(parseMarkdown(parts.map(([before, text]) => `${before}${text} `).join('')));
        for (const [, text] of parts) expect(shown).toContain(text);
      }),
    );
  });

  it('ends for every text', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 300 }), (text) => {
        expect(Array.isArray(parseMarkdown(text))).toBe(true);
      }),
    );
  });
});
