/**
 * The Markdown of runbooks (paragraphs, lists, emphasis, inline code, fences) as plain text, wrapped to a width. List
 * items hang; code is never wrapped, so that it can be copied.
 */
export function markdownText(markdown: string, width: number): string {
  const out: string[] = [];
  let paragraph: { first: string; rest: string; words: string[] } | null = null;
  let fenced = false;
  const flush = () => {
    if (paragraph) out.push(...wrap(paragraph.words.join(' '), width, paragraph.first, paragraph.rest));
    paragraph = null;
  };
  for (const raw of markdown.replaceAll('\t', '  ').split('\n')) {
    if (/^\s*```/.test(raw)) {
      flush();
      fenced = !fenced;
      continue;
    }
    if (fenced) {
      out.push(`    ${raw}`);
      continue;
    }
    const line = raw.trimEnd();
    if (line.trim() === '') {
      flush();
      if (out.at(-1) !== '') out.push('');
      continue;
    }
    const item = /^(\s*)([-*]|\d+[.)])\s+(.*)$/.exec(line);
    const heading = /^#{1,6}\s+(.*)$/.exec(line);
    if (item) {
      flush();
      const mark = /\d/.test(item[2] ?? '') ? `${item[2]} ` : '- ';
      const indent = `${item[1] ?? ''}`;
      paragraph = {
        first: `${indent}${mark}`,
        rest: indent + ' '.repeat(mark.length),
        words: [inline(item[3] ?? '')],
      };
    } else if (heading) {
      flush();
      out.push(inline(heading[1] ?? '').toUpperCase());
    } else {
      const words = inline(line.trim());
      if (paragraph) paragraph.words.push(words);
      else paragraph = { first: '', rest: '', words: [words] };
    }
  }
  flush();
  while (out.at(-1) === '') out.pop();
  return out.join('\n');
}

/** Strong text in capitals would shout; it keeps its stars. Code keeps its back-ticks, so that its limits are seen. */
function inline(text: string): string {
  return text
    .replace(/(^|[^*])\*([^*\s][^*]*)\*(?!\*)/g, '$1$2')
    .replace(/\[([^\]]+)\]\(([^)]+)\)/g, '$1 ($2)');
}

/** Text in lines of at most `width`; a longer word has a line of its own. */
export function wrap(text: string, width: number, first = '', rest = ''): string[] {
  const lines: string[] = [];
  let line = first;
  let empty = true;
  for (const word of text.split(/\s+/).filter(Boolean)) {
    if (!empty && line.length + 1 + word.length > width) {
      lines.push(line);
      line = rest + word;
    } else {
      line += `${empty ? '' : ' '}${word}`;
    }
    empty = false;
  }
  lines.push(line);
  return lines;
}
