import assert from "node:assert/strict";
import type { AggregatedMetrics, FilteredMetrics } from "../../config/schema/messages.ts";
import { ExpositionEndpoint } from "./endpoint.ts";
import type { Family } from "./family.ts";
import { processFamilies } from "./process_families.ts";
import { sozuFamilies } from "./sozu_families.ts";
import { chosenFormat, formatFamilies } from "./text_format.ts";

function count(value: bigint): FilteredMetrics {
  return { inner: { kind: "count", value } };
}

function gauge(value: bigint): FilteredMetrics {
  return { inner: { kind: "gauge", value } };
}

const HISTOGRAM: FilteredMetrics = {
  inner: {
    kind: "histogram",
    value: { sum: 1500n, count: 3n, buckets: [{ le: 0n, count: 1n }, { le: 1023n, count: 3n }] },
  },
};

function aggregated(parts: Partial<AggregatedMetrics>): AggregatedMetrics {
  return {
    main: new Map(),
    workers: new Map(),
    clusters: new Map(),
    proxying: new Map(),
    ...parts,
  };
}

const HOSTILE = 'a"b\\c\nd';

const METRICS = aggregated({
  main: new Map([["workers.running", gauge(2n)]]),
  proxying: new Map([
    ["http.requests", count(7n)],
    ["client.connections", gauge(1n)],
    ["client.connections_percent", gauge(3n)],
    ["request_time_histogram", HISTOGRAM],
  ]),
  clusters: new Map([[HOSTILE, {
    cluster: new Map([["requests", count(7n)]]),
    backends: [{ backend_id: "b", metrics: new Map([["requests", count(4n)]]) }],
  }]]),
});

const BOUNDS = [1e-4, 2.5e-4, 5e-4, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5]
  .concat([1, 2.5, 5, 10, 30, 60]);

function bucketLines(
  name: string,
  countAt: (le: number) => number,
  total: number,
  labels = "",
): string[] {
  return [
    ...BOUNDS.map((le) => `${name}_bucket{${labels}le="${le}"} ${countAt(le)}`),
    `${name}_bucket{${labels}le="+Inf"} ${total}`,
  ];
}

function linesOf(format: "text" | "openmetrics"): string[] {
  return formatFamilies(sozuFamilies(METRICS), format).split("\n").filter((line) =>
    !line.startsWith("# HELP")
  );
}

Deno.test("Families have types, units, escaped labels and a bucket without bound", () => {
  assert.deepEqual(linesOf("text"), [
    "# TYPE sozu_client_connections gauge",
    "sozu_client_connections 1",
    "# TYPE sozu_http_requests_total counter",
    "sozu_http_requests_total 7",
    "# TYPE sozu_request_time_seconds histogram",
    ...bucketLines("sozu_request_time_seconds", (le) => le < 0.001 ? 0 : le < 2.5 ? 1 : 3, 3),
    "sozu_request_time_seconds_sum 1.5",
    "sozu_request_time_seconds_count 3",
    "# TYPE sozu_requests_total counter",
    'sozu_requests_total{cluster_id="a\\"b\\\\c\\nd"} 7',
    'sozu_requests_total{cluster_id="a\\"b\\\\c\\nd",backend_id="b"} 4',
    "# TYPE sozu_workers_running gauge",
    'sozu_workers_running{process="main"} 2',
    "# TYPE sozu_exposition_dropped_series gauge",
    "sozu_exposition_dropped_series 0",
    "",
  ]);
});

Deno.test("OpenMetrics names counters without their suffix, bounds as floats, and ends with EOF", () => {
  const lines = linesOf("openmetrics");
  assert.ok(lines.includes("# TYPE sozu_http_requests counter"));
  assert.ok(lines.includes("sozu_http_requests_total 7"));
  assert.ok(lines.includes('sozu_request_time_seconds_bucket{le="1.0"} 1'));
  assert.ok(lines.includes("# UNIT sozu_request_time_seconds seconds"));
  assert.deepEqual(lines.slice(-2), ["# EOF", ""]);
});

