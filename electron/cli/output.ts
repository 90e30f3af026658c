import type { ErrorReport } from '#shared/model/errors.ts';

/** Where a command writes: one JSON document on stdout, or text for people; progress always on stderr. */
export interface Output {
  readonly json: boolean;
  readonly style: Style;
  /** The command's answer: the document with `--json`, else the text. */
  answer(document: unknown, text: string): void;
  /** Something that happened on the way; never part of the answer. */
  progress(line: string): void;
  error(report: ErrorReport): void;
}

export interface Style {
  bold(text: string): string;
  dim(text: string): string;
  red(text: string): string;
  yellow(text: string): string;
  green(text: string): string;
}

interface TextStream {
  write(text: string): unknown;
}

export function output(options: {
  json: boolean;
  color: boolean;
  stdout: TextStream;
  stderr: TextStream;
}): Output {
  const style = terminalStyle(options.color && !options.json);
  return {
    json: options.json,
    style,
    answer(document, text) {
      if (options.json) options.stdout.write(`${JSON.stringify(document, null, 2)}\n`);
      else options.stdout.write(text.endsWith('\n') || text === '' ? text : `${text}\n`);
    },
    progress(line) {
      options.stderr.write(`${line}\n`);
    },
    error(report) {
      if (options.json) {
        options.stdout.write(`${JSON.stringify({ error: report }, null, 2)}\n`);
        return;
      }
      const lines = [`${style.red('Error')}: ${report.message}`, report.unchanged, report.remedy];
      options.stderr.write(`${lines.filter((line) => line !== '').join('\n')}\n`);
    },
  };
}

function terminalStyle(color: boolean): Style {
  const wrap = (open: number, close: number) => (text: string) =>
    color ? `\u001b[${open}m${text}\u001b[${close}m` : text;
  return {
    bold: wrap(1, 22),
    dim: wrap(2, 22),
    red: wrap(31, 39),
    yellow: wrap(33, 39),
    green: wrap(32, 39),
  };
}
