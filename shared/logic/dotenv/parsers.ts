import type { Parser } from '#shared/model/environment.ts';
import type { ParsedText } from './assignment.ts';
import { parseDocker } from './parse-docker.ts';
import { parseDotenv } from './parse-dotenv.ts';
import { parsePythonDotenv } from './parse-python-dotenv.ts';
import { parseSystemd } from './parse-systemd.ts';
import { expandPythonReferences } from './python-expansion.ts';

/** Reads a file as the given consumer does. Offsets are positions in `text`. */
export function parseText(parser: Parser, text: string): ParsedText {
  switch (parser) {
    case 'dotenv':
      return parseDotenv(text);
    case 'python-dotenv':
      return parsePythonDotenv(text);
    case 'systemd':
      return parseSystemd(text);
    case 'docker':
      return parseDocker(text);
  }
}

/**
 * The variables that the consumer ends up with: the last assignment of a name wins, and a last assignment without a
 * value means that the variable is not set.
 */
export function readVariables(parser: Parser, parsed: ParsedText): Map<string, string> {
  const known = new Map<string, string | null>();
  for (const { name, raw } of parsed.assignments) {
    known.set(name, parser === 'python-dotenv' && raw !== null ? expandPythonReferences(raw, known) : raw);
  }
  const variables = new Map<string, string>();
  for (const [name, value] of known) if (value !== null) variables.set(name, value);
  return variables;
}
