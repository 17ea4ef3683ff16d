// How often the backends of a cluster are probed: its interval and a little more, by its name, so that
// clusters configured together are not all probed at the same moment for ever.

import { asciiBytes } from "../../bytes/ascii.ts";
import { HASH_SEED, hashFinish, hashStep } from "../../routing/byte_hash.ts";

const SECOND_MS = 1000;
/** The addition is below this part of the interval. */
const JITTER_PART = 5;

/** Milliseconds from one round of probes to the next; the same for the same cluster in all workers. */
export function probePeriodMs(clusterId: string, intervalSeconds: number): number {
  const intervalMs = intervalSeconds * SECOND_MS;
  let hash = HASH_SEED;
  for (const byte of asciiBytes(clusterId)) hash = hashStep(hash, byte);
  const jitterMs = (hashFinish(hash) >>> 0) % Math.max(1, Math.floor(intervalMs / JITTER_PART));
  return intervalMs + jitterMs;
}
