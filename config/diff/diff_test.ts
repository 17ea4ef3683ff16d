import assert from "node:assert/strict";
import { diff } from "./diff.ts";
import * as messages from "../schema/messages.ts";
import {
  COMMON_NAME_ONLY,
  TWO_ALTERNATIVE_NAMES,
} from "../../tests/support/config/certificates.ts";
import type { ConfigState } from "../state/state.ts";
import {
  accept,
  address,
  backend,
  certificate,
  cluster,
  frontend,
  httpListener,
  httpsListener,
  stateWith,
  template,
} from "../../tests/support/config/state.ts";
import type { Verb } from "../state/verbs.ts";

/** The verbs of a diff, after checking that replaying it gives the target. */
function verbs(mine: ConfigState, theirs: ConfigState): Verb[] {
  const replayed = mine.clone();
  const requests = diff(mine, theirs);
  for (const request of requests) assert.equal(replayed.apply(request), null);
  assert.ok(replayed.equals(theirs));
  return requests.map(({ request_type }) => request_type).filter((verb) => verb !== null);
}

const kinds = (list: Verb[]) => list.map(({ kind }) => kind);
const tcp = (at: string, changes: Partial<messages.TcpListenerConfig> = {}) => ({
  ...messages.TcpListenerConfig.empty(),
  address: address(at),
  ...changes,
});

Deno.test("diff() names removed and added clusters, frontends and backends", () => {
  const mine = stateWith(
    { kind: "add_cluster", value: cluster("gone") },
    { kind: "add_cluster", value: cluster("same") },
    { kind: "add_http_frontend", value: frontend("gone.test", "/") },
    { kind: "add_backend", value: backend("same", "gone", "127.0.0.1:1") },
  );
  const theirs = stateWith(
    { kind: "add_cluster", value: cluster("new") },
    { kind: "add_cluster", value: cluster("same") },
    { kind: "add_backend", value: backend("same", "new", "127.0.0.1:2") },
  );
  const { address: at } = backend("same", "gone", "127.0.0.1:1");
  assert.deepEqual(verbs(mine, theirs), [
    { kind: "add_cluster", value: cluster("new") },
    { kind: "remove_backend", value: { cluster_id: "same", backend_id: "gone", address: at } },
    { kind: "add_backend", value: backend("same", "new", "127.0.0.1:2") },
    { kind: "remove_http_frontend", value: frontend("gone.test", "/") },
    { kind: "remove_cluster", value: "gone" },
  ]);
});

Deno.test("diff() lets a cluster that goes serve its routes until another one has them", () => {
  const route = (cluster_id: string) => frontend("x.test", "/", { cluster_id });
  const owned = (id: string): Verb[] => [
    { kind: "add_cluster", value: cluster(id) },
    { kind: "add_backend", value: backend(id, "one", "127.0.0.1:1") },
    { kind: "add_http_frontend", value: route(id) },
  ];
  const orphan: Verb = {
    kind: "add_http_frontend",
    value: frontend("waits.test", "/", { cluster_id: "blue" }),
  };
  assert.deepEqual(
    kinds(verbs(stateWith(...owned("blue")), stateWith(...owned("green"), orphan))),
    [
      "add_cluster",
      "add_backend",
      "add_http_frontend",
      "remove_http_frontend",
      "add_http_frontend",
      "remove_cluster",
      // It names the cluster that went, and waits for it.
      "add_http_frontend",
    ],
  );
});

Deno.test("diff() gives a cluster a port for its probes when no backend is behind a unix socket any more", () => {
  const health_check = { ...messages.HealthCheckConfig.empty(), uri: "/", port: 81 };
  const plain = backend("a", "one", "127.0.0.1:1");
  const unix = stateWith(
    { kind: "add_cluster", value: cluster("a") },
    { kind: "add_backend", value: { ...plain, unix_path: "/run/one.sock" } },
  );
  const port = stateWith(
    { kind: "add_cluster", value: cluster("a", { health_check }) },
    { kind: "add_backend", value: plain },
  );
  assert.deepEqual(kinds(verbs(unix, port)), ["add_backend", "add_cluster"]);
  assert.deepEqual(kinds(verbs(port, unix)), ["add_cluster", "add_unix_backend"]);
});

Deno.test("diff() of equal states is empty", () => {
  const state = stateWith({ kind: "add_cluster", value: cluster("a") });
  assert.deepEqual(verbs(state, state.clone()), []);
});

Deno.test("diff() adds a changed backend over the old one and tells addresses of one id apart", () => {
  const mine = stateWith(
    { kind: "add_cluster", value: cluster("a") },
    { kind: "add_backend", value: backend("a", "one", "127.0.0.1:1") },
    { kind: "add_backend", value: backend("a", "one", "127.0.0.1:2") },
  );
  const changed = backend("a", "one", "127.0.0.1:2", { backup: true });
  const theirs = stateWith(
    { kind: "add_cluster", value: cluster("a") },
    { kind: "add_backend", value: backend("a", "one", "127.0.0.1:1") },
    { kind: "add_backend", value: changed },
  );
  assert.deepEqual(verbs(mine, theirs), [{ kind: "add_backend", value: changed }]);
});

