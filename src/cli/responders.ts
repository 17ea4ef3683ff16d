// The order in which the answers of several processes are shown: main, then workers by number.

import { compareText } from "../../config/values/text_order.ts";

/** Entries of a map keyed by `main` and decimal worker ids. */
export function inResponderOrder<T>(responses: ReadonlyMap<string, T>): [string, T][] {
  return [...responses].sort(([a], [b]) => rank(a) - rank(b) || compareText(a, b));
}

/** Entries of a map by rising key. */
export function byKey<T>(map: ReadonlyMap<string, T>): [string, T][] {
  return [...map].sort(([a], [b]) => compareText(a, b));
}

function rank(id: string): number {
  if (id === "main") return -1;
  return /^[0-9]+$/.test(id) ? Number(id) : Number.MAX_SAFE_INTEGER;
}
