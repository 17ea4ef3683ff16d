import assert from "node:assert/strict";
import { listFrontends } from "./queries.ts";
import { decode, encode } from "../codec/protobuf.ts";
import {
  type ListedFrontends,
  RequestTcpFrontend,
  type RequestUdpFrontend,
} from "../schema/messages.ts";
import { readRecords, writeRecord } from "../codec/saved_state.ts";
import type { ConfigState } from "./state.ts";
import { accept, address, cluster, refuse, stateWith } from "../../tests/support/config/state.ts";
import { StreamFrontends } from "./stream_frontends.ts";
import type { Verb } from "./verbs.ts";
import { diff } from "../diff/diff.ts";
import { prepareUndo } from "../undo/undo.ts";

const AT = address("127.0.0.1:443");

interface Parts {
  readonly sni?: string;
  readonly alpn?: string[];
  readonly tags?: readonly (readonly [string, string])[];
}

function frontend(cluster_id: string, { sni, alpn = [], tags = [] }: Parts = {}) {
  const named = sni === undefined ? {} : { sni };
  return { cluster_id, address: AT, tags: new Map(tags), alpn, ...named };
}

const add = (...args: Parameters<typeof frontend>): Verb => ({
  kind: "add_tcp_frontend",
  value: frontend(...args),
});
const remove = (...args: Parameters<typeof frontend>): Verb => ({
  kind: "remove_tcp_frontend",
  value: frontend(...args),
});

const ALL = { http: false, https: false, tcp: false };

/** Cluster and name of every TCP frontend, as they are listed. */
function listed(state: ConfigState): [string, string | undefined][] {
  const { tcp_frontends }: ListedFrontends = listFrontends(state.tables, ALL);
  return tcp_frontends.map(({ cluster_id, sni }) => [cluster_id, sni]);
}

Deno.test("AddTcpFrontend keeps names and protocols of one listener apart, over all clusters", () => {
  const state = stateWith(
    add("a", { sni: "one.test" }),
    add("a", { sni: "*.test" }),
    add("b", { sni: "one.test", alpn: ["h2"] }),
    add("b", { sni: "one.test", alpn: ["smtp", "http/1.1"] }),
    add("b", { sni: "two.test", alpn: ["h2"] }),
  );
  assert.deepEqual(listed(state), [
    ["a", "*.test"],
    ["a", "one.test"],
    ["b", "one.test"],
    ["b", "one.test"],
    ["b", "two.test"],
  ]);
  assert.deepEqual(state.counts(), { clusters: 0, backends: 0, frontends: 5 });
});

Deno.test("AddTcpFrontend refuses a place that is taken, whatever the cluster, the tags and the order", () => {
  const tags = [["k", "v"]] as const;
  const whole = stateWith(add("a"));
  assert.equal(refuse(whole, add("a")), "already_exists");
  assert.equal(refuse(whole, add("a", { tags })), "already_exists");
  assert.equal(refuse(whole, add("b")), "already_exists");
  assert.equal(refuse(whole, add("b", { sni: "one.test" })), "invalid_value", "a mix");
  const named = stateWith(add("a", { sni: "One.TEST", alpn: ["h2", "http/1.1", "h2"] }));
  assert.equal(refuse(named, add("b")), "invalid_value", "a mix");
  const again = add("b", { sni: "one.test", alpn: ["http/1.1", "h2"], tags });
  assert.equal(refuse(named, again), "already_exists");
  assert.equal(refuse(named, add("b", { sni: "one.test", alpn: ["h2"] })), "invalid_value");
  accept(named, add("b", { sni: "one.test" }));
  assert.equal(refuse(named, add("c", { sni: "one.test" })), "already_exists", "two catch-alls");
  accept(named, add("c", { sni: "*.test", alpn: ["h2"] }));
  accept(named, add("c", { sni: "two.test", alpn: ["h2"] }));
});

Deno.test("AddTcpFrontend says who has what is asked for", () => {
  const state = stateWith(add("owner", { sni: "one.test", alpn: ["h2"] }));
  const reason = (verb: Verb) => state.apply({ request_type: verb })?.message ?? "";
  assert.match(reason(add("b", { sni: "one.test", alpn: ["h2"] })), /cluster "owner" has it/);
  assert.match(
    reason(add("b", { sni: "one.test", alpn: ["smtp", "h2"] })),
    /alpn: "h2", accepted is a protocol that no other frontend of "one\.test" has .*"owner"/,
  );
  assert.match(reason(add("b")), /sni: nothing, accepted is a server name where .*"owner"/);
});

Deno.test("AddTcpFrontend takes names without regard to case and protocols as a set", () => {
  const state = stateWith(add("a", { sni: "One.TEST", alpn: ["h2", "smtp", "h2"] }));
  const { tcp_frontends: [stored] } = listFrontends(state.tables, ALL);
  assert.deepEqual([stored?.sni, stored?.alpn], ["one.test", ["h2", "smtp"]]);
  assert.equal(refuse(state, remove("a", { sni: "one.test" })), "no_change");
  accept(state, remove("a", { sni: "ONE.test", alpn: ["smtp", "h2"] }));
  assert.deepEqual(listed(state), []);
});

Deno.test("AddTcpFrontend refuses what no client can ask for", () => {
  const state = stateWith();
  for (
    const sni of [
      ...["", "*", "*.", "a.*", "a.*.test", "*.*.test", "one test", "one.test/x", "one.test."],
      ...["b\u00fccher.test", "a..test", ".test"],
    ]
  ) {
    assert.equal(refuse(state, add("a", { sni })), "invalid_value", sni);
  }
  assert.equal(refuse(state, add("a", { alpn: ["h2"] })), "invalid_value", "protocols, no name");
  assert.equal(refuse(state, add("a", { sni: "x.test", alpn: [""] })), "invalid_value");
  accept(state, add("a", { sni: "localhost" }));
  accept(state, add("a", { sni: "xn--bcher-kva.test" }));
});

