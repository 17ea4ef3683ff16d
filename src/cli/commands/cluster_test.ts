import assert from "node:assert/strict";
import { parseAddress } from "../../../config/values/address.ts";
import {
  type Cluster,
  LoadBalancingAlgorithms,
  ProxyProtocolConfig,
  type Request,
  type ResponseContent,
  ShardMode,
} from "../../../config/schema/messages.ts";
import { parseLine } from "../../../tests/support/cli/cli.ts";
import { clusterIn } from "./cluster_http2.ts";

type RequestType = Request["request_type"];

const HASH = "0123456789abcdef".repeat(4);
const ADD = ["cluster", "add", "--id", "web", "--load-balancing-policy"];
const RR = [...ADD, "round_robin"];

function cluster(over: Partial<Cluster> = {}): RequestType {
  const value: Cluster = {
    cluster_id: "web",
    sticky_session: false,
    https_redirect: false,
    load_balancing: LoadBalancingAlgorithms.ROUND_ROBIN,
    answers: new Map(),
    authorized_hashes: [],
    ...over,
  };
  return { kind: "add_cluster", value };
}

function address(text: string) {
  const parsed = parseAddress(text);
  assert.ok(parsed !== null);
  return parsed;
}

const ACCEPTED: [line: string[], request: RequestType][] = [
  [RR, cluster()],
  [[...ADD, "RANDOM"], cluster({ load_balancing: LoadBalancingAlgorithms.RANDOM })],
  [[...ADD, "power_of_two"], cluster({ load_balancing: LoadBalancingAlgorithms.POWER_OF_TWO })],
  [[...ADD, "least_loaded"], cluster({ load_balancing: LoadBalancingAlgorithms.LEAST_LOADED })],
  [[...ADD, "hrw"], cluster({ load_balancing: LoadBalancingAlgorithms.HRW })],
  [[...ADD, "maglev"], cluster({ load_balancing: LoadBalancingAlgorithms.MAGLEV })],
  // The names of the manual.
  [[...ADD, "roundrobin"], cluster()],
  [[...ADD, "leastconnections"], cluster({ load_balancing: LoadBalancingAlgorithms.LEAST_LOADED })],
  [[...RR, "--max-connection-attempts", "255"], cluster({ max_connection_attempts: 255 })],
  [[...RR, "--allow-connect"], cluster({ allow_connect: true })],
  [
    [...RR, "-s", "-r", "--http2"],
    cluster({ sticky_session: true, https_redirect: true, http2: true }),
  ],
  [
    [...[...RR, "--affinity-header", "X-Tenant"], ...["--shard-percent", "25"]],
    cluster({ affinity_header: "X-Tenant", shard_percent: 25 }),
  ],
  [
    [
      ...[...RR, "--affinity-cookie", "sid", "--shard-percent", "100"],
      ...["--shard-min-backends", "2", "--shard-strict"],
    ],
    cluster({
      affinity_cookie: "sid",
      shard_percent: 100,
      shard_min_backends: 2,
      shard_mode: ShardMode.STRICT,
    }),
  ],
  [[...RR, "--send-proxy"], cluster({ proxy_protocol: ProxyProtocolConfig.SEND_HEADER })],
  [[...RR, "--expect-proxy"], cluster({ proxy_protocol: ProxyProtocolConfig.EXPECT_HEADER })],
  [
    [...RR, "--send-proxy", "--expect-proxy"],
    cluster({ proxy_protocol: ProxyProtocolConfig.RELAY_HEADER }),
  ],
  [
    [
      ...[...RR, "--https-redirect-port", "8443", "--www-authenticate", "staff"],
      ...["--authorized-hash", `me:${HASH}`, "--authorized-hash", `a_b-1:${HASH}`],
    ],
    cluster({
      https_redirect_port: 8443,
      www_authenticate: "staff",
      authorized_hashes: [`me:${HASH}`, `a_b-1:${HASH}`],
    }),
  ],
  [
    [...RR, "--answer", "503=a=b", "--answer", "404=file://lost.http"],
    cluster({ answers: new Map([["503", "a=b"], ["404", "HTTP/1.1 404 Lost"]]) }),
  ],
  [["cluster", "remove", "-i", "web"], { kind: "remove_cluster", value: "web" }],
  [["cluster", "list"], { kind: "query_clusters_hashes", value: {} }],
  [["cluster", "list", "--id", "web"], { kind: "query_cluster_by_id", value: "web" }],
  [
    ["cluster", "list", "-d", "a.test/api/v1"],
    { kind: "list_frontends", value: { http: false, https: false, tcp: false } },
  ],
  [
    ["backend", "add", "-i", "web", "--backend-id", "b1", "-a", "[::1]:81"],
    {
      kind: "add_backend",
      value: {
        cluster_id: "web",
        backend_id: "b1",
        address: address("[::1]:81"),
        load_balancing_parameters: { weight: 100 },
      },
    },
  ],
  [
    [
      ...["backend", "add", "-i", "web", "--backend-id", "b1", "-a", "[::1]:81"],
      ...["--unix-path", "/run/app.sock"],
    ],
    {
      kind: "add_unix_backend",
      value: {
        cluster_id: "web",
        backend_id: "b1",
        address: address("[::1]:81"),
        load_balancing_parameters: { weight: 100 },
        unix_path: "/run/app.sock",
      },
    },
  ],
  [
    [
      ...["backend", "add", "-i", "web", "--backend-id", "b1", "-a", "[::1]:81"],
      ...["--sticky-id", "s1", "--backup", "false"],
    ],
    {
      kind: "add_backend",
      value: {
        cluster_id: "web",
        backend_id: "b1",
        address: address("[::1]:81"),
        load_balancing_parameters: { weight: 100 },
        sticky_id: "s1",
        backup: false,
      },
    },
  ],
  [
    ["backend", "remove", "-i", "web", "--backend-id", "b1", "--address", "[::1]:81"],
    {
      kind: "remove_backend",
      value: { cluster_id: "web", backend_id: "b1", address: address("[::1]:81") },
    },
  ],
];

