// kill -9 under load, of a worker and of main.

import assert from "node:assert/strict";
import { QueryMetricsOptions } from "../../../config/schema/messages.ts";
import { isAlive, type SozuProcess, waitFor } from "../../support/process/sozu_process.ts";
import { SteadyLoad } from "../../support/http/steady_load.ts";
import { type Finding, finding, noFailures } from "./finding.ts";
import { Scene } from "./traffic.ts";

const LOAD = { host: "app.test", pauseMs: 2 };
/** Clients that open a connection for each request. */
const SINGLE = 4;
const ROUNDS = 5;
const REPLACED_BAR_MS = 1_000;

/** Client connections of each worker. */
export async function connectionsOf(sozu: SozuProcess): Promise<Map<number, number>> {
  const { content } = await sozu.expectOk({
    kind: "query_metrics",
    value: { ...QueryMetricsOptions.empty(), workers: true, metric_names: ["client.connections"] },
  });
  assert.equal(content?.content_type?.kind, "metrics");
  return new Map([...content.content_type.value.workers].map(([id, { proxy }]) => {
    const inner = proxy.get("client.connections")?.inner;
    return [Number(id), Number(inner?.kind === "gauge" ? inner.value : 0n)];
  }));
}

/** Kills one worker of two, several times. */
export async function killWorker(): Promise<Finding[]> {
  await using scene = await Scene.start();
  const { sozu, port } = scene;
  const load = new SteadyLoad({ ...LOAD, port, single: SINGLE, kept: 12 });
  let slowest = 0;
  let atRisk = 0;
  try {
    await waitFor("traffic", () => load.answered > 200);
    for (let i = 0; i < ROUNDS; i++) {
      const [victim] = await sozu.runningWorkers();
      assert.ok(victim !== undefined);
      // Clients that come and go may have come since they were counted.
      atRisk += ((await connectionsOf(sozu)).get(victim.id) ?? 0) + SINGLE;
      const killed = performance.now();
      Deno.kill(victim.pid, "SIGKILL");
      await waitFor("the replacement", async () => {
        const running = await sozu.runningWorkers();
        return running.length === 2 && running.every(({ id }) => id !== victim.id);
      });
      slowest = Math.max(slowest, performance.now() - killed);
      const answered = load.answered;
      await waitFor("more traffic", () => load.answered > answered + 200);
    }
  } finally {
    await load.stop();
  }
  return [
    finding(
      `kill -9 of a worker, ${ROUNDS} times`,
      `${load.failures.length} failed of ${load.answered} requests, ${atRisk} at risk`,
      "failed <= connections on the workers",
      load.failures.length <= atRisk,
    ),
    finding(
      "Replaced after at most",
      `${slowest.toFixed(0)} ms`,
      `< ${REPLACED_BAR_MS} ms`,
      slowest < REPLACED_BAR_MS,
    ),
    finding(
      "Slowest new connection meanwhile",
      `${load.slowestMs.toFixed(0)} ms`,
      "< 1000 ms",
      load.slowestMs < 1_000,
    ),
  ];
}

/** Kills main, and starts the next one. */
export async function killMain(): Promise<Finding[]> {
  await using scene = await Scene.start();
  const { sozu, port } = scene;
  const load = new SteadyLoad({ ...LOAD, port, single: 4, kept: 8 });
  let tookMs = 0;
  try {
    await waitFor("traffic", () => load.answered > 200);
    const orphans = await sozu.workers();
    const killed = performance.now();
    sozu.kill("SIGKILL");
    await sozu.status;
    const answered = load.answered;
    await waitFor("traffic without main", () => load.answered > answered + 200);
    await using _next = await sozu.startAgain();
    await waitFor("the old workers to leave", () => orphans.every(({ pid }) => !isAlive(pid)));
    tookMs = performance.now() - killed;
    const later = load.answered;
    await waitFor("traffic on the new workers", () => load.answered > later + 200);
    await load.stop();
  } finally {
    await load.stop();
  }
  return [
    noFailures(
      `kill -9 of main, taken over after ${tookMs.toFixed(0)} ms`,
      load.failures,
      `${load.answered} requests`,
    ),
  ];
}
