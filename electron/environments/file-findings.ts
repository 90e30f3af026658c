import { ambiguousValues } from '#shared/logic/dotenv/ambiguity.ts';
import type { ParsedText } from '#shared/logic/dotenv/assignment.ts';
import type { Parser } from '#shared/model/environment.ts';
import type { Finding } from '#shared/model/finding.ts';
import type { KeyRule } from '#shared/model/key.ts';
import type { FileStats } from './host-files.ts';

export interface FileToExamine {
  /** The file behind links. */
  path: string;
  /** The same, as messages name it. */
  described: string;
  stats: FileStats;
  /** Null when it is not known. */
  trackedByGit: boolean | null;
  parser: Parser;
  text: string;
  parsed: ParsedText;
  /** What the consumer reads. */
  variables: ReadonlyMap<string, string>;
  rules: readonly KeyRule[];
}

/** Everything about a dotenv file that someone should know, worst first. Never a value. */
export function fileFindings(file: FileToExamine): Finding[] {
  const managed = managedNames(file.rules);
  return [
    ...permissionFindings(file),
    ...gitFindings(file),
    ...equalValueFindings(file),
    ...duplicateFindings(file.parsed),
    ...ambiguousValues(file.parser, file.text, file.parsed, managed),
    ...malformedLineFindings(file),
    ...hardLinkFindings(file),
  ];
}

/** The variables of the managed keys, with their previous and next slots. */
export function managedNames(rules: readonly KeyRule[]): Set<string> {
  return new Set(rules.flatMap((rule) => [rule.name, rule.variables.previous, rule.variables.next]));
}

function permissionFindings({ path, described, stats: { mode } }: FileToExamine): Finding[] {
  if (mode === null) return [];
  const readable = mode & 0o044;
  const writable = mode & 0o022;
  if (readable === 0 && writable === 0) return [];
  const who = mode & 0o006 ? 'every user of the machine' : 'its group';
  return [
    {
      code: 'file-readable-by-others',
      severity: mode & 0o006 ? 'error' : 'warning',
      message: `${described} can be ${writable ? (readable ? 'read and changed' : 'changed') : 'read'} by ${who}.`,
      remedy: `Let only its owner read it: chmod 600 '${path}'. If the service runs as another user, give it the file by ownership.`,
    },
  ];
}

function gitFindings({ described, trackedByGit }: FileToExamine): Finding[] {
  if (trackedByGit !== true) return [];
  return [
    {
      code: 'file-tracked-by-git',
      severity: 'error',
      message: `${described} is tracked by git: its values are in the history of the repository.`,
      remedy: `Take it out (git rm --cached), add it to .gitignore, and rotate every key that was ever committed.`,
    },
  ];
}

/** Names the keys that share a value: whoever has one has the other. */
function equalValueFindings({ variables, rules }: FileToExamine): Finding[] {
  const byValue = new Map<string, string[]>();
  for (const { name } of rules) {
    const value = variables.get(name);
    if (value) byValue.set(value, [...(byValue.get(value) ?? []), name]);
  }
  return [...byValue.values()]
    .filter((names) => names.length > 1)
    .map((names) => ({
      code: 'equal-values',
      severity: 'error' as const,
      key: names[0] as string,
      message: `${names.join(' and ')} have the same value.`,
      remedy: 'Rotate all but one of them, so that each has a value of its own.',
    }));
}

function duplicateFindings(parsed: ParsedText): Finding[] {
  const lines = new Map<string, number[]>();
  for (const { name, line } of parsed.assignments) lines.set(name, [...(lines.get(name) ?? []), line]);
  return [...lines]
    .filter(([, places]) => places.length > 1)
    .map(([name, places]) => ({
      code: 'duplicate-name',
      severity: 'warning' as const,
      key: name,
      line: places.at(-1) as number,
      message: `${name} is set ${places.length} times (lines ${places.join(', ')}); the last one counts.`,
      remedy: `Remove the lines that do not count.`,
    }));
}

function malformedLineFindings({ parser, parsed }: FileToExamine): Finding[] {
  return parsed.malformed.slice(0, 20).map(({ line, reason }) => ({
    code: 'malformed-line',
    severity: parser === 'docker' ? 'error' : 'warning',
    line,
    message: `Line ${line}: ${reason}.`,
    remedy: 'Correct the line in an editor, or turn it into a comment.',
  }));
}

function hardLinkFindings({ described, stats: { links } }: FileToExamine): Finding[] {
  if (links === null || links <= 1) return [];
  return [
    {
      code: 'hard-links',
      severity: 'warning',
      message: `${described} has ${links} names (hard links). Replacing it leaves the other names with the old content.`,
      remedy: 'Use symbolic links instead, which are followed.',
    },
  ];
}
