export type Inline =
  | { kind: 'text'; text: string }
  | { kind: 'code'; text: string }
  | { kind: 'strong'; content: Inline[] }
  | { kind: 'emphasis'; content: Inline[] };

export interface ListItem {
  content: Inline[];
  children: Block[];
}

export type Block =
  | { kind: 'paragraph'; content: Inline[] }
  | { kind: 'heading'; content: Inline[] }
  | { kind: 'code'; text: string }
  | { kind: 'list'; ordered: boolean; start: number; items: ListItem[] };

const listLine = /^(\s*)(?:([-*+])|(\d{1,3})[.)])\s+(.*)$/;
const fence = /^\s*```/;

/**
 * Reads the part of Markdown that runbooks use: paragraphs, headings, nested lists, fenced code, strong, emphasis and
 * inline code. Everything else, links and HTML included, stays the text that it is.
 */
export function parseMarkdown(text: string): Block[] {
  return parseLines(text.replaceAll('\r\n', '\n').split('\n'));
}

function parseLines(lines: readonly string[]): Block[] {
  const blocks: Block[] = [];
  let index = 0;
  while (index < lines.length) {
    const line = lines[index] ?? '';
    if (line.trim() === '') {
      index += 1;
    } else if (fence.test(line)) {
      let end = index + 1;
      while (end < lines.length && !fence.test(lines[end] ?? '')) end += 1;
      blocks.push({ kind: 'code', text: lines.slice(index + 1, end).join('\n') });
      index = end + 1;
    } else if (listLine.test(line)) {
      const end = endOfList(lines, index);
      blocks.push(parseList(lines.slice(index, end)));
      index = end;
    } else {
      const heading = /^#{1,6}\s+(.*)$/.exec(line);
      if (heading) {
        blocks.push({ kind: 'heading', content: parseInline(heading[1] ?? '') });
        index += 1;
        continue;
      }
      let end = index + 1;
      while (end < lines.length && continuesParagraph(lines[end] ?? '')) end += 1;
      const content = lines.slice(index, end).map((one) => one.trim());
      blocks.push({ kind: 'paragraph', content: parseInline(content.join(' ')) });
      index = end;
    }
  }
  return blocks;
}

function continuesParagraph(line: string): boolean {
  return line.trim() !== '' && !listLine.test(line) && !fence.test(line) && !/^#{1,6}\s/.test(line);
}

function indentation(line: string): number {
  return line.length - line.trimStart().length;
}

/** A list goes on through blank lines as long as a further item or an indented line follows. */
function endOfList(lines: readonly string[], from: number): number {
  const base = indentation(lines[from] ?? '');
  const ordered = isOrdered(lines[from] ?? '');
  let end = from + 1;
  while (end < lines.length) {
    const line = lines[end] ?? '';
    if (line.trim() === '') {
      const next = lines.slice(end).find((one) => one.trim() !== '');
      if (next === undefined || !(indentation(next) > base || isSibling(next, base, ordered))) return end;
    } else if (listLine.test(line) ? indentation(line) <= base && !isSibling(line, base, ordered) : false) {
      return end;
    }
    end += 1;
  }
  return end;
}

function isOrdered(line: string): boolean {
  return listLine.exec(line)?.[3] !== undefined;
}

function isSibling(line: string, base: number, ordered: boolean): boolean {
  return listLine.test(line) && indentation(line) === base && isOrdered(line) === ordered;
}

function parseList(lines: readonly string[]): Block {
  const first = listLine.exec(lines[0] ?? '');
  const base = indentation(lines[0] ?? '');
  const ordered = first?.[3] !== undefined;
  const groups: { head: string; rest: string[] }[] = [];
  for (const line of lines) {
    const match = listLine.exec(line);
    const last = groups.at(-1);
    if (match && (match[1] ?? '').length <= base) groups.push({ head: match[4] ?? '', rest: [] });
    else last?.rest.push(line);
  }
  const items = groups.map(({ head, rest }) => {
    let own = 0;
    while (own < rest.length && continuesParagraph(rest[own] ?? '')) own += 1;
    const words = [head, ...rest.slice(0, own).map((one) => one.trim())].join(' ');
    return { content: parseInline(words), children: parseLines(rest.slice(own)) };
  });
  return { kind: 'list', ordered, start: Number(first?.[3] ?? 1), items };
}

/** Code first, so that nothing inside it is read as emphasis. */
function parseInline(text: string): Inline[] {
  const match =
    /(`+)(.+?)\1(?!`)|\*\*(?=\S)(.+?\S|\S)\*\*|(?<![\w*])\*(?=\S)([^*]*?\S)\*(?![\w*])|(?<!\w)_(?=\S)([^_]*?\S)_(?!\w)/.exec(
      text,
    );
  if (!match) return text === '' ? [] : [{ kind: 'text', text }];
  const before = text.slice(0, match.index);
  const after = text.slice(match.index + match[0].length);
  const [, , code, strong, star, underscore] = match;
  const found: Inline =
    code !== undefined
      ? { kind: 'code', text: code.trim() || code }
      : strong !== undefined
        ? { kind: 'strong', content: parseInline(strong) }
        : { kind: 'emphasis', content: parseInline(star ?? underscore ?? '') };
  return [...(before === '' ? [] : [{ kind: 'text', text: before } as const]), found, ...parseInline(after)];
}