Deno.test("AddTcpFrontend refuses a cluster that chooses its backends by a header or a cookie", () => {
  for (const key of [{ affinity_header: "X" }, { affinity_cookie: "x" }]) {
    const state = stateWith();
    const tables = state.tables as unknown as { clusters: { add(it: unknown): null } };
    tables.clusters.add({ ...cluster("a"), ...key });
    assert.equal(refuse(state, add("a")), "invalid_value");
    accept(state, add("b"));
  }
});

Deno.test("RemoveTcpFrontend removes what the cluster has, with whatever tags", () => {
  const tags = [["k", "v"]] as const;
  const state = stateWith(
    add("a", { sni: "one.test", tags }),
    add("a", { sni: "one.test", alpn: ["h2"] }),
    add("b", { sni: "two.test" }),
  );
  assert.equal(refuse(state, remove("a", { sni: "two.test" })), "no_change");
  assert.equal(refuse(state, remove("b", { sni: "one.test" })), "no_change");
  accept(state, remove("a", { sni: "one.test" }));
  assert.deepEqual(listed(state), [["a", "one.test"], ["b", "two.test"]]);
  assert.equal(refuse(state, remove("a", { sni: "one.test" })), "no_change");
  accept(state, remove("a", { sni: "one.test", alpn: ["h2"] }));
  assert.equal(refuse(state, remove("a")), "not_found");
});

Deno.test("a change of TCP frontends is taken back for its own place only", () => {
  const state = stateWith(
    add("a", { sni: "one.test", tags: [["k", "v"]] }),
    add("a", { sni: "one.test", alpn: ["h2"] }),
    add("b", { sni: "two.test" }),
  );
  for (
    const verb of [
      remove("a", { sni: "one.test" }),
      remove("a", { sni: "one.test", alpn: ["h2"] }),
      add("a", { sni: "three.test" }),
      add("b", { sni: "one.test", alpn: ["smtp"] }),
    ]
  ) {
    const before = state.clone();
    const undo = prepareUndo(state, verb);
    accept(state, verb);
    assert.ok(!state.equals(before));
    for (const { request_type } of undo(state)) accept(state, request_type as Verb);
    assert.ok(state.equals(before), JSON.stringify(listed(state)));
  }
});

Deno.test("a difference of TCP frontends removes before it adds, and compares protocols as sets", () => {
  const from = stateWith(
    add("a", { sni: "one.test", alpn: ["h2", "smtp"] }),
    add("a", { sni: "x" }),
  );
  const same = stateWith(
    add("a", { sni: "x" }),
    add("a", { sni: "one.test", alpn: ["smtp", "h2"] }),
  );
  assert.deepEqual(diff(from, same), []);
  for (const to of [stateWith(add("b")), stateWith(add("b", { sni: "one.test", alpn: ["h2"] }))]) {
    for (const [one, other] of [[from, to], [to, from]] as const) {
      const copy = one.clone();
      for (const { request_type } of diff(one, other)) accept(copy, request_type as Verb);
      assert.ok(copy.equals(other));
    }
  }
});

Deno.test("names of TCP frontends survive the wire, and saving and loading a state", () => {
  const message = frontend("a", { sni: "*.test", alpn: ["h2"], tags: [["k", "v"]] });
  assert.deepEqual(decode(RequestTcpFrontend, encode(RequestTcpFrontend, message)), message);
  const bytes = encode(RequestTcpFrontend, frontend("a", { sni: "x" }));
  assert.ok(bytes.toHex().endsWith("220178"), bytes.toHex());
  const state = stateWith(
    add("a", { sni: "one.test", alpn: ["smtp", "h2"] }),
    add("b", { sni: "*.test" }),
    add("c", { sni: "one.test" }),
  );
  const text = state.dump().map((content, i) => writeRecord({ id: `SAVE-${i}`, content })).join("");
  const copy = stateWith();
  for (const { content } of readRecords(text).records) accept(copy, content.request_type as Verb);
  assert.ok(copy.equals(state));
});

function udp(
  kind: "add" | "remove",
  cluster_id: string,
  tags: readonly (readonly [string, string])[] = [],
): Verb {
  const value = { cluster_id, address: AT, tags: new Map(tags) };
  return kind === "add"
    ? { kind: "add_udp_frontend", value }
    : { kind: "remove_udp_frontend", value };
}

Deno.test("UDP frontends: one for each address over all clusters, removed with its tags only", () => {
  const table = new StreamFrontends<RequestUdpFrontend>({
    name: "UDP frontend",
    removedByTags: true,
  });
  const change = (verb: Verb) => {
    const value = verb.value as RequestUdpFrontend;
    return verb.kind === "add_udp_frontend" ? table.add(value) : table.remove(value);
  };
  const tags = [["k", "v"], ["l", "w"]] as const;
  assert.equal(change(udp("add", "a", tags)), null);
  assert.equal(change(udp("add", "a", tags))?.kind, "already_exists");
  const taken = change(udp("add", "b"));
  assert.match(taken?.message ?? "", /127\.0\.0\.1:443.*cluster "a" has it/);
  assert.equal(change(udp("remove", "b"))?.kind, "not_found");
  assert.equal(change(udp("remove", "a"))?.kind, "no_change");
  assert.equal(change(udp("remove", "a", [["k", "v"]]))?.kind, "no_change");
  assert.equal(table.size, 1);
  assert.equal(change(udp("remove", "a", tags.toReversed())), null);
  assert.equal(table.size, 0);
  assert.equal(change(udp("add", "b")), null);
});
