// One figure of the churn benchmark beside its bar.

/** A figure that was measured, and whether it is what is promised. */
export interface Finding {
  readonly what: string;
  readonly value: string;
  readonly bar: string;
  readonly passed: boolean;
}

/** A finding. */
export function finding(what: string, value: string, bar: string, passed: boolean): Finding {
  return { what, value, bar, passed };
}

/** A finding about failures: none is allowed. The first few are shown. */
export function noFailures(what: string, failures: readonly string[], of: string): Finding {
  const some = failures.length === 0 ? "" : `: ${failures.slice(0, 3).join("; ")}`;
  return finding(what, `${failures.length} failed of ${of}${some}`, "0", failures.length === 0);
}
