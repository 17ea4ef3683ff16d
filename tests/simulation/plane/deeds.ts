// What backends of a run may do. Those of HTTP/2 take a switch for a refused stream, garbage for a reset, and
// surplus for a goodbye.

/** What a backend may do with a request, and how often: the first is what is right. */
export const DEEDS: readonly (readonly [Deed, number])[] = [
  ["plain", 70],
  ["slow", 6],
  ["interim", 5],
  ["early", 5],
  ["early_close", 2],
  ["short", 3],
  ["short_reset", 2],
  ["garbage", 2],
  ["stall", 2],
  ["stall_within", 2],
  ["die", 3],
  ["surplus", 3],
  ["unasked_switch", 1],
];

/** One of them. */
export type Deed =
  | "plain"
  | "slow"
  | "interim"
  | "early"
  | "early_close"
  | "short"
  | "short_reset"
  | "garbage"
  | "stall"
  | "stall_within"
  | "die"
  | "surplus"
  | "unasked_switch";
