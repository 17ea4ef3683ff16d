import assert from "node:assert/strict";
import { backend, cluster, stateWith } from "../../tests/support/config/state.ts";
import { diff } from "../diff/diff.ts";
import { MAX_UNIX_PATH_BYTES, unixPathProblem } from "./unix_path.ts";
import type { Cluster } from "../schema/messages.ts";
import type { ConfigState } from "../state/state.ts";
import type { Verb } from "../state/verb.ts";

const PLAIN = backend("app", "one", "192.0.2.1:80");
const UNIX = { ...PLAIN, unix_path: "/run/app.sock" };

function withPort(): Cluster {
  return {
    ...cluster("app"),
    health_check: {
      uri: "/",
      interval: 1,
      timeout: 1,
      healthy_threshold: 1,
      unhealthy_threshold: 1,
      expected_status: 0,
      mode: 0,
      accepted_statuses: [],
      headers: [],
      port: 81,
    },
  };
}

function refusal(state: ConfigState, verb: Verb): string | undefined {
  return state.apply({ request_type: verb })?.message;
}

Deno.test("unixPathProblem() takes absolute paths and abstract names that fit", () => {
  const most = MAX_UNIX_PATH_BYTES;
  for (const path of ["/a", "@a", "/run/é.sock", `/${"a".repeat(most - 1)}`]) {
    assert.equal(unixPathProblem(path), null, path);
  }
  const refused: [path: string, message: RegExp][] = [
    ["", /an absolute path or an @abstract name/],
    ["run/a.sock", /an absolute path or an @abstract name/],
    ["@", /needs a name after '@'/],
    ["/a\0b", /NUL/],
    [`/${"a".repeat(most)}`, /107 bytes at most/],
    [`@${"é".repeat(54)}`, /107 bytes at most/],
  ];
  for (const [path, message] of refused) assert.match(unixPathProblem(path) ?? "", message, path);
});

Deno.test("ConfigState keeps the unix socket of a backend, and refuses a path that is none", () => {
  const state = stateWith({ kind: "add_cluster", value: cluster("app") });
  const wrong = { ...UNIX, unix_path: "app.sock" };
  for (const kind of ["add_backend", "add_unix_backend"] as const) {
    assert.match(
      refusal(state, { kind, value: wrong }) ?? "",
      /^invalid unix_path: unix_path must/,
    );
  }
  assert.equal(refusal(state, { kind: "add_backend", value: UNIX }), undefined);
  const [added] = diff(stateWith(), state).slice(-1);
  assert.deepEqual(added?.request_type, { kind: "add_unix_backend", value: UNIX });
  assert.equal(refusal(state, { kind: "add_backend", value: PLAIN }), undefined);
  assert.equal(state.tables.backends.of("app").size, 1, "the address is its identity");
});

Deno.test("a cluster of UDP and a backend behind a unix socket are refused together, in either order", () => {
  const udp = { ...cluster("app"), udp: {} };
  const first = stateWith({ kind: "add_cluster", value: udp });
  assert.match(refusal(first, { kind: "add_backend", value: UNIX }) ?? "", /UDP cluster cannot/);
  const second = stateWith(
    { kind: "add_cluster", value: cluster("app") },
    { kind: "add_backend", value: UNIX },
  );
  assert.match(refusal(second, { kind: "add_cluster", value: udp }) ?? "", /UDP cluster cannot/);
  const front = { cluster_id: "app", address: PLAIN.address, tags: new Map<string, string>() };
  assert.match(refusal(second, { kind: "add_udp_frontend", value: front }) ?? "", /UDP cluster/);
});

Deno.test("a port of health checks and a backend behind a unix socket are refused together", () => {
  const { health_check } = withPort();
  const first = stateWith({ kind: "add_cluster", value: withPort() });
  assert.match(refusal(first, { kind: "add_backend", value: UNIX }) ?? "", /health_check\.port/);
  const second = stateWith(
    { kind: "add_cluster", value: cluster("app") },
    { kind: "add_backend", value: UNIX },
  );
  assert.match(refusal(second, { kind: "add_cluster", value: withPort() }) ?? "", /port targets/);
  assert.ok(health_check !== undefined);
  const set: Verb = {
    kind: "set_health_check",
    value: { cluster_id: "app", config: health_check },
  };
  assert.match(refusal(second, set) ?? "", /port targets/);
});

Deno.test("diff() swaps a port of health checks and a unix socket in an order that is accepted", () => {
  const port = stateWith(
    { kind: "add_cluster", value: withPort() },
    { kind: "add_backend", value: PLAIN },
  );
  const unix = stateWith(
    { kind: "add_cluster", value: cluster("app") },
    { kind: "add_backend", value: UNIX },
  );
  for (const [from, to] of [[port, unix], [unix, port]] as const) {
    const state = stateWith();
    for (const request of diff(state, from)) assert.equal(state.apply(request), null);
    for (const request of diff(from, to)) assert.equal(state.apply(request), null);
    assert.deepEqual(diff(state, to), []);
  }
});
