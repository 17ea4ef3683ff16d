import assert from "node:assert/strict";
import { accept, frontend, refuse, stateWith } from "../../tests/support/config/state.ts";
import { diff } from "../diff/diff.ts";
import {
  HeaderMatchKind,
  type HeaderPredicate,
  RedirectPolicy,
  type RequestHttpFrontend,
} from "../schema/messages.ts";
import { routeKey } from "./http_frontends.ts";

const CANARY: HeaderPredicate = {
  name: "X-Canary",
  kind: HeaderMatchKind.HEADER_MATCH_KIND_EXACT,
  value: 's3"cret',
};
const PRESENT: HeaderPredicate = {
  name: "x-b",
  kind: HeaderMatchKind.HEADER_MATCH_KIND_PRESENT,
};
const base = frontend("x.test", "/");
const canary = frontend("x.test", "/", { header_predicates: [PRESENT, CANARY, PRESENT] });

Deno.test("routeKey() has the header predicates in one order, each once, names without case", () => {
  assert.equal(routeKey(base), "127.0.0.1:80;x.test;P/");
  const key = `127.0.0.1:80;x.test;P/;GET;H0:"x-canary"="s3\\"cret";H2:"x-b"`;
  assert.equal(routeKey({ ...canary, method: "GET" }), key);
  const spelled = [{ ...CANARY, name: "x-CANARY" }, { ...PRESENT, name: "X-B" }];
  assert.equal(routeKey({ ...canary, method: "GET", header_predicates: spelled }), key);
});

Deno.test("a route and its canary are added and removed by themselves, in any order", () => {
  for (const [first, second] of [[base, canary], [canary, base]] as const) {
    const state = stateWith(
      { kind: "add_http_frontend", value: first },
      { kind: "add_http_frontend", value: second },
    );
    assert.equal(state.counts().frontends, 2);
    assert.equal(refuse(state, { kind: "add_http_frontend", value: canary }), "already_exists");
    accept(state, { kind: "remove_http_frontend", value: first });
    assert.equal(refuse(state, { kind: "remove_http_frontend", value: first }), "not_found");
    accept(state, { kind: "remove_http_frontend", value: second });
    assert.equal(state.counts().frontends, 0);
  }
});

Deno.test("refusals about a route name its headers and never what is asked of them", () => {
  const state = stateWith({ kind: "add_http_frontend", value: canary });
  const cases: readonly (readonly [
    kind: "add_http_frontend" | "remove_http_frontend",
    value: RequestHttpFrontend,
  ])[] = [
    ["add_http_frontend", canary],
    ["remove_http_frontend", { ...canary, cluster_id: "other" }],
    ["remove_http_frontend", { ...canary, hostname: "y.test" }],
    ["add_http_frontend", { ...canary, header_predicates: [{ ...CANARY, name: "Host" }] }],
  ];
  for (const [kind, value] of cases) {
    const message = state.apply({ request_type: { kind, value } })?.message ?? "";
    assert.match(message, /x-canary|"X-Canary"|"host"/i);
    assert.ok(!message.includes("s3"), message);
  }
});

Deno.test("a state is dumped and compared under the verbs that older programs do not know", () => {
  const silent = frontend("s.test", "/", { redirect: RedirectPolicy.SILENT_CLOSE });
  const from = stateWith({ kind: "add_http_frontend", value: base });
  const to = stateWith(
    { kind: "add_http_frontend", value: base },
    { kind: "add_http_frontend_with_header_predicates", value: canary },
    { kind: "add_http_frontend_with_silent_close", value: silent },
  );
  const kinds = (requests: ReturnType<typeof to.dump>) =>
    requests.map(({ request_type }) => request_type?.kind).sort();
  assert.deepEqual(kinds(to.dump()), [
    "add_http_frontend",
    "add_http_frontend_with_header_predicates",
    "add_http_frontend_with_silent_close",
  ]);
  assert.deepEqual(kinds(diff(from, to)), [
    "add_http_frontend_with_header_predicates",
    "add_http_frontend_with_silent_close",
  ]);
  const back = diff(to, from);
  assert.deepEqual(kinds(back), [
    "remove_http_frontend",
    "remove_http_frontend_with_header_predicates",
  ]);
  for (const { request_type } of back) if (request_type !== null) accept(to, request_type);
  assert.ok(to.equals(from));
});
