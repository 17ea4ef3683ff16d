// How the tests of the configuration state call it: small builders of requests, and fast-check
// arbitraries of request sequences over a few ids, so that requests meet the objects of others.

import assert from "node:assert/strict";
import * as fc from "fast-check";
import { parseCertificate } from "../../../src/io/x509/certificate.ts";
import { parseAddress } from "../../../config/values/address.ts";
import { COMMON_NAME_ONLY, HOSTILE_TEXTS, TWO_ALTERNATIVE_NAMES } from "./certificates.ts";
import { arbitraryMessage } from "./arbitrary_messages.ts";
import * as messages from "../../../config/schema/messages.ts";
import type { Request, SocketAddress } from "../../../config/schema/messages.ts";
import { ConfigState } from "../../../config/state/state.ts";
import type { Verb } from "../../../config/state/verbs.ts";

const { AddBackend, Cluster, PathRuleKind, RequestHttpFrontend, RulePosition } = messages;

/** The address of a text that is one. */
export function address(text: string): SocketAddress {
  const parsed = parseAddress(text);
  assert.ok(parsed !== null, text);
  return parsed;
}

/** A state with the real certificate parser, after requests that it must accept. */
export function stateWith(...verbs: Verb[]): ConfigState {
  const state = new ConfigState(parseCertificate);
  for (const verb of verbs) accept(state, verb);
  return state;
}

const PROXIES: ReadonlyMap<string, messages.ListenerType> = new Map([
  ["add_http_listener", messages.ListenerType.HTTP],
  ["add_https_listener", messages.ListenerType.HTTPS],
  ["add_tcp_listener", messages.ListenerType.TCP],
  ["add_udp_listener", messages.ListenerType.UDP],
]);

/** Applies a request that must be accepted; a listener that is added as an active one is activated as well. */
export function accept(state: ConfigState, verb: Verb): void {
  assert.equal(state.apply({ request_type: verb }), null);
  const proxy = PROXIES.get(verb.kind);
  if (proxy === undefined) return;
  const { address, active } = verb.value as { address: SocketAddress; active: boolean };
  if (active) {
    accept(state, { kind: "activate_listener", value: { address, proxy, from_scm: false } });
  }
}

/** Applies a request that must be refused and must change nothing; returns the kind of refusal. */
export function refuse(state: ConfigState, verb: Verb): string {
  const before = state.clone();
  const error = state.apply({ request_type: verb });
  assert.ok(error !== null, `${verb.kind} was accepted`);
  assert.ok(state.equals(before), `${verb.kind} was refused and changed the state`);
  return error.kind;
}

/** The field for which a request is refused; `undefined` when it is accepted or refused otherwise. */
export function refusedField(state: ConfigState, verb: Verb): string | undefined {
  return state.apply({ request_type: verb })?.field;
}

export function cluster(id: string, changes: Partial<messages.Cluster> = {}): messages.Cluster {
  return { ...Cluster.empty(), cluster_id: id, ...changes };
}

export function backend(
  clusterId: string,
  id: string,
  at: string,
  changes: Partial<messages.AddBackend> = {},
): messages.AddBackend {
  const named = { cluster_id: clusterId, backend_id: id, address: address(at) };
  return { ...AddBackend.empty(), ...named, ...changes };
}

export function frontend(
  hostname: string,
  path: string,
  changes: Partial<messages.RequestHttpFrontend> = {},
): messages.RequestHttpFrontend {
  return {
    ...RequestHttpFrontend.empty(),
    cluster_id: "a",
    address: address("127.0.0.1:80"),
    hostname,
    path: { kind: PathRuleKind.PREFIX, value: path },
    ...changes,
  };
}

/** An answer template that compiles. */
export function template(status: number, body: string): string {
  return `HTTP/1.1 ${status} Answer\r\n\r\n${body}`;
}

/** An HTTP listener on 127.0.0.1:80. */
export function httpListener(
  changes: Partial<messages.HttpListenerConfig> = {},
): messages.HttpListenerConfig {
  const at = address("127.0.0.1:80");
  return { ...messages.HttpListenerConfig.empty(), sticky_name: "S", address: at, ...changes };
}

