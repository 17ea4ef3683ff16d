// One row is all that a kind of listener needs in config/: each law here is asked of every row.

import assert from "node:assert/strict";
import { diff } from "../diff/diff.ts";
import { ListenerType } from "../schema/messages.ts";
import { prepareUndo } from "../undo/undo.ts";
import { address, frontend } from "../../tests/support/config/state.ts";
import {
  addFrontend,
  addListener,
  ALL_LISTENER_KINDS,
  listenerActOf,
  type ListenerKind,
  listenerKindOf,
  takesRoutes,
  takesStreams,
} from "./listener_kinds.ts";
import { ConfigState } from "./state.ts";
import { activateListener, removeListener, type Verb } from "./verb.ts";
import { isInForce, missingListener, rowOf } from "./verbs.ts";

const AT = address("127.0.0.1:80");

function stateOf(...verbs: Verb[]): ConfigState {
  const state = new ConfigState(() => ({ problem: "none is read here" }), () => null);
  for (const verb of verbs) assert.equal(state.apply({ request_type: verb }), null, verb.kind);
  return state;
}

function additionOf(kind: ListenerKind): Verb {
  return addListener(kind, { ...kind.type.empty(), address: AT });
}

function frontendOf(kind: ListenerKind): Verb {
  if (takesRoutes(kind)) return addFrontend(kind, frontend("x.test", "/", { address: AT }));
  assert.ok(takesStreams(kind));
  return addFrontend(kind, { cluster_id: "a", address: AT, tags: new Map(), alpn: [] });
}

Deno.test("listenerKindOf() has a row for every kind on the wire, and none for other numbers", () => {
  for (const proxy of Object.values(ListenerType)) {
    assert.equal(listenerKindOf(proxy)?.proxy, proxy);
  }
  assert.equal(listenerKindOf(99 as ListenerType), null);
});

Deno.test("a kind of listener is dumped, compared and told from others by its row alone", () => {
  for (const kind of ALL_LISTENER_KINDS) {
    const verbs = [additionOf(kind), activateListener(kind.proxy, AT), frontendOf(kind)];
    const state = stateOf(...verbs);
    const again = stateOf();
    for (const request of state.dump()) assert.equal(again.apply(request), null);
    assert.ok(again.equals(state), kind.label);
    assert.equal(state.equals(stateOf(additionOf(kind))), false, kind.label);
    for (const request of diff(state, stateOf())) again.apply(request);
    assert.ok(again.equals(stateOf()), kind.label);
  }
});

Deno.test("what is done to a kind of listener is taken back by its row alone", () => {
  for (const kind of ALL_LISTENER_KINDS) {
    const state = stateOf();
    for (const verb of [additionOf(kind), frontendOf(kind), removeListener(kind.proxy, AT)]) {
      const before = state.clone();
      const undo = prepareUndo(state, verb);
      assert.equal(state.apply({ request_type: verb }), null);
      const after = state.clone();
      for (const step of undo(after)) assert.equal(after.apply(step), null);
      assert.ok(after.equals(before), `${kind.label}: ${verb.kind}`);
    }
  }
});

Deno.test("the verbs of a kind of listener are known as such, and have words", () => {
  for (const kind of ALL_LISTENER_KINDS) {
    for (const [act, verb] of Object.entries(kind.verbs)) {
      assert.deepEqual(listenerActOf(verb), { kind, act });
      assert.equal(rowOf(verb).change === undefined, act === "replace", verb);
      assert.equal(rowOf(verb).auditVerb === undefined, act === "replace", verb);
    }
    assert.match(missingListener(stateOf(), frontendOf(kind)) ?? "", new RegExp(kind.label));
    assert.ok(isInForce(stateOf(additionOf(kind)), additionOf(kind)), kind.label);
    assert.ok(!isInForce(stateOf(), additionOf(kind)), kind.label);
  }
});
