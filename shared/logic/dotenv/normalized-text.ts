/**
 * Text with every line ending as `\n`, the way consumers that open files in text mode see it, and the way back to
 * positions in the original.
 */
export interface NormalizedText {
  text: string;
  /** Position in the original for a position in `text`. */
  originalOffset(offset: number): number;
  /** Line of a position in `text`, counted from 1. Ask in ascending order of positions. */
  lineAt(offset: number): number;
}

export function normalizeLineEndings(original: string): NormalizedText {
  // Positions in the normalized text behind which one more original character was dropped.
  const dropped: number[] = [];
  let text = original;
  if (original.includes('\r')) {
    text = original.replace(/\r\n?/g, (ending, position: number) => {
      if (ending.length === 2) dropped.push(position - dropped.length + 1);
      return '\n';
    });
  }
  let line = 1;
  let counted = 0;
  return {
    text,
    originalOffset(offset) {
      if (dropped.length === 0) return offset;
      let low = 0;
      let high = dropped.length;
      while (low < high) {
        const middle = (low + high) >> 1;
        if ((dropped[middle] as number) <= offset) low = middle + 1;
        else high = middle;
      }
      return offset + low;
    },
    lineAt(offset) {
      if (offset < counted) {
        line = 1;
        counted = 0;
      }
      for (; counted < offset; counted++) if (text.charCodeAt(counted) === 10) line++;
      return line;
    },
  };
}