Deno.test("diff() adds a backend again when another at its address goes", () => {
  const stays = backend("a", "stays", "127.0.0.1:1");
  const mine = stateWith(
    { kind: "add_cluster", value: cluster("a") },
    { kind: "add_backend", value: backend("a", "goes", "127.0.0.1:1") },
    { kind: "add_backend", value: stays },
  );
  const theirs = stateWith(
    { kind: "add_cluster", value: cluster("a") },
    { kind: "add_backend", value: stays },
  );
  assert.deepEqual(kinds(verbs(mine, theirs)), ["remove_backend", "add_backend"]);
});

Deno.test("diff() removes and adds listeners in the order TCP, UDP, HTTP, HTTPS", () => {
  const udp = { ...messages.UdpListenerConfig.empty(), address: address("127.0.0.1:53") };
  const mine = stateWith(
    { kind: "add_https_listener", value: httpsListener({ active: true }) },
    { kind: "add_tcp_listener", value: tcp("127.0.0.1:1", { active: true }) },
  );
  const theirs = stateWith(
    { kind: "add_http_listener", value: httpListener({ active: true }) },
    { kind: "add_tcp_listener", value: tcp("127.0.0.1:2", { active: true }) },
    { kind: "add_udp_listener", value: udp },
  );
  assert.deepEqual(kinds(verbs(mine, theirs)), [
    "deactivate_listener",
    "remove_listener",
    "add_tcp_listener",
    "activate_listener",
    "add_udp_listener",
    "add_http_listener",
    "activate_listener",
    "deactivate_listener",
    "remove_listener",
  ]);
});

Deno.test("diff() renews a TCP listener's certificate in place, its key being the same or not", () => {
  for (const key of ["key", "another key"]) {
    const before = tcp("127.0.0.1:1", { active: true, certificate: "old", key: "key" });
    const after = { ...before, certificate: "new", key };
    const mine = stateWith({ kind: "add_tcp_listener", value: before });
    const theirs = stateWith({ kind: "add_tcp_listener", value: after });
    const patch = { address: before.address, certificate: "new", key };
    assert.deepEqual(verbs(mine, theirs), [{ kind: "update_tcp_listener", value: patch }]);
  }
});

Deno.test("diff() replaces the settings of a listener that no patch can change, and it stays open", () => {
  const before = tcp("127.0.0.1:1", { active: true, public_address: address("1.2.3.4:1") });
  const after = tcp("127.0.0.1:1", { active: true });
  const mine = stateWith({ kind: "add_tcp_listener", value: before });
  const theirs = stateWith({ kind: "add_tcp_listener", value: after });
  assert.deepEqual(verbs(mine, theirs), [{ kind: "replace_tcp_listener", value: after }]);
  const closed = stateWith({ kind: "add_tcp_listener", value: { ...after, active: false } });
  assert.deepEqual(kinds(verbs(mine, closed)), ["replace_tcp_listener", "deactivate_listener"]);
});

Deno.test("diff() changes a listener in place when a patch can, and it stays open", () => {
  const before = httpsListener({
    active: true,
    alpn_protocols: ["h2"],
    answers: new Map([["503", template(503, "a")]]),
  });
  const after = httpsListener({
    active: true,
    front_timeout: 1,
    alpn_protocols: [],
    answers: new Map([["503", template(503, "b")], ["404", template(404, "c")]]),
    hsts: { enabled: true },
    http_answers: { answer_429: template(429, "slow") },
    send_x_real_ip: true,
  });
  const mine = stateWith({ kind: "add_https_listener", value: before });
  const theirs = stateWith({ kind: "add_https_listener", value: after });
  assert.deepEqual(verbs(mine, theirs), [{
    kind: "update_https_listener",
    value: {
      address: after.address,
      front_timeout: 1,
      alpn_protocols: { values: [] },
      answers: new Map([["503", template(503, "b")], ["404", template(404, "c")]]),
      hsts: { enabled: true },
      http_answers: { answer_429: template(429, "slow") },
      send_x_real_ip: true,
    },
  }]);
});

