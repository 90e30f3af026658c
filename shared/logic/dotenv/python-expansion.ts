/** `${NAME}` and `${NAME:-default}`; a bare `$NAME` is not expanded. */
const reference = /\$\{([^}:]*)(?::-([^}]*))?\}/g;

/**
 * Expands references as python-dotenv does with `override=True`, against the variables above in the same file. What
 * the service's own environment would add is not known here, so a value with a reference is always ambiguous.
 */
export function expandPythonReferences(raw: string, known: ReadonlyMap<string, string | null>): string {
  return raw.replace(reference, (_all, name: string, fallback: string | undefined) =>
    known.has(name) ? (known.get(name) ?? '') : (fallback ?? ''),
  );
}

export function hasPythonReference(raw: string): boolean {
  return raw.search(reference) !== -1;
}
