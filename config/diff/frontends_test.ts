import assert from "node:assert/strict";
import { diff } from "./diff.ts";
import { TcpListenerConfig } from "../schema/messages.ts";
import { accept, address, stateWith } from "../../tests/support/config/state.ts";
import type { Verb } from "../state/verbs.ts";

const AT = address("127.0.0.1:443");
const LISTENER: Verb = {
  kind: "add_tcp_listener",
  value: { ...TcpListenerConfig.empty(), address: AT },
};

const add = (cluster_id: string, sni?: string): Verb => ({
  kind: "add_tcp_frontend",
  value: {
    cluster_id,
    address: AT,
    tags: new Map(),
    alpn: [],
    ...(sni === undefined ? {} : { sni }),
  },
});

/** What a diff does, as words; checks that it leads from one state to the other. */
function changes(from: readonly Verb[], to: readonly Verb[]): string[] {
  const [state, wanted] = [stateWith(LISTENER, ...from), stateWith(LISTENER, ...to)];
  const verbs = diff(state, wanted).map(({ request_type }) => request_type as Verb);
  for (const verb of verbs) accept(state, verb);
  assert.ok(state.equals(wanted));
  return verbs.map((verb) => {
    if (verb.kind !== "add_tcp_frontend" && verb.kind !== "remove_tcp_frontend") return verb.kind;
    const { cluster_id, sni = "rest" } = verb.value;
    return `${verb.kind.split("_")[0]} ${cluster_id} ${sni}`;
  });
}

Deno.test("diff() touches the TCP frontends of the names that change, and no others", () => {
  const others = [add("a", "stays.test"), add("rest", "*.test")];
  assert.deepEqual(changes([...others, add("a", "x.test")], [...others, add("b", "x.test")]), [
    "remove a x.test",
    "add b x.test",
  ]);
  assert.deepEqual(changes(others, [...others, add("a", "new.test")]), ["add a new.test"]);
  assert.deepEqual(changes([...others, add("a", "*.old.test")], others), ["remove a *.old.test"]);
  assert.deepEqual(changes([add("a", "x.test")], [add("a")]), ["remove a x.test", "add a rest"]);
  assert.deepEqual(changes([add("a", "X.test")], [add("a", "x.TEST")]), []);
});
