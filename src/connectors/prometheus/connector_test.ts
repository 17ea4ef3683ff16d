import assert from "node:assert/strict";
import type { AggregatedMetrics, FilteredMetrics } from "../../../config/schema/messages.ts";
import { formatFamilies } from "../../exposition/text_format.ts";
import { AccessCounts } from "./access_counts.ts";
import { connectorFamilies } from "./connector_families.ts";
import { readConnectorSettings } from "./settings.ts";

function gauge(value: bigint): FilteredMetrics {
  return { inner: { kind: "gauge", value } };
}

function count(value: bigint): FilteredMetrics {
  return { inner: { kind: "count", value } };
}

const METRICS: AggregatedMetrics = {
  main: new Map([["configuration.clusters", gauge(1n)]]),
  proxying: new Map([
    ["http.requests", count(9n)],
    ["client.connections", gauge(2n)],
    ["request_time", {
      inner: {
        kind: "percentiles",
        value: {
          samples: 1n,
          p_50: 1n,
          p_90: 1n,
          p_99: 1n,
          p_99_9: 1n,
          p_99_99: 1n,
          p_99_999: 1n,
          p_100: 1n,
          sum: 1n,
        },
      },
    }],
    ["request_time_histogram", {
      inner: {
        kind: "histogram",
        value: {
          sum: 4n,
          count: 2n,
          buckets: [0, 0, 2].map((count, i) => ({
            le: 2n ** BigInt(i) - 1n,
            count: BigInt(count),
          })),
        },
      },
    }],
  ]),
  clusters: new Map([["a/b", {
    cluster: new Map([["requests", count(8n)]]),
    backends: [{ backend_id: "one", metrics: new Map([["requests", count(8n)]]) }],
  }]]),
  workers: new Map([["1", {
    proxy: new Map([["http.requests", count(9n)]]),
    clusters: new Map([["a/b", { cluster: new Map([["requests", count(8n)]]), backends: [] }]]),
  }]]),
};

Deno.test("connectorFamilies() names families as the upstream connector does, in its order", () => {
  const lines = formatFamilies(connectorFamilies(METRICS), "text").split("\n")
    .filter((line) => !line.startsWith("# HELP"));
  assert.deepEqual(lines, [
    "# TYPE configuration_clusters_main gauge",
    "configuration_clusters_main 1",
    "# TYPE client_connections_total gauge",
    "client_connections_total 2",
    "# TYPE http_requests_total counter",
    "http_requests_total 9",
    "# TYPE request_time_histogram_total histogram",
    ...Array.from(
      { length: 23 },
      (_, i) => `request_time_histogram_total_bucket{le="${2 ** i - 1}"} ${i < 2 ? 0 : 2}`,
    ),
    'request_time_histogram_total_bucket{le="+Inf"} 2',
    "request_time_histogram_total_sum 4",
    "request_time_histogram_total_count 2",
    "# TYPE requests counter",
    'requests{cluster_id="a/b"} 8',
    'requests{cluster_id="a/b",backend_id="one"} 8',
    'requests{worker_id="1",cluster_id="a/b"} 8',
    "# TYPE http_requests_worker counter",
    'http_requests_worker{worker_id="1"} 9',
    "",
  ]);
});

Deno.test("readConnectorSettings() takes the upstream keys and one of ours", () => {
  const text = `listening-address = "0.0.0.0:3000"
per-worker-metrics = true
[sozu]
configuration = "/etc/sozu/config.toml"
[sentry]
dsn = ""
env = "production"
`;
  assert.deepEqual(readConnectorSettings("c.toml", text), {
    listeningAddress: "0.0.0.0:3000",
    perWorkerMetrics: true,
    metricNames: "connector",
    proxyConfiguration: "/etc/sozu/config.toml",
  });
  const ours = readConnectorSettings("c.toml", `metric-names = "sozu"\n${text}`);
  assert.ok(typeof ours !== "string" && ours.metricNames === "sozu");
});

Deno.test("readConnectorSettings() finds the proxy's file from the folder of its own", () => {
  const text = `listening-address = "0.0.0.0:3000"\n[sozu]\nconfiguration = "../sozu.toml"\n`;
  const settings = readConnectorSettings("connectors/c.toml", text, "/srv");
  assert.ok(typeof settings !== "string");
  assert.equal(settings.proxyConfiguration, "/srv/sozu.toml");
});

Deno.test("readConnectorSettings() says what is wrong, and where", () => {
  const cases: readonly (readonly [string, RegExp])[] = [
    ["listening-address = [", /^c\.toml:1/],
    ['listening-address = "nowhere"\n[sozu]\nconfiguration = "x"', /^c\.toml:1.*nowhere/],
    ['listening-address = "0.0.0.0:1"\n', /sozu/],
    [
      'listening-address = "0.0.0.0:1"\nlistening-addres = 1\n[sozu]\nconfiguration = "x"',
      /c\.toml:2/,
    ],
  ];
  for (const [text, problem] of cases) {
    assert.match(String(readConnectorSettings("c.toml", text)), problem);
  }
});

Deno.test("AccessCounts counts by method and status and lets no client make up a label", () => {
  const counts = new AccessCounts("127.0.0.1:3000");
  counts.add("GET", 200, 1.5);
  counts.add("GET", 200, 0.5);
  counts.add('EVIL"', 405, 0);
  assert.deepEqual(
    formatFamilies(counts.families(), "text").split("\n").filter((it) => !/^#/.test(it)),
    [
      'http_access_requests_count{method="GET",host="127.0.0.1:3000",status="200"} 2',
      'http_access_requests_count{method="other",host="127.0.0.1:3000",status="405"} 1',
      'http_access_requests_duration{method="GET",host="127.0.0.1:3000",status="200"} 2000',
      'http_access_requests_duration{method="other",host="127.0.0.1:3000",status="405"} 0',
      "",
    ],
  );
});
