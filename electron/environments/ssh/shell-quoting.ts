/**
 * One word for a shell that may be sh, bash, zsh, fish or csh: in single quotes, with every quote and backslash taken
 * out of them, because fish reads a backslash inside single quotes and the others do not.
 */
export function quoted(word: string): string {
  return `'${word.replace(/['\\]/g, (character) => `'\\${character}'`)}'`;
}
