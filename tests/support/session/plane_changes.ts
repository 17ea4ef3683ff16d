// Random changes of a configuration for tests that compare main with its workers: few addresses, hosts and
// certificates, so that changes meet the objects of others.

import * as fc from "fast-check";
import * as messages from "../../../config/schema/messages.ts";
import { cluster, frontend, mutations } from "../config/state.ts";
import type { Verb } from "../../../config/state/verbs.ts";
import { tcpListener } from "../config/commands.ts";
import { httpsListener } from "../tls/https_proxy.ts";
import { freePorts } from "../ports.ts";
import { httpListener, socketAddress } from "./proxy.ts";
import { certificateFor, fingerprintOf } from "../tls/test_certificates.ts";

const { ListenerType, PathRuleKind } = messages;

/** Addresses that nobody else on this machine uses. */
const PORTS = freePorts(2) as [number, number];
const ADDRESSES = PORTS.map((port) => socketAddress(`127.0.0.1:${port}`));
/** Hosts that routes and certificates are asked for. */
export const HOSTS = ["x.test", "y.test", "sub.x.test", "none.test"];

type Identity = ReturnType<typeof certificateFor>;

const KEYS = [1, 2, 3].map(() => certificateFor(["x.test"]));
const CERTIFICATES = [
  certificateFor(["x.test", "*.x.test"], { days: 30 }),
  certificateFor(["x.test"], { days: 30 }),
  certificateFor(["sub.x.test", "y.test"], { days: 60 }),
];

const addresses = fc.constantFrom(...ADDRESSES);
const goodCertificates = fc.tuple(
  fc.constantFrom(...CERTIFICATES),
  fc.constantFrom<string[]>([], ["y.test"], ["/(/.test"]),
  fc.boolean(),
).map(([certificate, names, chained]) => ({
  ...certificate,
  names,
  certificate_chain: chained ? [KEYS[0]?.certificate ?? ""] : [],
}));
const fingerprints = fc.constantFrom(...CERTIFICATES.map(fingerprintOf), "aa", "x");
const expiries = fc.constantFrom(1_900_000_000n, 2_000_000_000n);
const answers = fc.constantFrom(
  new Map<string, string>(),
  new Map([["404", "HTTP/1.1 404 Not Found\r\n\r\nown"]]),
  new Map([["404", "no template at all"]]),
);

const httpSettings = fc.record({
  front_timeout: fc.integer({ min: 1, max: 3 }),
  sticky_name: fc.constantFrom("A", "B"),
  send_x_real_ip: fc.boolean(),
  public_address: fc.constantFrom(socketAddress("192.0.2.1:80")),
  answers,
}, { requiredKeys: [] });
const httpsSettings = fc.record({
  ...{ front_timeout: fc.integer({ min: 1, max: 3 }), answers },
  versions: fc.constantFrom<number[][]>([2], [3], [2, 3], [0]),
  strict_sni_binding: fc.boolean(),
  disable_http11: fc.boolean(),
  hsts: fc.constantFrom({ enabled: true, max_age: 5 }, { enabled: false }),
  identity: fc.constantFrom(...CERTIFICATES),
}, { requiredKeys: [] }).map(({ identity, ...settings }) => ({
  ...settings,
  ...(identity === undefined ? {} : { certificate: identity.certificate, key: identity.key }),
}));
const tcpSettings = fc.record({
  back_timeout: fc.integer({ min: 1, max: 3 }),
  expect_proxy: fc.boolean(),
  identity: fc.constantFrom(...CERTIFICATES, { certificate: "none", key: "none" }),
}, { requiredKeys: [] }).map(({ identity, ...settings }) => ({
  ...settings,
  ...(identity === undefined ? {} : { certificate: identity.certificate, key: identity.key }),
}));

const http = fc.tuple(addresses, httpSettings).map(([{ port }, settings]) =>
  httpListener(port, settings)
);
const https = fc.tuple(addresses, httpsSettings).map(([{ port }, settings]) =>
  httpsListener(port, settings)
);
const tcp = fc.tuple(addresses, tcpSettings).map(([{ port }, settings]) => ({
  ...tcpListener(`127.0.0.1:${port}`),
  ...settings,
}));
/** A listener of each kind, all open. */
export const SOME_LISTENERS: readonly Verb[] = [
  { kind: "add_http_listener", value: httpListener(PORTS[0]) },
  { kind: "add_https_listener", value: httpsListener(PORTS[1]) },
  { kind: "add_tcp_listener", value: tcpListener(`127.0.0.1:${PORTS[1]}`) },
  activation(ListenerType.HTTP, PORTS[0]),
  activation(ListenerType.HTTPS, PORTS[1]),
  activation(ListenerType.TCP, PORTS[1]),
];

function activation(proxy: messages.ListenerType, port: number): Verb {
  const address = socketAddress(`127.0.0.1:${port}`);
  return { kind: "activate_listener", value: { address, proxy, from_scm: false } };
}

const patch = <T>(settings: fc.Arbitrary<T>) =>
  fc.tuple(addresses, settings).map(([address, given]) => ({
    answers: new Map<string, string>(),
    ...given,
    address,
  }));
const routes = fc.record({
  address: addresses,
  cluster_id: fc.constantFrom("a", "b"),
  hostname: fc.constantFrom("x.test", "*.x.test", "y.test", "/[xy]/.test"),
  path: fc.record({
    kind: fc.constantFrom(PathRuleKind.PREFIX, PathRuleKind.EQUALS),
    value: fc.constantFrom("/", "/api"),
  }),
  position: fc.nat(2),
}).map((fields) => ({ ...frontend("", ""), ...fields }));
const places = fc.record({ address: addresses, proxy: fc.nat(3) });

