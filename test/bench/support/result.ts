/** What a benchmark prints as its one line on stdout. See ../README.md. */
export interface BenchResult {
  name: string;
  title: string;
  /** The largest ratio, or figure where there is no ratio, that was aimed at; null when it is only reported. */
  target: number | null;
  ratio: number | null;
  figures: Readonly<Record<string, number>>;
  /** Of all figures, or of each by its name where they differ. Empty: a plain count. */
  unit: string | Readonly<Record<string, string>>;
  notes: readonly string[];
}

export function printResult(result: BenchResult): void {
  const figures = Object.fromEntries(
    Object.entries(result.figures).map(([name, value]) => [name, rounded(value)]),
  );
  const ratio = result.ratio === null ? null : rounded(result.ratio);
  process.stdout.write(`${JSON.stringify({ ...result, ratio, figures })}\n`);
}

/** Three significant digits: more would claim a precision that no run has. */
export function rounded(value: number): number {
  return Number(value.toPrecision(3));
}

/** For people who wait. */
export function progress(line: string): void {
  process.stderr.write(`  ${line}\n`);
}
