// The little arithmetic the reports need.

/** The middle value; of an even number of values the mean of the middle two. NaN for none. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  if (sorted.length === 0) return Number.NaN;
  const upper = sorted[middle] as number;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] as number) + upper) / 2;
}

/** The items from `start` on, then those before it. */
export function rotated<T>(items: readonly T[], start: number): T[] {
  const cut = items.length === 0 ? 0 : start % items.length;
  return [...items.slice(cut), ...items.slice(0, cut)];
}
