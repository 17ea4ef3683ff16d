import assert from "node:assert/strict";
import { parseAddress } from "../../../config/values/address.ts";
import {
  type ClusterInformation,
  EventKind,
  type FilteredMetrics,
  LoadBalancingAlgorithms,
  MetricDetail,
  PathRuleKind,
  type ResponseContent,
  RulePosition,
  RunState,
} from "../../../config/schema/messages.ts";
import { asAscii, drawn } from "../../../tests/support/cli/ascii_table.ts";
import { PEM, PEM_FINGERPRINT } from "../../../tests/support/tls/certificate.ts";
import { renderContent } from "./answer.ts";

type Part = NonNullable<ResponseContent["content_type"]>;

const V4 = address("127.0.0.1:80");
const V6 = address("[::1]:443");

function address(text: string) {
  const parsed = parseAddress(text);
  assert.ok(parsed !== null);
  return parsed;
}

const VIEW = { columns: 80, verbose: false };

function render(content_type: Part, verbose = false): string {
  return asAscii(renderContent({ content_type }, { ...VIEW, verbose }));
}

function cluster(id: string): ClusterInformation {
  return {
    configuration: {
      cluster_id: id,
      sticky_session: false,
      https_redirect: true,
      load_balancing: LoadBalancingAlgorithms.ROUND_ROBIN,
      answers: new Map(),
      authorized_hashes: [],
    },
    http_frontends: [{
      cluster_id: id,
      address: V4,
      hostname: "a.test",
      path: { kind: PathRuleKind.PREFIX, value: "/" },
      position: RulePosition.TREE,
      tags: new Map(),
      headers: [],
      header_predicates: [],
    }],
    https_frontends: [],
    tcp_frontends: [],
    udp_frontends: [],
    backends: [{ cluster_id: id, backend_id: "b1", address: V4, backup: true }],
  };
}

Deno.test("renderContent says nothing when there is no content", () => {
  assert.equal(renderContent(undefined, VIEW), "");
  assert.equal(renderContent({ content_type: null }, VIEW), "");
});

Deno.test("renderContent shows workers by id, states by name", () => {
  const vec = [
    { id: 1, pid: 43, run_state: RunState.NOT_ANSWERING },
    { id: 0, pid: 42, run_state: RunState.RUNNING },
    { id: 2, pid: 44, run_state: 9 },
  ];
  assert.equal(
    render({ kind: "workers", value: { vec } }),
    drawn`
    +-----------+-----+---------------+
    | worker id | pid | run state     |
    +-----------+-----+---------------+
    | 0         | 42  | RUNNING       |
    | 1         | 43  | NOT_ANSWERING |
    | 2         | 44  | 9             |
    +-----------+-----+---------------+
    `,
  );
});

Deno.test("renderContent shows who knows a cluster", () => {
  const of = (...vec: ClusterInformation[]): ResponseContent => ({
    content_type: { kind: "clusters", value: { vec } },
  });
  const map = new Map([["10", of()], ["2", of(cluster("web"))], ["main", of(cluster("web"))]]);
  assert.equal(
    render({ kind: "worker_responses", value: { map } }),
    drawn`
    Clusters:
    +-----+--------+----------+-----------+--------+----------+----------------+
    | id  | sticky | to https | affinity  | shards | attempts | known to       |
    +-----+--------+----------+-----------+--------+----------+----------------+
    | web | no     | yes      | source_ip | off    | global   | main, worker 2 |
    +-----+--------+----------+-----------+--------+----------+----------------+

    HTTP frontends:
    +-----+--------+------+--------------+----------------+
    | id  | host   | path | address      | known to       |
    +-----+--------+------+--------------+----------------+
    | web | a.test | /*   | 127.0.0.1:80 | main, worker 2 |
    +-----+--------+------+--------------+----------------+

    Backends:
    +----+--------------+--------+----------------+
    | id | address      | backup | known to       |
    +----+--------------+--------+----------------+
    | b1 | 127.0.0.1:80 | yes    | main, worker 2 |
    +----+--------------+--------+----------------+
    `,
  );
  const everybody = new Map([["0", of(cluster("web"))], ["main", of(cluster("web"))]]);
  assert.match(render({ kind: "worker_responses", value: { map: everybody } }), /yes +\| all +\|/);
  const nobody = new Map([["main", of()], ["0", of()]]);
  assert.equal(render({ kind: "worker_responses", value: { map: nobody } }), "no cluster found\n");
});

