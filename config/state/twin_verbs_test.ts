import assert from "node:assert/strict";
import { ClientAuthMode, HeaderMatchKind, RedirectPolicy } from "../schema/messages.ts";
import {
  address,
  backend,
  cluster,
  frontend,
  httpsListener,
} from "../../tests/support/config/state.ts";
import { canonicalVerb, OLDER_TWIN, plainVerb, requestOf } from "./twin_verbs.ts";
import { ConfigState } from "./state.ts";
import { type Verb } from "./verb.ts";

const GUARDED = frontend("x.test", "/", {
  header_predicates: [{ name: "x-a", kind: HeaderMatchKind.HEADER_MATCH_KIND_PRESENT }],
});
const SILENT = frontend("x.test", "/", { redirect: RedirectPolicy.SILENT_CLOSE });
const BOTH = { ...GUARDED, redirect: RedirectPolicy.SILENT_CLOSE };
const ASKING = { ...httpsListener(), client_auth: ClientAuthMode.CLIENT_AUTH_OPTIONAL };
const UNIX = { ...backend("a", "one", "127.0.0.1:1"), unix_path: "/run/app.sock" };
const PATCH = { address: address("127.0.0.1:443"), answers: new Map() };

const CANONICAL: readonly Verb[] = [
  { kind: "add_https_listener", value: httpsListener() },
  { kind: "add_https_listener_with_client_auth", value: ASKING },
  // A mode that this program does not know asks for something as well.
  { kind: "add_https_listener_with_client_auth", value: { ...ASKING, client_auth: 9 } },
  { kind: "update_https_listener", value: PATCH },
  {
    kind: "update_https_listener_with_client_auth",
    value: {
      ...PATCH,
      client_auth_policy: { client_ca_certificates: [], client_ca_crls: [] },
    },
  },
  { kind: "add_http_frontend", value: frontend("x.test", "/") },
  { kind: "add_https_frontend", value: frontend("x.test", "/") },
  { kind: "add_http_frontend_with_header_predicates", value: GUARDED },
  { kind: "add_https_frontend_with_header_predicates", value: GUARDED },
  { kind: "add_http_frontend_with_header_predicates", value: BOTH },
  { kind: "add_http_frontend_with_silent_close", value: SILENT },
  { kind: "add_https_frontend_with_silent_close", value: SILENT },
  { kind: "remove_http_frontend_with_header_predicates", value: GUARDED },
  { kind: "remove_https_frontend_with_header_predicates", value: BOTH },
  { kind: "remove_http_frontend", value: SILENT },
  { kind: "remove_https_frontend", value: SILENT },
  { kind: "add_backend", value: backend("a", "one", "127.0.0.1:1") },
  { kind: "add_unix_backend", value: UNIX },
  { kind: "add_cluster", value: cluster("a") },
];

/** The verb under every name that means the same. */
function twins(verb: Verb): Verb[] {
  const plain = plainVerb(verb);
  const younger = Object.entries(OLDER_TWIN).filter(([, older]) => older === plain.kind);
  return [plain, ...younger.map(([kind]) => ({ kind, value: verb.value }) as Verb)];
}

Deno.test("canonicalVerb() has one name for a value, whatever name it came under", () => {
  for (const verb of CANONICAL) {
    for (const twin of twins(verb)) assert.deepEqual(canonicalVerb(twin), verb);
    assert.deepEqual(requestOf(plainVerb(verb)), { request_type: verb });
  }
});

Deno.test("every name of a verb has the same effect on a state, and its own in the census", () => {
  for (const verb of CANONICAL) {
    for (const twin of twins(verb)) {
      const [state, other] = [prepared(verb), prepared(verb)];
      assert.deepEqual(state.apply({ request_type: twin }), other.apply({ request_type: verb }));
      assert.ok(state.equals(other), twin.kind);
      assert.deepEqual(state.dump(), other.dump());
    }
  }
});

/** A state in which the verb can be applied. */
function prepared(verb: Verb): ConfigState {
  const state = new ConfigState(() => ({ problem: "none is read here" }), () => null);
  const { kind, value } = plainVerb(verb);
  const before: Verb[] = kind === "update_https_listener"
    ? [{ kind: "add_https_listener", value: httpsListener() }]
    : kind === "remove_http_frontend" || kind === "remove_https_frontend"
    ? [{
      kind: kind === "remove_http_frontend" ? "add_http_frontend" : "add_https_frontend",
      value,
    }]
    : [];
  for (const each of before) assert.equal(state.apply({ request_type: each }), null);
  return state;
}
