// One figure of the HTTP/2 benchmark that is no ratio to a peer, and its bar.

/** A figure and whether it is within its bar; `null` where there is none. */
export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly bar: number | null;
  readonly passed: boolean;
}

/** Makes a figure of which less is better, and prints it. */
export function figure(name: string, value: number, unit: string, bar: number | null): Figure {
  const passed = bar === null || value <= bar;
  const verdict = bar === null ? "" : `  ${passed ? "PASS" : "MISS"} (bar: <= ${bar})`;
  console.log(`${name.padEnd(64)}${value.toFixed(2).padStart(10)} ${unit}${verdict}`);
  return { name, value, unit, bar, passed };
}
