import assert from "node:assert/strict";
import { listListeners } from "../state/queries.ts";
import { diff } from "./diff.ts";
import { TcpListenerConfig } from "../schema/messages.ts";
import type { ConfigState } from "../state/state.ts";
import { accept, address, refuse, stateWith } from "../../tests/support/config/state.ts";
import type { Verb } from "../state/verbs.ts";
import { prepareUndo } from "../undo/undo.ts";

const AT = address("127.0.0.1:993");
type Identity = { certificate?: string; key?: string };

function listening(identity: Identity): ConfigState {
  const value = { ...TcpListenerConfig.empty(), address: AT, active: true, ...identity };
  return stateWith({ kind: "add_tcp_listener", value });
}

const update = (patch: Identity): Verb => ({
  kind: "update_tcp_listener",
  value: { address: AT, ...patch },
});

function identityOf(state: ConfigState): Identity {
  const listener = state.tables.listeners.tcp.get("127.0.0.1:993");
  return { certificate: listener?.certificate, key: listener?.key } as Identity;
}

const PLAIN: Identity = {};
const FIRST: Identity = { certificate: "certificate", key: "key" };
const RENEWED: Identity = { certificate: "renewed", key: "key" };
const NEW_KEY: Identity = { certificate: "other", key: "other key" };

Deno.test("a TCP listener has a certificate and its key, or neither", () => {
  const half: Identity[] = [{ certificate: "certificate" }, { key: "key" }];
  for (const identity of half) {
    const value = { ...TcpListenerConfig.empty(), address: AT, ...identity };
    assert.equal(refuse(stateWith(), { kind: "add_tcp_listener", value }), "invalid_value");
    for (const before of [PLAIN, FIRST]) {
      assert.equal(refuse(listening(before), update(identity)), "invalid_value");
    }
  }
  const state = listening(PLAIN);
  accept(state, update(NEW_KEY));
  assert.deepEqual(identityOf(state), NEW_KEY);
  accept(state, { kind: "update_tcp_listener", value: { address: AT, front_timeout: 9 } });
  assert.deepEqual(identityOf(state), NEW_KEY);
});

Deno.test("diff() changes the certificate of a TCP listener in place, and always with its key", () => {
  const rows: [Identity, Identity][] = [[PLAIN, FIRST], [FIRST, RENEWED], [FIRST, NEW_KEY]];
  for (const [from, to] of rows) {
    const [state, wanted] = [listening(from), listening(to)];
    const verbs = diff(state, wanted).map(({ request_type }) => request_type as Verb);
    assert.deepEqual(verbs, [update(to)]);
    for (const verb of verbs) accept(state, verb);
    assert.ok(state.equals(wanted));
  }
  // No patch takes a certificate away.
  const kinds = diff(listening(FIRST), listening(PLAIN)).map(({ request_type }) =>
    request_type?.kind
  );
  assert.deepEqual(kinds, ["replace_tcp_listener"]);
});

Deno.test("a change of a TCP listener's certificate is taken back", () => {
  for (const before of [PLAIN, FIRST]) {
    for (const after of [RENEWED, NEW_KEY]) {
      const state = listening(before);
      const undo = prepareUndo(state, update(after));
      accept(state, update(after));
      for (const { request_type } of undo(state)) accept(state, request_type as Verb);
      assert.ok(state.equals(listening(before)));
    }
  }
});

Deno.test("lists of listeners have the certificate of a TCP listener, and never its key", () => {
  const state = listening(FIRST);
  const [listener] = listListeners(state.tables).tcp_listeners.values();
  assert.equal(listener?.certificate, "certificate");
  assert.equal(listener.key, "", "it says that there is one");
  assert.deepEqual(identityOf(state), FIRST, "the state goes on having it");
});
