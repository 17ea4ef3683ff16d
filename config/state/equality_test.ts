import assert from "node:assert/strict";
import * as fc from "fast-check";
import { COMMON_NAME_ONLY } from "../../tests/support/config/certificates.ts";
import { encode } from "../codec/protobuf.ts";
import * as messages from "../schema/messages.ts";
import { InitialState } from "../schema/messages.ts";
import type { ConfigState } from "./state.ts";
import {
  address,
  backend,
  certificate,
  cluster,
  frontend,
  httpListener,
  httpsListener,
  sequences,
  stateAfter,
  stateWith,
} from "../../tests/support/config/state.ts";
import type { Verb } from "./verbs.ts";

const AT = address("127.0.0.1:7000");
const stream = (tag: string) => ({
  cluster_id: "a",
  address: AT,
  tags: new Map([["tag", tag]]),
  alpn: [],
});
const secured = (key: string) => {
  return { ...messages.TcpListenerConfig.empty(), address: AT, certificate: "certificate", key };
};

/** For each table one object in two versions under the same key. */
const VERSIONS: [Verb, Verb][] = [
  [
    { kind: "add_cluster", value: cluster("a") },
    { kind: "add_cluster", value: cluster("a", { http2: true }) },
  ],
  [
    { kind: "add_backend", value: backend("a", "one", "127.0.0.1:1") },
    { kind: "add_backend", value: backend("a", "one", "127.0.0.1:1", { backup: true }) },
  ],
  [
    { kind: "add_http_frontend", value: frontend("x.test", "/") },
    { kind: "add_http_frontend", value: frontend("x.test", "/", { cluster_id: "b" }) },
  ],
  [
    { kind: "add_https_frontend", value: frontend("x.test", "/") },
    { kind: "add_https_frontend", value: frontend("x.test", "/", { cluster_id: "b" }) },
  ],
  [
    { kind: "add_tcp_frontend", value: stream("one") },
    { kind: "add_tcp_frontend", value: stream("two") },
  ],
  [
    { kind: "add_tcp_frontend", value: { ...stream("one"), sni: "one.test" } },
    { kind: "add_tcp_frontend", value: { ...stream("one"), sni: "two.test" } },
  ],
  [
    { kind: "add_udp_frontend", value: stream("one") },
    { kind: "add_udp_frontend", value: stream("two") },
  ],
  [
    { kind: "add_http_listener", value: httpListener() },
    { kind: "add_http_listener", value: httpListener({ active: true }) },
  ],
  [
    { kind: "add_https_listener", value: httpsListener() },
    { kind: "add_https_listener", value: httpsListener({ versions: [4] }) },
  ],
  [
    { kind: "add_tcp_listener", value: { ...messages.TcpListenerConfig.empty(), address: AT } },
    {
      kind: "add_tcp_listener",
      value: { ...messages.TcpListenerConfig.empty(), address: AT, expect_proxy: true },
    },
  ],
  [
    { kind: "add_tcp_listener", value: secured("first key") },
    { kind: "add_tcp_listener", value: secured("second key") },
  ],
  [
    { kind: "add_udp_listener", value: { ...messages.UdpListenerConfig.empty(), address: AT } },
    {
      kind: "add_udp_listener",
      value: { ...messages.UdpListenerConfig.empty(), address: AT, max_flows: 1 },
    },
  ],
  [
    {
      kind: "add_certificate",
      value: { address: AT, certificate: certificate(COMMON_NAME_ONLY.pem) },
    },
    {
      kind: "add_certificate",
      value: { address: AT, certificate: certificate(COMMON_NAME_ONLY.pem, ["other"]) },
    },
  ],
  [
    {
      kind: "add_certificate",
      value: { address: AT, certificate: certificate(COMMON_NAME_ONLY.pem), expired_at: 1n },
    },
    {
      kind: "add_certificate",
      value: { address: AT, certificate: certificate(COMMON_NAME_ONLY.pem), expired_at: 2n },
    },
  ],
];

function unequal(a: ConfigState, b: ConfigState): boolean {
  return !a.equals(b) && !b.equals(a);
}

Deno.test("equals() sees every table: an object more, and an object changed", () => {
  for (const [one, other] of VERSIONS) {
    const needed: Verb[] = one.kind === "add_backend"
      ? [{ kind: "add_cluster", value: cluster("a") }]
      : [];
    const holding = (verb: Verb) => stateWith(...needed, verb);
    assert.ok(unequal(stateWith(...needed), holding(one)), one.kind);
    assert.ok(unequal(holding(one), holding(other)), one.kind);
    assert.ok(holding(one).equals(holding(one)), one.kind);
  }
});

Deno.test("equals() does not look at the census", () => {
  const state = stateWith({ kind: "Logging", value: "info" });
  assert.ok(state.equals(stateWith()));
});

Deno.test("equals() agrees with the dumps of two states", () => {
  const dumped = (state: ConfigState) => {
    const requests = state.dump().map((content) => ({ id: "", content }));
    return encode(InitialState, { requests }).toHex();
  };
  fc.assert(
    fc.property(sequences, sequences, (first, more) => {
      const state = stateAfter(first);
      const later = stateAfter([...first, ...more.slice(0, 2)]);
      const same = dumped(state) === dumped(later);
      assert.equal(state.equals(later), same);
      assert.equal(later.equals(state), same);
    }),
    { numRuns: 300 },
  );
});
