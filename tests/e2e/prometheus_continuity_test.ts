// Counters at /metrics while the processes behind them are replaced and killed: a counter that falls is a
// restart to whoever reads it, and every rate computed from it would be wrong.

import assert from "node:assert/strict";
import { startOrigin } from "../support/http/origin.ts";
import { freePort } from "../support/ports.ts";
import { get } from "../support/http/raw_client.ts";
import { configFor } from "../support/config/served_config.ts";
import { SozuProcess, waitFor } from "../support/process/sozu_process.ts";

/** Every counter of a page and every part of its histograms, by name with labels. */
function countersOf(page: string): Map<string, number> {
  const kinds = new Map<string, string>();
  const counters = new Map<string, number>();
  for (const line of page.split("\n")) {
    const [, name, kind] = /^# TYPE (\S+) (\S+)$/.exec(line) ?? [];
    if (name !== undefined && kind !== undefined) kinds.set(name, kind);
    const at = line.lastIndexOf(" ");
    const series = line.slice(0, at);
    const family = series.replace(/\{.*/s, "");
    const base = family.replace(/_(bucket|sum|count)$/, "");
    // What the kernel counts of a process ends with that process.
    if (line.startsWith("#") || at < 0 || family.startsWith("process_")) continue;
    if (kinds.get(family) === "counter" || kinds.get(base) === "histogram") {
      counters.set(series, Number(line.slice(at + 1)));
    }
  }
  return counters;
}

/** Looks at a page again and again; none of its counters may fall. */
class Watch {
  readonly #url: string;
  #last = new Map<string, number>();
  pages = 0;
  readonly #over = Promise.withResolvers<void>();
  #stopped = false;

  constructor(metricsPort: number) {
    this.#url = `http://127.0.0.1:${metricsPort}/metrics`;
    void this.#run();
  }

  count(series: string): number | undefined {
    return this.#last.get(series);
  }

  /** Resolves when the page was read once more; rejects when a counter has fallen. */
  async again(): Promise<void> {
    const { pages } = this;
    await Promise.race([this.#over.promise, waitFor("a page", () => this.pages > pages)]);
  }

  stop(): void {
    this.#stopped = true;
  }

  async #run(): Promise<void> {
    while (!this.#stopped) {
      try {
        const response = await fetch(this.#url, { headers: { connection: "close" } });
        const text = await response.text();
        if (response.status === 200) this.#compare(countersOf(text));
      } catch (error) {
        // The endpoint moves from one main process to the next; a fall is no such gap.
        if (error instanceof assert.AssertionError) return this.#over.reject(error);
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  #compare(now: Map<string, number>): void {
    for (const [series, before] of this.#last) {
      const value = now.get(series);
      assert.ok(value !== undefined && value >= before, `${series}: ${before}, then ${value}`);
    }
    this.#last = now;
    this.pages++;
  }
}

Deno.test({
  name:
    "counters at /metrics go on when workers and main are replaced, and when a worker is killed",
  ignore: Deno.build.os !== "linux",
  async fn() {
    await using origin = startOrigin(({ target }) =>
      target === "/slow"
        ? { kind: "fixed", body: "late", delayMs: 1_500 }
        : { kind: "fixed", body: "ok" }
    );
    const [port, metrics] = [freePort(), freePort()];
    await using sozu = await SozuProcess.start(configFor(
      port,
      origin.address,
      `worker_count = 2\n[prometheus]\naddress = "127.0.0.1:${metrics}"`,
    ));
    let sent = 0;
    const send = async () => {
      for (let i = 0; i < 20; i++, sent++) {
        assert.equal((await get(port, "app.test")).status, 200);
      }
    };
    /** Requests that the workers of now finish while others take their places. */
    const during = async (replace: () => Promise<unknown>) => {
      const before = origin.requests.length;
      const late = Array.from({ length: 4 }, () => get(port, "app.test", "/slow"));
      await waitFor("requests to be in flight", () => origin.requests.length === before + 4);
      await replace();
      for (const { status } of await Promise.all(late)) assert.equal(status, 200);
      sent += late.length;
    };
    const watch = new Watch(metrics);
    const allCounted = () =>
      waitFor("all requests to be told", async () => {
        await watch.again();
        return watch.count('sozu_http_status_2xx_total{cluster_id="app"}') === sent;
      });
    try {
      await send();
      await allCounted();
      const [first, second] = await sozu.runningWorkers();
      assert.ok(first !== undefined && second !== undefined);
      await during(() => sozu.expectOk({ kind: "upgrade_worker", value: first.id }));
      await send();
      await allCounted();
      Deno.kill(second.pid, "SIGKILL");
      await waitFor("another worker in its place", async () => {
        const pids = (await sozu.runningWorkers()).map(({ pid }) => pid);
        return pids.length === 2 && !pids.includes(second.pid);
      });
      await send();
      await allCounted();
      for (let round = 0; round < 2; round++) {
        await during(() => sozu.expectOk({ kind: "upgrade_main", value: {} }));
        await send();
        await allCounted();
      }
      assert.equal(watch.count('sozu_workers_crashed_total{process="main"}'), 1);
    } finally {
      watch.stop();
    }
  },
});
