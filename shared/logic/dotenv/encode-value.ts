import type { Parser } from '#shared/model/environment.ts';
import type { QuoteStyle } from './assignment.ts';

const styles: Record<Parser, readonly QuoteStyle[]> = {
  dotenv: ['none', 'single', 'double', 'backtick'],
  'python-dotenv': ['none', 'single', 'double'],
  systemd: ['none', 'single', 'double'],
  docker: ['none'],
};

/**
 * Ways to write a value for a consumer, the wanted style first and the plainest next. They are candidates: whether
 * the consumer reads one back exactly is for the caller to see by parsing the result.
 */
export function* writtenForms(parser: Parser, value: string, wanted: QuoteStyle): Generator<string> {
  const usable = styles[parser];
  const order = usable.includes(wanted) ? [wanted, ...usable.filter((style) => style !== wanted)] : usable;
  for (const style of order) yield* formsIn(parser, style, value);
}

function* formsIn(parser: Parser, style: QuoteStyle, value: string): Generator<string> {
  switch (style) {
    case 'none':
      yield value;
      if (parser === 'systemd') yield value.replace(/[\\\s'"]/g, '\\$&');
      return;
    case 'single':
      yield `'${value}'`;
      if (parser === 'python-dotenv') yield `'${value.replace(/[\\']/g, '\\$&')}'`;
      return;
    case 'double':
      yield `"${value}"`;
      if (parser === 'dotenv') yield `"${value.replace(/\r/g, '\\r')}"`;
      if (parser === 'systemd') yield `"${value.replace(/["\\`$]/g, '\\$&')}"`;
      if (parser === 'python-dotenv') {
        yield `"${value.replace(/[\\"]/g, '\\$&').replace(/\n/g, '\\n').replace(/\r/g, '\\r')}"`;
      }
      return;
    case 'backtick':
      yield `\`${value}\``;
  }
}