function kind<K extends Verb["kind"]>(
  name: K,
  values: fc.Arbitrary<Extract<Verb, { kind: K }>["value"]>,
): fc.Arbitrary<Verb> {
  return values.map((value) => ({ kind: name, value }) as Verb);
}

/** Changes that a worker can honour, most of them. */
const honoured: fc.Arbitrary<Verb> = fc.oneof(
  kind("add_http_listener", http),
  kind("add_https_listener", https),
  kind("add_tcp_listener", tcp),
  kind("replace_http_listener", http),
  kind("replace_https_listener", https),
  kind("replace_tcp_listener", tcp),
  kind("update_http_listener", patch(httpSettings)),
  kind(
    "update_https_listener",
    patch(httpsSettings.map(({ front_timeout, hsts, answers: own }) => ({
      ...(front_timeout === undefined ? {} : { front_timeout }),
      ...(hsts === undefined ? {} : { hsts }),
      ...(own === undefined ? {} : { answers: own }),
    }))),
  ),
  kind("update_tcp_listener", patch(tcpSettings)),
  kind("remove_listener", places),
  kind("activate_listener", places.map((place) => ({ ...place, from_scm: false }))),
  kind("deactivate_listener", places.map((place) => ({ ...place, to_scm: false }))),
  kind("add_http_frontend", routes),
  kind("remove_http_frontend", routes),
  kind("add_https_frontend", routes),
  kind("remove_https_frontend", routes),
  kind(
    "add_certificate",
    fc.record(
      { address: addresses, certificate: goodCertificates, expired_at: expiries },
      { requiredKeys: ["address", "certificate"] },
    ),
  ),
  kind("remove_certificate", fc.record({ address: addresses, fingerprint: fingerprints })),
  kind(
    "replace_certificate",
    fc.record({
      address: addresses,
      new_certificate: goodCertificates,
      old_fingerprint: fingerprints,
      new_expired_at: expiries,
    }, { requiredKeys: ["address", "new_certificate", "old_fingerprint"] }),
  ),
  kind("add_cluster", fc.constantFrom("a", "b").map((id) => cluster(id, { http2: id === "b" }))),
);

/** Changes that decide among equals, or change what is there: each must be seen by a worker that lives. */
export const MEETINGS: readonly Verb[] = (() => {
  const [plain, secure] = ADDRESSES as [messages.SocketAddress, messages.SocketAddress];
  // Of equally long-lived ones the last is shown, whatever their fingerprints.
  const [first, second] = CERTIFICATES.slice(0, 2).sort((a, b) =>
    fingerprintOf(a) < fingerprintOf(b) ? -1 : 1
  ) as [Identity, Identity];
  const expired_at = 1_900_000_000n;
  const route = (address: messages.SocketAddress, hostname: string, cluster_id: string) => ({
    ...frontend(hostname, "/", { address, cluster_id, position: messages.RulePosition.PRE }),
  });
  const holder = (cluster_id: string, sni: string, alpn: string[] = []) => ({
    cluster_id,
    address: secure,
    tags: new Map([["of", cluster_id]]),
    sni,
    alpn,
  });
  const older = { answer_404: "HTTP/1.1 404 Not Found\r\n\r\nolder" };
  return [
    { kind: "add_http_frontend", value: route(plain, "x.test", "b") },
    { kind: "add_http_frontend", value: route(plain, "/[xy]\\.test/", "a") },
    { kind: "add_http_frontend", value: route(plain, "*.x.test", "b") },
    { kind: "add_https_frontend", value: route(secure, "/[xy]\\.test/", "a") },
    { kind: "add_https_frontend", value: route(secure, "x.test", "b") },
    { kind: "add_tcp_frontend", value: holder("b", "x.test") },
    { kind: "add_tcp_frontend", value: holder("a", "X.test", ["smtp", "h2"]) },
    { kind: "add_tcp_frontend", value: holder("a", "*.test", ["h2"]) },
    { kind: "remove_tcp_frontend", value: holder("a", "x.TEST", ["h2", "smtp"]) },
    { kind: "add_certificate", value: { address: secure, certificate: second, expired_at } },
    { kind: "add_certificate", value: { address: secure, certificate: first, expired_at } },
    {
      kind: "replace_certificate",
      value: {
        address: secure,
        old_fingerprint: fingerprintOf(first),
        new_certificate: { ...first, names: ["y.test"] },
        new_expired_at: expired_at,
      },
    },
    {
      kind: "update_http_listener",
      value: { address: plain, answers: new Map(), http_answers: older },
    },
    { kind: "remove_listener", value: { address: secure, proxy: ListenerType.HTTPS } },
    { kind: "remove_https_frontend", value: route(secure, "x.test", "b") },
    {
      kind: "remove_certificate",
      value: { address: secure, fingerprint: fingerprintOf(first) },
    },
    { kind: "remove_http_frontend", value: route(plain, "x.test", "b") },
    { kind: "remove_tcp_frontend", value: holder("a", "*.test", ["h2"]) },
  ];
})();

/** Changes of every kind, mostly wrong for a worker, at the addresses of this test. */
export const anyChange: fc.Arbitrary<Verb> = fc.tuple(mutations, addresses).map(
  ([verb, address]) => {
    const value: unknown = verb.value;
    if (typeof value !== "object" || value === null || !("address" in value)) return verb;
    return { ...verb, value: { ...value, address } } as Verb;
  },
);

/** Changes of all kinds, most of which a worker can honour. */
export const changes: fc.Arbitrary<Verb> = fc.oneof(
  { weight: 5, arbitrary: honoured },
  { weight: 2, arbitrary: anyChange },
);
