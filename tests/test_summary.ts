// Reads the totals from what `deno test` prints. Pure: text in, numbers out.

/** Totals of one test run. */
export interface TestTotals {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

// deno-lint-ignore no-control-regex
const COLOURS = /\x1b\[[0-9;]*m/g;
const SUMMARY = /^(?:ok|FAILED) \| (\d+) passed(?: \([^)]*\))? \| (\d+) failed(?: \([^)]*\))?(.*)$/;

/** The totals in the last summary line of `output`, or null when there is none. */
export function readTotals(output: string): TestTotals | null {
  const lines = output.replace(COLOURS, "").split("\n").reverse();
  for (const line of lines) {
    const found = SUMMARY.exec(line);
    if (found === null) continue;
    const skipped = /(\d+) ignored/.exec(found[3] ?? "")?.[1] ?? 0;
    return { passed: Number(found[1]), failed: Number(found[2]), skipped: Number(skipped) };
  }
  return null;
}

/**
 * What a run amounts to. A run that ended badly without counting a failure (a module that does not
 * load, an error after the last test) counts as one more failure.
 */
export function verdict(totals: TestTotals | null, exitCode: number): TestTotals {
  const seen = totals ?? { passed: 0, failed: 0, skipped: 0 };
  return exitCode !== 0 && seen.failed === 0 ? { ...seen, failed: 1 } : seen;
}

/** Several runs as one. */
export function addTotals(runs: readonly TestTotals[]): TestTotals {
  const sum = (of: (totals: TestTotals) => number) => runs.reduce((all, run) => all + of(run), 0);
  return {
    passed: sum(({ passed }) => passed),
    failed: sum(({ failed }) => failed),
    skipped: sum(({ skipped }) => skipped),
  };
}

/** The one line a run ends with. */
export function totalsLine({ passed, failed, skipped }: TestTotals): string {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`;
}
