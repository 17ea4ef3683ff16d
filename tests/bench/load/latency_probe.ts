// One well-behaved client that keeps asking while others misbehave, and how long it waits: on a
// connection it holds, on fresh ones, or until it is refused. Runs in a thread of its own: the crowds that
// the other one plays would hold it up, and it would take that for the proxy's doing.

import { connectRaw, get, readResponse } from "../../support/http/raw_client.ts";
import { pause } from "../../support/wait.ts";
import { HOST } from "../contenders/contender.ts";
import { DelayMeter } from "./delay_meter.ts";

/** Between two questions; enough of them in some seconds for a 99th percentile. */
const EVERY_MS = 5;
/** Clients that knock at a full worker in the same moment. */
const KNOCKING = 10;
const KNOCK_EVERY_MS = 20;

/** What a probe does again and again. */
export type ProbeKind = "kept" | "fresh" | "knock";

/** What a probe saw, latencies in milliseconds. */
export interface ProbeResult {
  readonly asked: number;
  /** Questions that were not answered as they should be. */
  readonly failed: number;
  readonly p50: number;
  readonly p99: number;
  readonly worst: number;
  /** The worst, each wait less the time for which the prober itself was held up. */
  readonly worstOfProxy: number;
  /** The 99th percentile of the same. */
  readonly p99OfProxy: number;
}

/** What the thread is asked for: probes side by side. */
export interface ProbeOrder {
  readonly port: number;
  readonly seconds: number;
  readonly kinds: readonly ProbeKind[];
}

/** Runs probes side by side in a thread of their own; their results in the same order. */
export async function probe(
  port: number,
  seconds: number,
  kinds: readonly ProbeKind[],
): Promise<readonly ProbeResult[]> {
  const thread = new Worker(new URL("probe_thread.ts", import.meta.url), { type: "module" });
  const done = Promise.withResolvers<readonly ProbeResult[]>();
  thread.onmessage = ({ data }) => done.resolve(data);
  thread.onerror = ({ message }) => done.reject(new Error(message));
  try {
    thread.postMessage({ port, seconds, kinds } satisfies ProbeOrder);
    return await done.promise;
  } finally {
    thread.terminate();
  }
}

/** One question; resolves with whether it was answered as it should be. */
type Ask = () => Promise<boolean>;

const PROBES: Readonly<Record<ProbeKind, (port: number, over: AbortSignal) => Promise<Waits>>> = {
  async kept(port, over) {
    using wire = await connectRaw(port);
    const ask = async () => {
      await wire.write(`GET / HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`);
      return (await readResponse(wire)).status === 200;
    };
    return await askUntil(over, [ask], EVERY_MS);
  },
  fresh: (port, over) =>
    askUntil(over, [async () => (await get(port, HOST)).status === 200], EVERY_MS),
  knock: (port, over) =>
    askUntil(over, Array.from({ length: KNOCKING }, () => () => isRefused(port)), KNOCK_EVERY_MS),
};

interface Waits {
  readonly waits: readonly { readonly from: number; readonly to: number }[];
  readonly failed: number;
}

async function askUntil(over: AbortSignal, asks: readonly Ask[], everyMs: number): Promise<Waits> {
  const waits: { from: number; to: number }[] = [];
  let failed = 0;
  while (!over.aborted) {
    await Promise.all(asks.map(async (ask) => {
      const from = performance.now();
      if (!(await ask().catch(() => false))) failed++;
      waits.push({ from, to: performance.now() });
    }));
    await pause(everyMs);
  }
  return { waits, failed };
}

/** True when a new client is closed without a byte. */
async function isRefused(port: number): Promise<boolean> {
  try {
    using wire = await connectRaw(port);
    return (await wire.readToEnd()).length === 0;
  } catch (error) {
    // A connection that is reset before it was established for us is a refusal, too.
    return error instanceof Deno.errors.ConnectionReset;
  }
}

/** Middle, 99th percentile and largest of some waits. */
function percentiles(waits: readonly number[]): { p50: number; p99: number; worst: number } {
  const sorted = [...waits].sort((a, b) => a - b);
  const at = (share: number) => sorted[Math.ceil(sorted.length * share) - 1] ?? Number.NaN;
  return { p50: at(0.5), p99: at(0.99), worst: at(1) };
}

/** Does what the thread is asked for. */
export async function runProbes(
  { port, seconds, kinds }: ProbeOrder,
): Promise<readonly ProbeResult[]> {
  using meter = new DelayMeter();
  const over = AbortSignal.timeout(seconds * 1_000);
  const all = await Promise.all(kinds.map((kind) => PROBES[kind](port, over)));
  // The delay that a wait ended with is noted after it.
  await pause(KNOCK_EVERY_MS);
  return all.map(({ waits, failed }) => {
    const ofProxy = percentiles(waits.map(({ from, to }) => to - from - meter.heldUp(from, to)));
    return {
      asked: waits.length,
      failed,
      ...percentiles(waits.map(({ from, to }) => to - from)),
      worstOfProxy: ofProxy.worst,
      p99OfProxy: ofProxy.p99,
    };
  });
}
