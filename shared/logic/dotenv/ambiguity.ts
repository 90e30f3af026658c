import type { Parser } from '#shared/model/environment.ts';
import type { Finding } from '#shared/model/finding.ts';
import type { Assignment, ParsedText } from './assignment.ts';
import { hasPythonReference } from './python-expansion.ts';

/**
 * Findings `ambiguous-value` for the given variables: the text of a file does not say one thing only. The value is
 * read differently by the configured consumer and by a person (quotes around are not part of the value, a comment
 * begins with white space and `#`), or differently by releases of the consumer, or only escaping keeps it intact.
 */
export function ambiguousValues(
  parser: Parser,
  text: string,
  parsed: ParsedText,
  names: ReadonlySet<string>,
): Finding[] {
  const last = new Map<string, Assignment>();
  for (const assignment of parsed.assignments) {
    if (names.has(assignment.name)) last.set(assignment.name, assignment);
  }
  const findings: Finding[] = [];
  for (const assignment of last.values()) {
    const reason = whyAmbiguous(parser, text, assignment);
    if (reason === null) continue;
    findings.push({
      code: 'ambiguous-value',
      severity: 'warning',
      key: assignment.name,
      line: assignment.line,
      message: `${assignment.name} on line ${assignment.line}: ${reason}.`,
      remedy:
        'Check which value the service really uses; a rotation replaces it by one that all consumers read alike.',
    });
  }
  return findings;
}

function whyAmbiguous(parser: Parser, text: string, assignment: Assignment): string | null {
  if (assignment.dependsOnRelease) return assignment.dependsOnRelease;
  if (assignment.raw === null) return `${parser} reads a name without a value`;
  if (plainReading(text, assignment) !== assignment.raw.replace(/\r\n?/g, '\n')) {
    return `${parser} reads another value than the line shows`;
  }
  if (parser === 'python-dotenv' && hasPythonReference(assignment.raw)) {
    return 'the value refers to other variables, which the environment of the service may define';
  }
  if (/[\\'"`\r\n]|\$\{/.test(assignment.raw)) {
    return 'the value holds quotes, backslashes or line ends, which only escaping keeps intact';
  }
  return null;
}

/** The value as a person reads the line. */
function plainReading(text: string, assignment: Assignment): string {
  const rest = text.slice(assignment.valueStart).replace(/\r\n?/g, '\n');
  const quote = rest[0];
  if (quote === "'" || quote === '"') {
    const closing = rest.indexOf(quote, 1);
    if (closing !== -1 && /^[ \t]*(#|\n|$)/.test(rest.slice(closing + 1))) return rest.slice(1, closing);
  }
  const line = rest.slice(0, rest.includes('\n') ? rest.indexOf('\n') : rest.length);
  return line.replace(/(^|[ \t]+)#.*/, '').trim();
}