/** An HTTPS listener on 127.0.0.1:443. */
export function httpsListener(
  changes: Partial<messages.HttpsListenerConfig> = {},
): messages.HttpsListenerConfig {
  const at = address("127.0.0.1:443");
  return { ...messages.HttpsListenerConfig.empty(), sticky_name: "S", address: at, ...changes };
}

/** A certificate request without chain and without key: the state reads neither. */
export function certificate(pem: string, names: string[] = []): messages.CertificateAndKey {
  return { ...messages.CertificateAndKey.empty(), certificate: pem, names };
}

const addresses = fc.constantFrom("127.0.0.1:80", "127.0.0.2:80", "[::1]:443").map(address);
const clusterIds = fc.constantFrom("a", "b", "c");
const pems = fc.constantFrom(COMMON_NAME_ONLY, TWO_ALTERNATIVE_NAMES, HOSTILE_TEXTS);
const tags = fc.constantFrom(new Map<string, string>(), new Map([["owner", "me"]]));
const proxies = fc.constantFrom(0, 1, 2, 3, 9);

const healthChecks = fc.constantFrom("/up", "down", "/a\r\nb").map((uri) => ({
  ...messages.HealthCheckConfig.empty(),
  uri,
}));

const httpFrontends = fc.record({
  cluster_id: clusterIds,
  address: addresses,
  hostname: fc.constantFrom("x.test", "y.test"),
  path: fc.record({ kind: fc.nat(2), value: fc.constantFrom("/", "/api") }),
  method: fc.constantFrom("GET", "POST"),
  position: fc.constantFrom(RulePosition.TREE, RulePosition.PRE, 7),
  tags,
}, { requiredKeys: ["address", "hostname", "path", "position", "tags"] })
  .map((fields) => ({ ...RequestHttpFrontend.empty(), ...fields }));

const streamFrontends = fc.record({ cluster_id: clusterIds, address: addresses, tags });

const namedFrontends = fc.tuple(
  streamFrontends,
  fc.constantFrom(undefined, "x.test", "X.TEST", "*.test", "not a name"),
  fc.subarray(["h2", "http/1.1", "h2"]),
).map(([fields, sni, alpn]) => ({ ...fields, alpn, ...(sni === undefined ? {} : { sni }) }));

const backends = fc.record({
  cluster_id: clusterIds,
  backend_id: fc.constantFrom("one", "two"),
  address: addresses,
  sticky_id: fc.constantFrom("s", "t"),
}, { requiredKeys: ["cluster_id", "backend_id", "address"] });

const certificates = fc.tuple(pems, fc.constantFrom<string[][]>([], ["given.test"])).map((
  [{ pem }, names],
) => certificate(pem, names));

const expiries = fc.constantFrom(-1n, 1_900_000_000n, 2n ** 63n - 1n);

/** Listeners and patches: mostly small values, sometimes anything at all. */
function listeners<T extends { address: SocketAddress }>(
  type: { empty(): T } & Parameters<typeof arbitraryMessage<T>>[0],
  few: fc.Arbitrary<Partial<T>>,
): fc.Arbitrary<T> {
  const small = fc.tuple(addresses, few).map(([at, changes]) => {
    return { ...type.empty(), ...changes, address: at };
  });
  const wild = fc.tuple(addresses, arbitraryMessage(type)).map(([at, message]) => {
    return { ...message, address: at };
  });
  return fc.oneof({ weight: 4, arbitrary: small }, { weight: 1, arbitrary: wild });
}

const timeouts = fc.record({ front_timeout: fc.nat(2) }, { requiredKeys: [] });
const tcpFields = fc.record({
  front_timeout: fc.nat(2),
  certificate: fc.constantFrom("one", "two"),
  key: fc.constantFrom("first key", "second key"),
}, { requiredKeys: [] });
const httpFields = fc.record({
  front_timeout: fc.nat(2),
  sozu_id_header: fc.constantFrom("Id", "not a token"),
  h2_max_glitch_count: fc.nat(2),
  send_x_real_ip: fc.boolean(),
  allow_obs_text: fc.boolean(),
  answers: fc.constantFrom(new Map([["503", "busy"]]), new Map([["503", ""], ["404", "no"]])),
  http_answers: fc.constantFrom({ answer_429: "slow" }, { answer_503: "busy" }),
}, { requiredKeys: [] });

