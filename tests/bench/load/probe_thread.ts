// The thread in which probes run, see latency_probe.ts.

import { type ProbeOrder, type ProbeResult, runProbes } from "./latency_probe.ts";

interface Thread {
  onmessage: ((event: MessageEvent<ProbeOrder>) => void) | null;
  postMessage(results: readonly ProbeResult[]): void;
}

const thread = globalThis as unknown as Thread;
thread.onmessage = async ({ data }) => thread.postMessage(await runProbes(data));