/** What one worker tells of a time: always in milliseconds, the finer way beside it. */
function time(name: string, micros: readonly number[]): [string, FilteredMetrics][] {
  const histogram = (bounds: readonly number[], values: readonly number[]): FilteredMetrics => ({
    inner: {
      kind: "histogram",
      value: {
        sum: BigInt(values.reduce((sum, value) => sum + value, 0)),
        count: BigInt(values.length),
        buckets: bounds.map((le) => ({
          le: BigInt(le),
          count: BigInt(values.filter((value) => value <= le).length),
        })),
      },
    },
  });
  const whole = micros.map((value) => Math.floor(value / 1000));
  const bounds = [0, 1, 3, 7, 15, 31, 63, 127, 255, 511, 1023, 2047];
  const enough = bounds.filter((_, i) => i === 0 || whole.some((it) => it > (bounds[i - 1] ?? 0)));
  return [
    [`${name}_histogram`, histogram(enough, whole)],
    [`${name}_histogram_us`, histogram(BOUNDS.map((le) => Math.round(le * 1e6)), micros)],
  ];
}

Deno.test("Every series of a histogram has the same bounds, and those below a millisecond mean something", () => {
  const series = (micros: readonly number[]) => ({
    cluster: new Map(time("request_time", micros)),
    backends: [],
  });
  const metrics = aggregated({
    clusters: new Map([["fast", series([90, 240, 240])], ["slow", series([90, 1_900_000])]]),
  });
  const lines = formatFamilies(sozuFamilies(metrics), "text").split("\n");
  const name = "sozu_request_time_seconds";
  const fast = bucketLines(name, (le) => le < 2.5e-4 ? 1 : 3, 3, 'cluster_id="fast",');
  const slow = bucketLines(name, (le) => le < 2.5 ? 1 : 2, 2, 'cluster_id="slow",');
  assert.deepEqual(lines.filter((line) => line.includes("_bucket")), [...fast, ...slow]);
  assert.ok(lines.includes(`${name}_sum{cluster_id="fast"} 0.00057`));
});

Deno.test("Times of a proxy that tells whole milliseconds only have the same bounds", () => {
  const coarse = (micros: readonly number[]) => ({
    cluster: new Map(time("request_time", micros).slice(0, 1)),
    backends: [],
  });
  const metrics = aggregated({
    clusters: new Map([["a", coarse([90, 2_900])], ["b", coarse([1_900_000])]]),
  });
  const lines = formatFamilies(sozuFamilies(metrics), "text").split("\n");
  const name = "sozu_request_time_seconds";
  // What took 2.9 ms is told as 2 ms, which is at most 3 ms, which is less than 4.
  const a = bucketLines(name, (le) => le < 0.001 ? 0 : le < 0.005 ? 1 : 2, 2, 'cluster_id="a",');
  const b = bucketLines(name, (le) => le < 2.5 ? 0 : 1, 1, 'cluster_id="b",');
  assert.deepEqual(lines.filter((line) => line.includes("_bucket")), [...a, ...b]);
});

Deno.test("Connections by network are one family, whose label is the bucket", () => {
  const families = sozuFamilies(aggregated({
    proxying: new Map([
      ["client.connect.per_source.bucket_007", count(2n)],
      ["client.connect.per_source.bucket_255", count(3n)],
    ]),
  }));
  const lines = formatFamilies(families, "text").split("\n").filter((it) => it.includes("source"));
  assert.deepEqual(lines.slice(1), [
    "# TYPE sozu_client_connect_per_source_total counter",
    'sozu_client_connect_per_source_total{bucket="007"} 2',
    'sozu_client_connect_per_source_total{bucket="255"} 3',
  ]);
});

Deno.test("Where there is no certificate, none expires in 1970", () => {
  const name = "tls.cert.min_expires_at_seconds";
  const families = (value: bigint) =>
    sozuFamilies(aggregated({ proxying: new Map([[name, gauge(value)]]) })).length;
  assert.deepEqual([families(0n), families(2_000_000_000n)], [1, 2]);
});

Deno.test("Processes have the names every client library gives them, and one label tells them apart", () => {
  const values = {
    cpuSeconds: 1.25,
    residentBytes: 4096,
    virtualBytes: 8192,
    openDescriptors: 7,
    mostDescriptors: null,
    startedAtSeconds: 1_700_000_000.5,
  };
  const families = processFamilies([
    { labels: [["process", "main"]], values },
    { labels: [["process", "worker"], ["worker_id", "0"]], values },
  ]);
  const lines = formatFamilies(families, "text").split("\n").filter((it) => !it.startsWith("# H"));
  assert.deepEqual(lines.slice(0, 3), [
    "# TYPE process_cpu_seconds_total counter",
    'process_cpu_seconds_total{process="main"} 1.25',
    'process_cpu_seconds_total{process="worker",worker_id="0"} 1.25',
  ]);
  assert.ok(!lines.join().includes("process_max_fds"));
  assert.ok(lines.includes('process_start_time_seconds{process="main"} 1700000000.5'));
});