/** One verb of the kinds that change a state, over few ids. */
export const mutations: fc.Arbitrary<Verb> = fc.oneof(
  kind(
    "add_cluster",
    fc.tuple(clusterIds, fc.boolean(), healthChecks).map(([id, has, check]) =>
      cluster(id, has ? { health_check: check } : {})
    ),
  ),
  kind("remove_cluster", clusterIds),
  kind("set_health_check", fc.record({ cluster_id: clusterIds, config: healthChecks })),
  kind("remove_health_check", clusterIds),
  kind("add_http_frontend", httpFrontends),
  kind("remove_http_frontend", httpFrontends),
  kind("add_https_frontend", httpFrontends),
  kind("remove_https_frontend", httpFrontends),
  kind("add_tcp_frontend", namedFrontends),
  kind("remove_tcp_frontend", namedFrontends),
  kind("add_udp_frontend", streamFrontends),
  kind("remove_udp_frontend", streamFrontends),
  kind("add_backend", backends),
  kind("remove_backend", backends),
  kind(
    "add_certificate",
    fc.record(
      { address: addresses, certificate: certificates, expired_at: expiries },
      { requiredKeys: ["address", "certificate"] },
    ),
  ),
  kind(
    "remove_certificate",
    fc.record({ address: addresses, fingerprint: pems.map((each) => each.fingerprint) }),
  ),
  kind(
    "replace_certificate",
    fc.record({
      address: addresses,
      new_certificate: fc.oneof(certificates, fc.constant(certificate("garbage"))),
      old_fingerprint: fc.oneof(pems.map((each) => each.fingerprint), fc.constant("xyz")),
      new_expired_at: expiries,
    }, { requiredKeys: ["address", "new_certificate", "old_fingerprint"] }),
  ),
  kind("add_http_listener", listeners(messages.HttpListenerConfig, httpFields)),
  kind("add_https_listener", listeners(messages.HttpsListenerConfig, httpFields)),
  kind("add_tcp_listener", listeners(messages.TcpListenerConfig, tcpFields)),
  kind("add_udp_listener", listeners(messages.UdpListenerConfig, timeouts)),
  kind("update_http_listener", listeners(messages.UpdateHttpListenerConfig, httpFields)),
  kind("update_https_listener", listeners(messages.UpdateHttpsListenerConfig, httpFields)),
  kind("update_tcp_listener", listeners(messages.UpdateTcpListenerConfig, tcpFields)),
  kind("update_udp_listener", listeners(messages.UpdateUdpListenerConfig, timeouts)),
  kind("replace_http_listener", listeners(messages.HttpListenerConfig, httpFields)),
  kind("replace_https_listener", listeners(messages.HttpsListenerConfig, httpFields)),
  kind("replace_tcp_listener", listeners(messages.TcpListenerConfig, tcpFields)),
  kind("replace_udp_listener", listeners(messages.UdpListenerConfig, timeouts)),
  kind("remove_listener", fc.record({ address: addresses, proxy: proxies })),
  kind(
    "activate_listener",
    fc.record({ address: addresses, proxy: proxies, from_scm: fc.boolean() }),
  ),
  kind(
    "deactivate_listener",
    fc.record({ address: addresses, proxy: proxies, to_scm: fc.boolean() }),
  ),
);

function kind<K extends Verb["kind"]>(
  name: K,
  values: fc.Arbitrary<Extract<Verb, { kind: K }>["value"]>,
): fc.Arbitrary<Verb> {
  return values.map((value) => ({ kind: name, value } as Verb));
}

/** Sequences of requests. */
export const sequences: fc.Arbitrary<Request[]> = fc.array(
  mutations.map((verb): Request => ({ request_type: verb })),
  { maxLength: 60, size: "max" },
);

/**
 * The state that a sequence leads to, refused requests included. Values are not looked at: what is done
 * with them must be right for any of them.
 */
export function stateAfter(requests: readonly Request[]): ConfigState {
  const state = new ConfigState(parseCertificate, () => null);
  for (const request of requests) state.apply(request);
  return state;
}
