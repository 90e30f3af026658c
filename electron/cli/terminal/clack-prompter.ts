import { styleText } from 'node:util';
import { isCancel, multiselect, password, select, text } from '@clack/prompts';
import { Left, type Prompter, type TerminalStreams, widthOf } from './prompter.ts';
import { TerminalLines } from './terminal-lines.ts';

/** Menus with the arrow keys. */
export function clackPrompter(streams: TerminalStreams): Prompter {
  const { input, output } = streams;
  const style = (format: Parameters<typeof styleText>[0], text_: string) =>
    styleText(format, text_, { stream: output });
  const common = { input, output };
  const answered = <T>(answer: T): Exclude<T, symbol> => {
    if (isCancel(answer)) throw new Left();
    return answer as Exclude<T, symbol>;
  };
  const prompter: Prompter = {
    get width() {
      return widthOf(output) - 2;
    },
    line: (line = '') => void output.write(`${line}\n`),
    heading: (line) => void output.write(`${style('bold', line)}\n`),
    problem: (line) => void output.write(`${style('red', line)}\n`),
    select: async (message, choices) =>
      answered(
        await select({
          ...common,
          message,
          maxItems: 12,
          options: choices.map(({ value, label, hint }) => ({
            value: value as string,
            label: cut(label, prompter.width - 6),
            ...(hint
              ? { hint: cut(hint, prompter.width - Math.min(label.length, prompter.width) - 12) }
              : {}),
          })),
        }),
      ) as never,
    multiselect: async (message, choices, initial) =>
      answered(
        await multiselect({
          ...common,
          message,
          required: true,
          initialValues: [...initial],
          options: choices.map(({ value, label, hint }) => ({ value, label, ...(hint ? { hint } : {}) })),
        }),
      ),
    text: async (message, check) =>
      answered(
        await text({
          ...common,
          message,
          validate: (value) => check?.(value ?? '') ?? undefined,
        }),
      ) ?? '',
    secret: async (message) => answered(await password({ ...common, message })) ?? '',
    paste: (message) => {
      output.write(`${message}\nEnd with a line that holds a single dot.\n`);
      return new TerminalLines(streams).paste();
    },
  };
  return prompter;
}

function cut(text_: string, width: number): string {
  if (width < 8) return '';
  return text_.length <= width ? text_ : `${text_.slice(0, width - 1)}…`;
}