Deno.test("diff() replaces a listener when a patch could not take back", () => {
  const cases: [Partial<messages.HttpListenerConfig>, Partial<messages.HttpListenerConfig>][] = [
    [{}, { answers: new Map([["503", ""]]) }],
    [{ answers: new Map([["503", template(503, "x")]]) }, {}],
    [
      { http_answers: { answer_404: template(404, "x") } },
      { http_answers: { answer_503: template(503, "x") } },
    ],
    [{ h2_max_glitch_count: 5 }, {}],
  ];
  for (const [from, to] of cases) {
    const mine = stateWith({ kind: "add_http_listener", value: httpListener(from) });
    const theirs = stateWith({ kind: "add_http_listener", value: httpListener(to) });
    assert.deepEqual(kinds(verbs(mine, theirs)), ["replace_http_listener"]);
  }
});

Deno.test("diff() only opens or closes a listener whose activity alone differs", () => {
  const closed = stateWith({ kind: "add_tcp_listener", value: tcp("127.0.0.1:1") });
  const open = stateWith({ kind: "add_tcp_listener", value: tcp("127.0.0.1:1", { active: true }) });
  assert.deepEqual(kinds(verbs(closed, open)), ["activate_listener"]);
  assert.deepEqual(kinds(verbs(open, closed)), ["deactivate_listener"]);
});

Deno.test("diff() leaves alone what hangs on a replaced listener", () => {
  const at = address("127.0.0.1:443");
  const bound = (listener: messages.HttpsListenerConfig) =>
    stateWith(
      { kind: "add_https_listener", value: listener },
      { kind: "add_https_frontend", value: frontend("x.test", "/", { address: at }) },
      {
        kind: "add_certificate",
        value: { address: at, certificate: certificate(COMMON_NAME_ONLY.pem) },
      },
    );
  const mine = bound(httpsListener({ active: true }));
  const theirs = bound(httpsListener({ active: true, cipher_list: ["x"] }));
  assert.deepEqual(kinds(verbs(mine, theirs)), ["replace_https_listener"]);
});

Deno.test("diff() withdraws frontends before their listener goes", () => {
  const mine = stateWith(
    { kind: "add_http_listener", value: httpListener() },
    { kind: "add_http_frontend", value: frontend("x.test", "/") },
  );
  assert.deepEqual(kinds(verbs(mine, stateWith())), ["remove_http_frontend", "remove_listener"]);
});

Deno.test("diff() removes a changed frontend right before it adds it", () => {
  const mine = stateWith(
    { kind: "add_http_frontend", value: frontend("x.test", "/") },
    { kind: "add_http_frontend", value: frontend("y.test", "/") },
  );
  const theirs = stateWith(
    { kind: "add_http_frontend", value: frontend("x.test", "/", { cluster_id: "b" }) },
    { kind: "add_http_frontend", value: frontend("y.test", "/", { cluster_id: "b" }) },
  );
  assert.deepEqual(kinds(verbs(mine, theirs)), [
    "remove_http_frontend",
    "add_http_frontend",
    "remove_http_frontend",
    "add_http_frontend",
  ]);
});

Deno.test("diff() gives a TCP address to another cluster, or other tags, by removing before it adds", () => {
  const at = address("127.0.0.1:7000");
  const bind = (cluster_id: string, tags: [string, string][] = []) =>
    ({
      kind: "add_tcp_frontend",
      value: { cluster_id, address: at, tags: new Map(tags), alpn: [] as string[] },
    }) as const;
  for (const theirs of [bind("b"), bind("a", [["k", "v"]])]) {
    assert.deepEqual(kinds(verbs(stateWith(bind("a")), stateWith(theirs))), [
      "remove_tcp_frontend",
      "add_tcp_frontend",
    ]);
  }
  assert.deepEqual(kinds(verbs(stateWith(bind("a")), stateWith(bind("a")))), []);
});

Deno.test("diff() adds new certificates before old ones go", () => {
  const add = (pem: string) => ({
    kind: "add_certificate" as const,
    value: { address: address("127.0.0.1:443"), certificate: certificate(pem) },
  });
  const mine = stateWith(add(COMMON_NAME_ONLY.pem));
  const theirs = stateWith(add(TWO_ALTERNATIVE_NAMES.pem));
  assert.deepEqual(kinds(verbs(mine, theirs)), ["add_certificate", "remove_certificate"]);
});

Deno.test("diff() from nothing and back to nothing covers UDP", () => {
  const udp = {
    ...messages.UdpListenerConfig.empty(),
    address: address("127.0.0.1:53"),
    active: true,
  };
  const full = stateWith(
    { kind: "add_udp_listener", value: udp },
    { kind: "add_cluster", value: cluster("dns") },
    {
      kind: "add_udp_frontend",
      value: { cluster_id: "dns", address: udp.address, tags: new Map() },
    },
    { kind: "add_backend", value: backend("dns", "one", "127.0.0.1:5353") },
  );
  verbs(stateWith(), full);
  verbs(full, stateWith());
  const copy = stateWith();
  for (const request of full.dump()) {
    assert.ok(request.request_type !== null);
    accept(copy, request.request_type);
  }
  assert.ok(copy.equals(full));
});
