import assert from "node:assert/strict";
import { QueryMetricsOptions, type WorkerInfo } from "../../config/schema/messages.ts";
import { startOrigin } from "../support/http/origin.ts";
import { freePort } from "../support/ports.ts";
import { connectRaw, get, readResponse } from "../support/http/raw_client.ts";
import { configFor } from "../support/config/served_config.ts";
import { isAlive, SozuProcess, waitFor } from "../support/process/sozu_process.ts";
import { runSozu } from "../support/cli/sozu_cli.ts";
import { SteadyLoad } from "../support/http/steady_load.ts";

const LOAD = { host: "app.test", single: 3, kept: 5, pauseMs: 2 };

async function answers(load: SteadyLoad, more: number): Promise<void> {
  const before = load.answered;
  await waitFor(`${more} more answers`, () => load.answered >= before + more);
}

/** Client connections of each worker. */
async function connections(sozu: SozuProcess): Promise<Map<number, number>> {
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

/** How long this program takes from its start to its end while all others go on, in milliseconds. */
async function startingMs(): Promise<number> {
  const started = performance.now();
  assert.equal((await runSozu(["--version"])).code, 0);
  return performance.now() - started;
}

/** Kills the second worker under load; what it cost. */
async function killWorker(sozu: SozuProcess, port: number) {
  const [, victim] = await sozu.runningWorkers() as [WorkerInfo, WorkerInfo];
  await using kept = new SteadyLoad({ ...LOAD, port, single: 0, kept: 12 });
  await using single = new SteadyLoad({ ...LOAD, port, single: 4, kept: 0 });
  await answers(kept, 200);
  await answers(single, 100);
  const atRisk = (await connections(sozu)).get(victim.id) ?? 0;
  const killed = performance.now();
  Deno.kill(victim.pid, "SIGKILL");
  await waitFor(
    "the replacement",
    async () => (await sozu.runningWorkers()).some(({ id }) => id > victim.id),
  );
  const tookMs = performance.now() - killed;
  const startMs = await startingMs();
  await answers(kept, 200);
  await answers(single, 100);
  await kept.stop();
  await single.stop();
  const failures = [...kept.failures, ...single.failures];
  console.log(
    `replaced after ${
      tookMs.toFixed(0)
    } ms, ${failures.length} failed of ${atRisk} connections at ` +
      `risk, ${kept.answered + single.answered} answered, the slowest new connection took ` +
      `${single.slowestMs.toFixed(0)} ms`,
  );
  return { tookMs, startMs, failures, atRisk, slowestMs: single.slowestMs };
}

Deno.test("kill -9 of a worker costs no more than what was in flight there, and it is replaced within a second", async () => {
  await using origin = startOrigin({ kind: "fixed", body: "ok" });
  const port = freePort();
  await using sozu = await SozuProcess.start(configFor(port, origin.address));
  let quickest = Infinity;
  // Where others want the processors, every process takes longer to start: two of them at most.
  let within = 1_000;
  for (let i = 0; i < 3 && quickest >= within; i++) {
    const { tookMs, startMs, failures, atRisk, slowestMs } = await killWorker(sozu, port);
    within = Math.max(within, 2 * startMs);
    // Connections come and go between the count and the end: no more than there are such clients.
    assert.ok(failures.length <= atRisk + 4, failures.join("\n"));
    assert.ok(slowestMs < 5_000, `a new connection took ${slowestMs} ms`);
    quickest = Math.min(quickest, tookMs);
  }
  assert.ok(quickest < within, `replaced after ${quickest} ms at best, not within ${within} ms`);
});

Deno.test("kill -9 of main fails no request, and the next main takes over without failing one", async () => {
  await using origin = startOrigin({ kind: "fixed", body: "ok" });
  const port = freePort();
  await using first = await SozuProcess.start(configFor(port, origin.address));
  const orphans = await first.workers();
  await using load = new SteadyLoad({ ...LOAD, port });
  await answers(load, 200);
  first.kill("SIGKILL");
  await first.status;
  await answers(load, 300);
  assert.ok(orphans.every(({ pid }) => isAlive(pid)), "workers go on serving");
  await using second = await first.startAgain();
  await waitFor("the old workers to leave", () => orphans.every(({ pid }) => !isAlive(pid)));
  await answers(load, 300);
  await load.stop();
  console.log(`${load.answered} answered, ${load.failures.length} failed`);
  assert.deepEqual(load.failures, []);
  assert.equal((await second.runningWorkers()).length, 2);
  assert.match(second.stderr, /outlived its main process/);
});

Deno.test("a worker without a main process keeps its tunnels while it hands over, then leaves", async () => {
  await using origin = startOrigin({ kind: "upgrade", protocol: "echo" });
  const port = freePort();
  const config = configFor(port, origin.address, "worker_count = 1\nsoft_stop_timeout = 3");
  await using first = await SozuProcess.start(config);
  const [orphan] = await first.workers() as [WorkerInfo];
  using wire = await connectRaw(port);
  await wire.write(
    "GET / HTTP/1.1\r\nHost: app.test\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\n",
  );
  assert.equal((await readResponse(wire)).status, 101);
  first.kill("SIGKILL");
  await first.status;
  await using second = await first.startAgain();
  await waitFor("the take-over", () => second.stderr.includes("outlived its main process"));
  for (let i = 0; i < 5; i++) {
    await wire.write(`ping ${i}`);
    await wire.readThrough(`ping ${i}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  await waitFor("the deadline of the tunnel", () => !isAlive(orphan.pid));
  assert.equal((await wire.readToEnd()).length, 0);
});

Deno.test("a stop of the new main stops the workers of the old one as well", async () => {
  await using origin = startOrigin({ kind: "silent" });
  const port = freePort();
  await using first = await SozuProcess.start(configFor(port, origin.address));
  const orphans = await first.workers();
  using wires = await busyWires(port, 4);
  await waitFor("the requests to arrive", () => origin.requests.length === 4);
  first.kill("SIGKILL");
  await first.status;
  await using second = await first.startAgain();
  await waitFor("both to be adopted", () => second.stderr.split("outlived").length === 3);
  assert.ok(orphans.every(({ pid }) => isAlive(pid)));
  await second.expectOk({ kind: "hard_stop", value: {} });
  assert.equal(await second.exitCode(), 0);
  await waitFor("every worker to end", () => orphans.every(({ pid }) => !isAlive(pid)));
  void wires;
});

Deno.test("SIGTERM stops a worker that has no main process: softly, then at once", async () => {
  await using origin = startOrigin({ kind: "silent" });
  const port = freePort();
  await using sozu = await SozuProcess.start(configFor(port, origin.address, "worker_count = 1"));
  const [orphan] = await sozu.workers() as [WorkerInfo];
  using wires = await busyWires(port, 1);
  await waitFor("the request to arrive", () => origin.requests.length === 1);
  sozu.kill("SIGKILL");
  await waitFor("the loss to be noticed", () => /The main process is gone/.test(sozu.stderr));
  Deno.kill(orphan.pid, "SIGTERM");
  await waitFor("the listener to close", async () => {
    try {
      (await connectRaw(port)).close();
      return false;
    } catch (error) {
      return error instanceof Deno.errors.ConnectionRefused;
    }
  });
  assert.ok(isAlive(orphan.pid));
  Deno.kill(orphan.pid, "SIGTERM");
  await waitFor("the worker to end", () => !isAlive(orphan.pid));
  void wires;
});

Deno.test("a client that claims to be a worker gets nothing that changes anything", async () => {
  await using origin = startOrigin({ kind: "fixed", body: "ok" });
  const port = freePort();
  await using sozu = await SozuProcess.start(configFor(port, origin.address));
  const workers = await sozu.workers();
  using client = await sozu.connect();
  await client.request({ kind: "adopt_worker", value: { id: 7, build: "x", listeners: [] } });
  // It is asked to leave like a worker, and disconnected for answering nonsense.
  await client.write(crypto.getRandomValues(new Uint8Array(64)));
  while (await client.receive().catch(() => null) !== null);
  assert.deepEqual(await sozu.workers(), workers);
  assert.equal((await get(port, "app.test")).text, "ok");
});

/** Connections with a request under way each. */
async function busyWires(port: number, count: number): Promise<Disposable> {
  const wires = await Promise.all(Array.from({ length: count }, () => connectRaw(port)));
  for (const wire of wires) await wire.write("GET / HTTP/1.1\r\nHost: app.test\r\n\r\n");
  return { [Symbol.dispose]: () => wires.forEach((wire) => wire.close()) };
}
