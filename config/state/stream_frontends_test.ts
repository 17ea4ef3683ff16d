import assert from "node:assert/strict";
import { listFrontends } from "./queries.ts";
import { decode, encode } from "../codec/protobuf.ts";
import { type ListedFrontends, RequestTcpFrontend } from "../schema/messages.ts";
import { readRecords, writeRecord } from "../codec/saved_state.ts";
import type { ConfigState } from "./state.ts";
import { accept, address, refuse, stateWith } from "../../tests/support/config/state.ts";
import type { Verb } from "./verbs.ts";
import { prepareUndo } from "../undo/undo.ts";

const AT = address("127.0.0.1:443");

function frontend(cluster_id: string, sni?: string, tags: [string, string][] = []) {
  const named = sni === undefined ? {} : { sni };
  return { cluster_id, address: AT, tags: new Map(tags), alpn: [], ...named };
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

Deno.test("AddTcpFrontend keeps frontends of one listener apart by their names", () => {
  const state = stateWith(add("a", "one.test"), add("a", "*.test"), add("a"), add("b", "one.test"));
  assert.deepEqual(listed(state), [
    ["a", undefined],
    ["a", "*.test"],
    ["a", "one.test"],
    ["b", "one.test"],
  ]);
  assert.deepEqual(state.counts(), { clusters: 0, backends: 0, frontends: 4 });
});

Deno.test("AddTcpFrontend takes names without regard to case", () => {
  const state = stateWith(add("a", "One.TEST"));
  assert.deepEqual(listed(state), [["a", "one.test"]]);
  assert.equal(refuse(state, add("a", "one.test")), "already_exists");
  accept(state, remove("a", "ONE.test"));
  assert.deepEqual(listed(state), []);
});

Deno.test("AddTcpFrontend refuses what no client can ask for", () => {
  const state = stateWith();
  for (const name of ["", "*", "*.", "a.*", "a.*.test", "*.*.test", "one test", "one.test/x"]) {
    assert.equal(refuse(state, add("a", name)), "invalid_value", name);
  }
  accept(state, add("a", "localhost"));
});

Deno.test("RemoveTcpFrontend removes the frontends of one name, with whatever tags", () => {
  const state = stateWith(add("a", "one.test"), add("a", "one.test", [["k", "v"]]), add("a"));
  assert.equal(refuse(state, remove("a", "two.test")), "no_change");
  accept(state, remove("a", "one.test"));
  assert.deepEqual(listed(state), [["a", undefined]]);
  assert.equal(refuse(state, remove("a", "one.test")), "no_change");
  accept(state, remove("a"));
  assert.equal(refuse(state, remove("a")), "not_found");
});

Deno.test("a change of TCP frontends is taken back for its own name only", () => {
  const state = stateWith(add("a", "one.test"), add("a", "one.test", [["k", "v"]]), add("a"));
  for (const verb of [remove("a", "one.test"), remove("a"), add("a", "two.test"), add("b")]) {
    const before = state.clone();
    const undo = prepareUndo(state, verb);
    accept(state, verb);
    assert.ok(!state.equals(before));
    for (const { request_type } of undo(state)) accept(state, request_type as Verb);
    assert.ok(state.equals(before), JSON.stringify(listed(state)));
  }
});

Deno.test("names of TCP frontends survive the wire, and saving and loading a state", () => {
  const message = frontend("a", "*.test", [["k", "v"]]);
  assert.deepEqual(decode(RequestTcpFrontend, encode(RequestTcpFrontend, message)), message);
  const bytes = encode(RequestTcpFrontend, frontend("a", "x"));
  assert.ok(bytes.toHex().endsWith("220178"), bytes.toHex());
  const state = stateWith(add("a", "one.test"), add("b", "*.test"), add("c"));
  const text = state.dump().map((content, i) => writeRecord({ id: `SAVE-${i}`, content })).join("");
  const copy = stateWith();
  for (const { content } of readRecords(text).records) accept(copy, content.request_type as Verb);
  assert.ok(copy.equals(state));
});