Deno.test("renderContent tells apart who has which hash of a cluster", () => {
  const of = (entries: [string, bigint][]): ResponseContent => ({
    content_type: { kind: "cluster_hashes", value: { map: new Map(entries) } },
  });
  const map = new Map([
    ["0", of([["web", 4n], ["api", 1n]])],
    ["main", of([["web", 5n], ["api", 1n], ["new", 7n]])],
  ]);
  assert.equal(
    render({ kind: "worker_responses", value: { map } }),
    drawn`
    +---------+-----------+----------+
    | cluster | hash      | known to |
    +---------+-----------+----------+
    | api     | 1         | all      |
    | new     | 7         | main     |
    | new     | (unknown) | worker 0 |
    | web     | 5         | main     |
    | web     | 4         | worker 0 |
    +---------+-----------+----------+
    `,
  );
});

const LISTED: Part & { kind: "frontend_list" } = {
  kind: "frontend_list",
  value: {
    http_frontends: [{
      address: V4,
      hostname: "a.test",
      path: { kind: PathRuleKind.REGEX, value: "/x.*" },
      method: "GET",
      position: RulePosition.PRE,
      tags: new Map([["b", "2"], ["a", "1"]]),
      headers: [],
      header_predicates: [],
    }],
    https_frontends: [],
    tcp_frontends: [{ cluster_id: "db", address: V6, tags: new Map(), alpn: [] }],
    udp_frontends: [],
  },
};

Deno.test("renderContent shows only the kinds of frontends there are, and what is said of them", () => {
  assert.equal(
    render(LISTED),
    drawn`
    HTTP frontends:
    +--------+-------------+--------+----------+--------------+----------+
    | host   | path        | method | cluster  | address      | tags     |
    +--------+-------------+--------+----------+--------------+----------+
    | a.test | regexp /x.* | GET    | (denied) | 127.0.0.1:80 | a=1, b=2 |
    +--------+-------------+--------+----------+--------------+----------+

    TCP frontends:
    +-----------+---------+
    | address   | cluster |
    +-----------+---------+
    | [::1]:443 | db      |
    +-----------+---------+
    `,
  );
  assert.match(render(LISTED, true), /\| tags +\| position +\|\n[^]*\| PRE +\|/);
});

Deno.test("renderContent shows the server names of TCP frontends where there are any", () => {
  const common = { address: V4, tags: new Map(), alpn: [] };
  assert.equal(
    render({
      kind: "frontend_list",
      value: {
        http_frontends: [],
        https_frontends: [],
        tcp_frontends: [{ ...common, cluster_id: "db", sni: "*.db.test" }, {
          ...common,
          cluster_id: "rest",
        }],
        udp_frontends: [],
      },
    }),
    drawn`
    TCP frontends:
    +--------------+-------------+---------+
    | address      | server name | cluster |
    +--------------+-------------+---------+
    | 127.0.0.1:80 | *.db.test   | db      |
    | 127.0.0.1:80 |             | rest    |
    +--------------+-------------+---------+
    `,
  );
});

Deno.test("renderContent shows counters, limits and leases", () => {
  assert.equal(
    render({ kind: "request_counts", value: { map: new Map([["Status", 1], ["AddCluster", 2]]) } }),
    drawn`
    +--------------+-------+
    | request type | count |
    +--------------+-------+
    | AddCluster   | 2     |
    | Status       | 1     |
    +--------------+-------+
    `,
  );
  const limit = (n: bigint) =>
    render({ kind: "max_connections_per_ip_limit", value: { limit: n } });
  assert.deepEqual([limit(0n), limit(12n)], ["unlimited (0)\n", "12\n"]);
  const worker = {
    configured: MetricDetail.DETAIL_CLUSTER,
    effective: MetricDetail.DETAIL_BACKEND,
    previous_effective: MetricDetail.DETAIL_CLUSTER,
    active_lease_count: 2,
  };
  const status = render({
    kind: "metric_detail_status",
    value: { ...worker, workers: new Map([["0", worker]]) },
  });
  assert.match(status, /\| main +\| DETAIL_CLUSTER .*\| \u2014 +\|/);
  assert.match(status, /\| worker:0 +\| DETAIL_CLUSTER .*\| 2 +\|/);
});

Deno.test("renderContent shows certificates with names and dates, and never a private key", () => {
  const certificate = {
    certificate: PEM,
    certificate_chain: [],
    key: "PRIVATE",
    versions: [],
    names: ["a.test", "*.a.test"],
  };
  const broken = { ...certificate, certificate: "garbage", names: [] };
  const certs = new Map([[PEM_FINGERPRINT, certificate], ["ff", broken]]);
  const part: Part = { kind: "certificates_with_fingerprints", value: { certs } };
  const text = render(part);
  assert.match(text, /^\+-.*\n\| names +\| valid until \| state +\|\n/);
  assert.match(text, /\n\| a\.test, \*\.a\.test +\| 2126-[0-9-]+ +\| [0-9]+ days left +\|\n/);
  assert.match(text, /\n\| +\| unreadable +\| +\|\n/);
  assert.doesNotMatch(text, new RegExp(PEM_FINGERPRINT.slice(0, 8)));
  // A fingerprint is never cut: where it does not fit into a table there is none.
  const verbose = render(part, true);
  assert.match(verbose, new RegExp(`^fingerprint: ${PEM_FINGERPRINT}$`, "m"));
  assert.match(verbose, /^valid from: 2026-11-21$/m);
  assert.doesNotMatch(text + verbose, /PRIVATE/);
  const summaries = [{ domain: "a.test", fingerprint: "ff" }];
  const shown: Part = {
    kind: "certificates_by_address",
    value: { certificates: [{ address: V6, certificate_summaries: summaries }] },
  };
  assert.match(render(shown), /\| \[::1\]:443 \| a\.test \|\n/);
  assert.match(render(shown, true), /\| \[::1\]:443 \| a\.test \| ff +\|\n/);
});

