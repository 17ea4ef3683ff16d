// Names of enum numbers for display. Enums on the wire are open: a number from a newer peer is
// shown as a number.

/** The name of `value` in `names`, or the number when it has none. */
export function enumName(names: Readonly<Record<string, number>>, value: number): string {
  return Object.entries(names).find(([, number]) => number === value)?.[0] ?? String(value);
}