const PROBLEMS: [line: string[], message: RegExp][] = [
  [["cluster", "list", "-i", "web", "-d", "a.test"], /either --id or --domain/],
  [[...RR, "--https-redirect-port", "0"], /--https-redirect-port 0.*1 to 65535/],
  [[...RR, "--https-redirect-port", "65536"], /65536/],
  [[...RR, "--affinity-header", "host"], /--affinity-header.*"host".*other than Host and Cookie/],
  [[...RR, "--affinity-header", "Cookie"], /other than Host and Cookie/],
  [[...RR, "--affinity-header", "a b"], /--affinity-header.*token/],
  [[...RR, "--affinity-cookie", "a;b"], /--affinity-cookie.*name of a cookie/],
  [[...RR, "--shard-percent", "0"], /--shard-percent 0.*1 to 100/],
  [[...RR, "--shard-percent", "101"], /--shard-percent 101.*1 to 100/],
  [
    [...RR, "--shard-percent", "5", "--shard-min-backends", "1"],
    /--shard-min-backends 1.*2 or more/,
  ],
  [[...RR, "--authorized-hash", `me${HASH}`], /user:hash/],
  [[...RR, "--authorized-hash", `me:${HASH.slice(1)}`], /64 lower-case/],
  [[...RR, "--authorized-hash", `me:${HASH.toUpperCase()}`], /64 lower-case/],
  [[...RR, "--authorized-hash", `:${HASH}`], /user made of letters/],
  [[...RR, "--authorized-hash", `m e:${HASH}`], /user made of letters/],
  [[...RR, "--answer", "503"], /<code>=<template>/],
  [[...RR, "--answer", "503="], /<code>=<template>/],
  [[...RR, "--answer", "503=file://gone.http"], /Cannot read "gone\.http"/],
];

const SYNTAX_ERRORS: [line: string[], message: RegExp][] = [
  [["cluster", "add", "--id", "web"], /--load-balancing-policy/],
  [[...ADD, "fastest"], /Accepted: round_robin, random/],
  [[...ADD, "constructor"], /Accepted: round_robin/],
  [[...RR, "--affinity-header", "A", "--affinity-cookie", "b"], /cannot be used with/],
  [[...RR, "--shard-min-backends", "4"], /--shard-min-backends.*needs.*--shard-percent/],
  [[...RR, "--shard-strict"], /--shard-strict.*needs.*--shard-percent/],
  [["cluster", "remove"], /--id/],
  [[...RR, "--max-connection-attempts", "0"], /from 1 to 255/],
  [["cluster", "connection-attempts", "set", "-i", "web", "256"], /from 1 to 255/],
  [["connection-attempts", "set", "0"], /from 1 to 255/],
  [["backend", "add", "-i", "a", "--backend-id", "b", "-a", "1.2.3.4:5", "-b"], /argument missing/],
  [
    ["backend", "add", "-i", "a", "--backend-id", "b", "-a", "1.2.3.4:5", "-b", "yes"],
    /true or false/,
  ],
];

Deno.test("sozu cluster and backend turn their arguments into requests", async () => {
  const files = { "lost.http": "HTTP/1.1 404 Lost" };
  for (const [line, request] of ACCEPTED) {
    const parsed = await parseLine(line, { files });
    assert.equal(parsed.problem, null);
    assert.equal(parsed.stderr, "", line.join(" "));
    assert.deepEqual(parsed.request, request, line.join(" "));
  }
});

Deno.test("sozu cluster refuses arguments that do not make sense, saying what is accepted", async () => {
  for (const [line, message] of PROBLEMS) {
    const parsed = await parseLine(line);
    assert.match(parsed.problem ?? "", message, line.join(" "));
    assert.equal(parsed.request, null);
  }
});

Deno.test("sozu cluster and backend report syntax errors", async () => {
  for (const [line, message] of SYNTAX_ERRORS) {
    const parsed = await parseLine(line);
    assert.match(parsed.stderr, message, line.join(" "));
    assert.equal(parsed.request, null);
    assert.notEqual(parsed.parserExit, 0);
  }
});

Deno.test("clusterIn prefers main, falls back to workers only without main", () => {
  const web = clusterValue("web");
  const clusters = (...found: Cluster[]): ResponseContent => ({
    content_type: {
      kind: "clusters",
      value: {
        vec: found.map((configuration) => ({
          configuration,
          http_frontends: [],
          https_frontends: [],
          tcp_frontends: [],
          backends: [],
          udp_frontends: [],
        })),
      },
    },
  });
  const responses = (entries: [string, ResponseContent][]): ResponseContent => ({
    content_type: { kind: "worker_responses", value: { map: new Map(entries) } },
  });
  const changed = { ...web, http2: true };
  assert.equal(clusterIn(clusters(web), "web"), web);
  assert.equal(
    clusterIn(responses([["0", clusters(changed)], ["main", clusters(web)]]), "web"),
    web,
  );
  assert.equal(clusterIn(responses([["0", clusters(web)], ["main", clusters()]]), "web"), null);
  assert.equal(clusterIn(responses([["0", clusters()], ["1", clusters(web)]]), "web"), web);
  assert.equal(clusterIn(undefined, "web"), null);
});

function clusterValue(id: string): Cluster {
  return {
    cluster_id: id,
    sticky_session: false,
    https_redirect: false,
    load_balancing: LoadBalancingAlgorithms.ROUND_ROBIN,
    answers: new Map(),
    authorized_hashes: [],
  };
}