Deno.test("renderContent says so when nothing is measured under the names asked for", () => {
  const none = { main: new Map(), proxying: new Map(), workers: new Map(), clusters: new Map() };
  assert.match(render({ kind: "metrics", value: none }), /^Nothing is measured .*--list/);
});

Deno.test("renderContent shows metrics of processes, clusters and servers", () => {
  const inner = (value: NonNullable<FilteredMetrics["inner"]>): FilteredMetrics => ({
    inner: value,
  });
  const percentiles = {
    samples: 1n,
    p_50: 2n,
    p_90: 3n,
    p_99: 4n,
    p_99_9: 5n,
    p_99_99: 6n,
    p_99_999: 7n,
    p_100: 8n,
    sum: 9n,
  };
  const buckets = [{ le: 0n, count: 1n }, { le: 1n, count: 1n }, { le: 3n, count: 3n }];
  const requests = inner({ kind: "count", value: 3n });
  const text = render({
    kind: "metrics",
    value: {
      main: new Map([["a\tb", inner({ kind: "gauge", value: 3n })]]),
      proxying: new Map([
        ["lat", inner({ kind: "percentiles", value: percentiles })],
        ["lat_histogram", inner({ kind: "histogram", value: { sum: 10n, count: 3n, buckets } })],
      ]),
      workers: new Map(),
      clusters: new Map([["web", {
        cluster: new Map([["requests", requests]]),
        backends: [{ backend_id: "b1", metrics: new Map([["requests", requests]]) }],
      }]]),
    },
  });
  assert.equal(
    text,
    drawn`
    MAIN PROCESS
    +-----+-------+-------+
    |     | gauge | count |
    +-----+-------+-------+
    | a.b | 3     |       |
    +-----+-------+-------+

    PROXYING
    +-------------+---------+-----+-----+-----+-------+--------+---------+------+
    | Percentiles | samples | p50 | p90 | p99 | p99.9 | p99.99 | p99.999 | p100 |
    +-------------+---------+-----+-----+-----+-------+--------+---------+------+
    | lat         | 1       | 2   | 3   | 4   | 5     | 6      | 7       | 8    |
    +-------------+---------+-----+-----+-----+-------+--------+---------+------+
    +-----------------+-----+-------+---+---+---+
    | Histograms (ms) | sum | count | 0 | 1 | 3 |
    +-----------------+-----+-------+---+---+---+
    | lat             | 10  | 3     | 1 | 0 | 2 |
    +-----------------+-----+-------+---+---+---+

    Clusters
    Cluster web
    +----------+-------+-------+
    |          | gauge | count |
    +----------+-------+-------+
    | requests |       | 3     |
    +----------+-------+-------+

    web/b1
    +----------+-------+-------+
    |          | gauge | count |
    +----------+-------+-------+
    | requests |       | 3     |
    +----------+-------+-------+
    `,
  );
  assert.equal(
    render({
      kind: "available_metrics",
      value: { proxy_metrics: ["a"], cluster_metrics: ["b\x1b"] },
    }),
    "Metrics of the process:\n\ta\nMetrics of clusters:\n\tb\\u{1b}\n",
  );
});

Deno.test("renderContent lists other worker answers one by one", () => {
  const limit = (n: bigint): ResponseContent => ({
    content_type: { kind: "max_connections_per_ip_limit", value: { limit: n } },
  });
  const map = new Map([["1", limit(2n)], ["0", limit(1n)]]);
  assert.equal(
    render({ kind: "worker_responses", value: { map } }),
    "Worker 0\n1\n\nWorker 1\n2\n",
  );
});

Deno.test("renderContent names every kind of event, and numbers unknown ones", () => {
  const text = (kind: number) => render({ kind: "event", value: { kind, address: V6 } });
  for (const kind of Object.values(EventKind)) {
    assert.match(
      text(kind),
      /^\d{4}-\S+Z event, [a-z :]+, backend=, cluster=, address=\[::1\]:443\n$/,
    );
  }
  assert.match(text(99), /Z event, event 99, /);
});
