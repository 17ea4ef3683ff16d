import assert from "node:assert/strict";
import { parseAddress } from "../../../config/values/address.ts";
import {
  type Cluster,
  LoadBalancingAlgorithms,
  ProxyProtocolConfig,
  type Request,
  type ResponseContent,
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

const CHECK = {
  uri: "/health",
  interval: 10,
  timeout: 5,
  healthy_threshold: 3,
  unhealthy_threshold: 3,
  expected_status: 0,
  mode: 0,
  accepted_statuses: [],
  headers: [],
};

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
    ["cluster", "health-check", "set", "-i", "web", "-u", "/health"],
    { kind: "set_health_check", value: { cluster_id: "web", config: CHECK } },
  ],
  [
    [
      ...["cluster", "health-check", "set", "-i", "web", "--uri", "/h", "--interval", "20"],
      ...["--timeout", "7", "--healthy-threshold", "1", "--unhealthy-threshold", "2"],
      ...["--expected-status", "204"],
    ],
    {
      kind: "set_health_check",
      value: {
        cluster_id: "web",
        config: {
          uri: "/h",
          interval: 20,
          timeout: 7,
          healthy_threshold: 1,
          unhealthy_threshold: 2,
          expected_status: 204,
          mode: 0,
          accepted_statuses: [],
          headers: [],
        },
      },
    },
  ],
  [["cluster", "health-check", "remove", "-i", "web"], {
    kind: "remove_health_check",
    value: "web",
  }],
  [["cluster", "health-check", "list"], { kind: "query_health_checks", value: {} }],
  [
    ["cluster", "health-check", "list", "-i", "web"],
    { kind: "query_health_checks", value: { cluster_id: "web" } },
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
  [[...RR, "--authorized-hash", `me${HASH}`], /user:hash/],
  [[...RR, "--authorized-hash", `me:${HASH.slice(1)}`], /64 lower-case/],
  [[...RR, "--authorized-hash", `me:${HASH.toUpperCase()}`], /64 lower-case/],
  [[...RR, "--authorized-hash", `:${HASH}`], /user made of letters/],
  [[...RR, "--authorized-hash", `m e:${HASH}`], /user made of letters/],
  [[...RR, "--answer", "503"], /<code>=<template>/],
  [[...RR, "--answer", "503="], /<code>=<template>/],
  [[...RR, "--answer", "503=file://gone.http"], /Cannot read "gone\.http"/],
  [["cluster", "health-check", "set", "-i", "w", "-u", "health"], /begins with \//],
  [["cluster", "health-check", "set", "-i", "w", "-u", "/a\nb"], /control character/],
  [["cluster", "health-check", "set", "-i", "w", "-u", "/", "--interval", "0"], /--interval 0/],
  [["cluster", "health-check", "set", "-i", "w", "-u", "/", "--timeout", "0"], /--timeout 0/],
  [
    ["cluster", "health-check", "set", "-i", "w", "-u", "/", "--healthy-threshold", "0"],
    /--healthy-threshold 0/,
  ],
  [
    ["cluster", "health-check", "set", "-i", "w", "-u", "/", "--unhealthy-threshold", "0"],
    /--unhealthy-threshold 0/,
  ],
];

const SYNTAX_ERRORS: [line: string[], message: RegExp][] = [
  [["cluster", "add", "--id", "web"], /--load-balancing-policy/],
  [[...ADD, "fastest"], /Accepted: round_robin, random/],
  [[...ADD, "constructor"], /Accepted: round_robin/],
  [["cluster", "remove"], /--id/],
  [[...RR, "--max-connection-attempts", "0"], /from 1 to 255/],
  [["cluster", "connection-attempts", "set", "-i", "web", "256"], /from 1 to 255/],
  [["connection-attempts", "set", "0"], /from 1 to 255/],
  [["backend", "add", "-i", "a", "--backend-id", "b", "-a", "1.2.3.4:5", "-b"], /argument missing/],
  [
    ["backend", "add", "-i", "a", "--backend-id", "b", "-a", "1.2.3.4:5", "-b", "yes"],
    /true or false/,
  ],
  [["cluster", "health-check", "set", "-i", "w", "-u", "/", "--interval", "-1"], /whole number/],
  [
    ["cluster", "health-check", "set", "-i", "w", "-u", "/", "--interval", "4294967296"],
    /4294967295/,
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
  }
});

Deno.test("sozu cluster health-check set keeps its --timeout apart from the global one", async () => {
  const set = ["cluster", "health-check", "set", "-i", "web", "-u", "/"];
  const probe = await parseLine([...set, "--timeout", "7"]);
  assert.equal(probe.options?.timeoutMs, undefined);
  for (const line of [["--timeout", "250", ...set, "--timeout", "7"], [...set, "-t", "250"]]) {
    assert.equal((await parseLine(line)).options?.timeoutMs, 250, line.join(" "));
  }
});

Deno.test("sozu cluster health-check set warns when probes may overlap", async () => {
  const set = ["cluster", "health-check", "set", "-i", "web", "-u", "/", "--interval", "5"];
  assert.equal((await parseLine([...set, "--timeout", "5"])).warnings.length, 1);
  assert.equal((await parseLine([...set, "--timeout", "4"])).warnings.length, 0);
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
