// Requests with which proxies have been, or could be, made to disagree with the server behind them:
// about where a request ends, where it goes, or who sent it. Each has a verdict, and for an accepted one
// what is left behind it, which the proxy must take for the next request and nothing else.

import type { SmugglingCase } from "./smuggling_case.ts";
import { FRAMING_CASES } from "./smuggling_framing.ts";
import { HEAD_CASES } from "./smuggling_heads.ts";

export { LARGEST_HEAD, type SmugglingCase } from "./smuggling_case.ts";

/** Every request of the corpus. */
export const SMUGGLING_CORPUS: readonly SmugglingCase[] = [...HEAD_CASES, ...FRAMING_CASES];
