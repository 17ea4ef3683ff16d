import assert from "node:assert/strict";
import { COMMON_NAME_ONLY } from "../../../tests/support/config/certificates.ts";
import { ListenerType } from "../../schema/messages.ts";
import { missingListener } from "../verbs.ts";
import {
  accept,
  address,
  certificate,
  frontend,
  httpsListener,
  stateWith,
} from "../../../tests/support/config/state.ts";
import type { Verb } from "../verbs.ts";

const AT = address("127.0.0.1:443");
const { fingerprint, pem } = COMMON_NAME_ONLY;
const ADD: Verb = {
  kind: "add_certificate",
  value: { address: AT, certificate: certificate(pem) },
};
const REMOVE: Verb = { kind: "remove_certificate", value: { address: AT, fingerprint } };
const REPLACE: Verb = {
  kind: "replace_certificate",
  value: { address: AT, new_certificate: certificate(pem), old_fingerprint: fingerprint },
};
const FRONTEND: Verb = {
  kind: "add_https_frontend",
  value: frontend("x.test", "/", { address: AT }),
};

Deno.test("missingListener() wants a listener of the right kind for what is added to one", () => {
  const stream = { cluster_id: "a", address: AT, tags: new Map<string, string>(), alpn: [] };
  const rows: [Verb, RegExp][] = [
    [{ kind: "add_http_frontend", value: frontend("x.test", "/") }, /^No HTTP listener at 127/],
    [FRONTEND, /^No HTTPS listener at 127.0.0.1:443$/],
    [{ kind: "add_tcp_frontend", value: stream }, /^No TCP listener/],
    [{ kind: "add_udp_frontend", value: stream }, /^No UDP listener/],
    [ADD, /^No HTTPS listener/],
    [REPLACE, /^No HTTPS listener/],
    [REMOVE, /^No HTTPS listener/],
  ];
  for (const [verb, reason] of rows) assert.match(missingListener(stateWith(), verb) ?? "", reason);
  const state = stateWith({ kind: "add_https_listener", value: httpsListener() });
  for (const verb of [FRONTEND, ADD, REPLACE, REMOVE]) {
    assert.equal(missingListener(state, verb), null);
  }
});

Deno.test("missingListener() lets go of what a removed listener left behind", () => {
  const state = stateWith({ kind: "add_https_listener", value: httpsListener() }, FRONTEND, ADD);
  accept(state, {
    kind: "remove_listener",
    value: { address: AT, proxy: ListenerType.HTTPS },
  });
  const remove: Verb = {
    kind: "remove_https_frontend",
    value: frontend("x.test", "/", { address: AT }),
  };
  for (const verb of [remove, REMOVE]) assert.equal(missingListener(state, verb), null);
  accept(state, REMOVE);
  assert.notEqual(missingListener(state, REMOVE), null);
});
