/** Throws a plain error: thousands of checks a minute need no diff. */
export function expectThat(condition: boolean, otherwise: string): void {
  if (!condition) throw new Error(otherwise);
}
