// One well-behaved client that keeps asking while others misbehave, and how long it waits: on a
// connection it holds, and on fresh ones.

import { connectRaw, get, readResponse } from "../support/raw_client.ts";
import { pause } from "../support/wait.ts";
import { HOST } from "./contenders.ts";

/** Between two questions; enough of them in some seconds for a 99th percentile. */
const EVERY_MS = 5;

/** What a probe saw, latencies in milliseconds. */
export interface ProbeResult {
  readonly asked: number;
  readonly failed: number;
  readonly p50: number;
  readonly p99: number;
  readonly worst: number;
}

/** Asks on one connection until `over`. */
export async function probeKept(port: number, over: AbortSignal): Promise<ProbeResult> {
  using wire = await connectRaw(port);
  return await probe(over, async () => {
    await wire.write(`GET / HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`);
    return (await readResponse(wire)).status;
  });
}

/** Asks on a fresh connection each time until `over`. */
export function probeFresh(port: number, over: AbortSignal): Promise<ProbeResult> {
  return probe(over, async () => (await get(port, HOST)).status);
}

async function probe(over: AbortSignal, ask: () => Promise<number>): Promise<ProbeResult> {
  const waits: number[] = [];
  let failed = 0;
  while (!over.aborted) {
    const start = performance.now();
    const status = await ask().catch(() => 0);
    waits.push(performance.now() - start);
    if (status !== 200) failed++;
    await pause(EVERY_MS);
  }
  return { asked: waits.length, failed, ...percentiles(waits) };
}

/** Middle, 99th percentile and largest of some waits. */
export function percentiles(waits: readonly number[]): { p50: number; p99: number; worst: number } {
  const sorted = [...waits].sort((a, b) => a - b);
  const at = (share: number) => sorted[Math.ceil(sorted.length * share) - 1] ?? Number.NaN;
  return { p50: at(0.5), p99: at(0.99), worst: at(1) };
}