Deno.test("A series that contradicts another is left out and counted", () => {
  const families = sozuFamilies(aggregated({
    proxying: new Map([["a.b", gauge(1n)], ["a_b", gauge(2n)], ["c", gauge(1n)]]),
    clusters: new Map([["x", {
      cluster: new Map([["c", HISTOGRAM], ["a.b", gauge(3n)]]),
      backends: [],
    }]]),
  }));
  const named = (name: string) => families.find((family) => family.name === name)?.series.length;
  assert.equal(named("sozu_a_b"), 2);
  assert.equal(families.at(-1)?.series[0]?.value, 1n);
});

Deno.test("chosenFormat() gives OpenMetrics only to those who prefer it", () => {
  const cases: readonly (readonly [string | null, string])[] = [
    [null, "text"],
    ["*/*", "text"],
    ["text/plain;version=0.0.4", "text"],
    ["application/openmetrics-text; version=1.0.0", "openmetrics"],
    [
      "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
      "openmetrics",
    ],
    ["application/openmetrics-text;q=0.1, text/plain;q=0.9", "text"],
    ["application/openmetrics-text;q=nonsense", "text"],
    [`${"x,".repeat(5000)}application/openmetrics-text`, "text"],
  ];
  for (const [accept, format] of cases) assert.equal(chosenFormat(accept), format, String(accept));
});

const FAMILY: Family = { name: "x", kind: "gauge", help: "", series: [{ labels: [], value: 1n }] };

function endpoint(gather: () => Promise<readonly Family[]>, now = { ms: 0 }) {
  const ready: { reason: string | null } = { reason: null };
  const it = new ExpositionEndpoint({
    gather,
    notReady: () => Promise.resolve(ready.reason),
    now: () => now.ms,
  });
  const ask = (path: string, init?: RequestInit) =>
    it.answer(new Request(`http://localhost${path}`, init));
  return { ask, ready, now };
}

Deno.test("The endpoint asks once for scrapers that come together, and again when that is old", async () => {
  let asked = 0;
  const { ask, now } = endpoint(() => {
    asked++;
    return Promise.resolve([FAMILY]);
  });
  const together = await Promise.all([ask("/metrics"), ask("/metrics"), ask("/metrics")]);
  for (const response of together) assert.equal(await response.text(), "# TYPE x gauge\nx 1\n");
  assert.equal(asked, 1);
  now.ms = 499;
  await ask("/metrics");
  assert.equal(asked, 1);
  now.ms = 500;
  await ask("/metrics");
  assert.equal(asked, 2);
});

Deno.test("The endpoint tells why there is nothing to scrape, and tries again the next time", async () => {
  let fails = true;
  const { ask } = endpoint(() =>
    fails ? Promise.reject(new Error("No worker answers")) : Promise.resolve([FAMILY])
  );
  const failed = await ask("/metrics");
  assert.deepEqual([failed.status, await failed.text()], [503, "No worker answers\n"]);
  fails = false;
  assert.equal((await ask("/metrics")).status, 200);
});

Deno.test("The endpoint refuses more requests at a time than it can hold", async () => {
  const gathered = Promise.withResolvers<readonly Family[]>();
  const { ask } = endpoint(() => gathered.promise);
  const waiting = Array.from({ length: 32 }, () => ask("/metrics"));
  const refused = await ask("/metrics");
  assert.deepEqual([refused.status, refused.headers.get("retry-after")], [503, "1"]);
  gathered.resolve([FAMILY]);
  for (const response of await Promise.all(waiting)) assert.equal(response.status, 200);
  assert.equal((await ask("/healthz")).status, 200);
});

Deno.test("The endpoint knows its paths and methods, and when traffic cannot be served", async () => {
  const { ask, ready } = endpoint(() => Promise.resolve([FAMILY]));
  for (const path of ["/healthz", "/livez", "/readyz", "/status"]) {
    const response = await ask(path);
    assert.equal(response.status, 200);
    assert.deepEqual(Object.keys(await response.json()), ["message"]);
  }
  ready.reason = "no worker answers";
  const unready = await ask("/readyz");
  assert.deepEqual([unready.status, await unready.json()], [503, { message: "no worker answers" }]);
  assert.equal((await ask("/healthz")).status, 200);
  assert.equal((await ask("/metrics", { method: "POST" })).status, 405);
  assert.equal((await ask("/other")).status, 404);
});
