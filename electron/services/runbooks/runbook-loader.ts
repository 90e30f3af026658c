import { isNode, LineCounter, parseDocument } from 'yaml';
import { checkRunbook } from '#shared/logic/runbook-checks.ts';
import { Runbook } from '#shared/model/runbook.ts';

/** Where a runbook file is wrong: line (from 1), field as `steps[3].branches[0].goto`, and what is wrong with it. */
export interface RunbookError {
  line: number | null;
  field: string;
  message: string;
}

export type LoadedRunbook =
  | { ok: true; runbook: Runbook }
  /** `partial` is what could be read all the same, for lists: id, title and the like. */
  | { ok: false; errors: RunbookError[]; partial: Readonly<Record<string, unknown>> };

/** Larger than any runbook that a person can follow. */
export const maximumRunbookBytes = 512 * 1024;

/** Reads the text of a runbook file. Never throws for what the text holds: everything wrong comes back with its line. */
export function loadRunbook(text: string): LoadedRunbook {
  if (Buffer.byteLength(text) > maximumRunbookBytes) {
    const message = `the file is larger than ${maximumRunbookBytes / 1024} KB`;
    return { ok: false, errors: [{ line: null, field: 'file', message }], partial: {} };
  }
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true });
  if (document.errors.length > 0) {
    const errors = document.errors.map((error) => ({
      line: lines.linePos(error.pos[0]).line,
      field: 'file',
      message: firstLine(error.message),
    }));
    return { ok: false, errors, partial: {} };
  }
  let content: unknown;
  try {
    content = document.toJS({ maxAliasCount: 20 });
  } catch (error) {
    const message = error instanceof Error ? firstLine(error.message) : 'cannot be read';
    return { ok: false, errors: [{ line: 1, field: 'file', message }], partial: {} };
  }
  const line = (path: readonly PropertyKey[]): number | null => {
    for (let length = path.length; length >= 0; length -= 1) {
      const node = length === 0 ? document.contents : document.getIn(path.slice(0, length), true);
      if (isNode(node) && node.range) return lines.linePos(node.range[0]).line;
    }
    return null;
  };
  const parsed = Runbook.safeParse(content);
  if (!parsed.success) {
    const partial = typeof content === 'object' && content !== null && !Array.isArray(content) ? content : {};
    const errors = parsed.error.issues.flatMap((issue) => {
      const paths =
        issue.code === 'unrecognized_keys' ? issue.keys.map((key) => [...issue.path, key]) : [issue.path];
      return paths.map((path) => ({
        line: line(path),
        field: fieldName(path),
        message: issue.code === 'unrecognized_keys' ? 'there is no such field' : issue.message,
      }));
    });
    return { ok: false, errors: inOrder(errors), partial: { ...partial } };
  }
  const problems = checkRunbook(parsed.data);
  if (problems.length > 0) {
    const errors = problems.map(({ path, message }) => ({
      line: line(path),
      field: fieldName(path),
      message,
    }));
    return { ok: false, errors: inOrder(errors), partial: { ...parsed.data } };
  }
  return { ok: true, runbook: parsed.data };
}

function inOrder(errors: RunbookError[]): RunbookError[] {
  return errors.sort((one, other) => (one.line ?? 0) - (other.line ?? 0));
}

function fieldName(path: readonly PropertyKey[]): string {
  if (path.length === 0) return 'file';
  return path
    .map((part, index) =>
      typeof part === 'number' ? `[${part}]` : `${index === 0 ? '' : '.'}${String(part)}`,
    )
    .join('');
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? text;
}
