// The rule of every field that a request can carry, by message. Types and a test hold the table to the
// schema: a field without a row does not compile. Fields that are true or false need none, messages
// inside of messages have their own tables. Rows are asked in the order they have here.

import {
  canBeAdded,
  isCookieName,
  isCookieValue,
  isFieldValue,
} from "../../src/protocol/http/field_syntax.ts";
import { MAX_CLIENT_HEADER_NAME } from "../../src/protocol/http/client_headers.ts";
import { invalidValue } from "../state/config_error.ts";
import * as messages from "../schema/messages.ts";
import { affinityCookie, affinityHeader } from "./cluster_rules.ts";
import {
  anyI64,
  anyU32,
  anyU64,
  atLeast,
  bytes,
  entries,
  I32_MAX,
  id,
  line,
  method,
  named,
  number,
  pem,
  port,
  positive,
  positiveU64,
  question,
  range,
  readWhole,
  type Rule,
  text,
  timeout,
  U16_MAX,
  whole,
} from "./rule.ts";
import { unixPath } from "./unix_path.ts";

/** Whether values of the type need a row. */
type NeedsRow<V> = [V] extends [boolean] ? false
  : V extends string | number | bigint | Uint8Array | Map<string, string> ? true
  : V extends (string | number)[] ? true
  : false;

/** A row for each field that holds values; others may have one. */
export type RulesOf<T> =
  & { readonly [K in keyof T as NeedsRow<NonNullable<T[K]>> extends true ? K : never]-?: Rule }
  & { readonly [K in keyof T]?: Rule };

/** Names a listener may offer in ALPN. */
const ALPN_NAMES: readonly string[] = ["h2", "http/1.1"];

/** Clients that use no sticky sessions send an empty name, which stands for the default. */
const stickyName = text(
  "the name of a cookie: letters, digits and !#$%&'*+-.^_`|~",
  (name) => name === "" || isCookieName(name),
);
const stickyId = text(
  "the value of a cookie: visible ASCII without spaces, quotes, commas, semicolons and backslashes",
  isCookieValue,
);
const idHeader = text(
  "a header name (RFC 9110 token) that neither frames messages nor is Host",
  canBeAdded,
);
const clientHeader = text(
  `a header name (RFC 9110 token) of up to ${MAX_CLIENT_HEADER_NAME} characters that neither frames ` +
    "messages nor is Host",
  (name) => name.length <= MAX_CLIENT_HEADER_NAME && canBeAdded(name),
);
const challenge = text("visible ASCII, spaces and tabs", isFieldValue);
const tags = entries(line(256, 1), line(4096));
const listed = line(256);
const alpnName = text('"h2" or "http/1.1"', (name) => ALPN_NAMES.includes(name));
/** A protocol that TLS clients offer (RFC 7301 section 3.2). */
const offeredProtocol = line(255, 1);
/** A network device, as the kernel names them. */
const device = text(
  'the name of a network device: 1 to 15 bytes, not "." or "..", without "/", ":", "%" and blanks',
  (name) =>
    /^[^\s/:%\p{Cc}]{1,15}$/u.test(name) && name !== "." && name !== ".." &&
    new TextEncoder().encode(name).length <= 15,
);
const forwardedHeaders = named(messages.ForwardedHeaders);
const clientAuth = named(messages.ClientAuthMode);
const attempts = range(1, 255);
const tlsVersion = named(messages.TlsVersion);
const proxy = named(messages.ListenerType);
/** A fingerprint in hexadecimal; how it is written is said by who looks for it. */
const fingerprint = question;
/** Where nothing can be dialled at port 0. */
const reachable = whole<messages.SocketAddress>((address, field) =>
  address.port === 0 ? invalidValue(`${field}.port`, "0", `1 to ${U16_MAX}`) : null
);
const onlyKnownProtocols = whole<messages.AlpnProtocols>(({ values }, field) => {
  const unknown = values.find((value) => !ALPN_NAMES.includes(value));
  return unknown === undefined ? null : alpnName.check(unknown, field);
});

const H2: RulesOf<
  Pick<messages.HttpListenerConfig, Extract<keyof messages.HttpListenerConfig, `h2_${string}`>>
> = {
  h2_max_rst_stream_per_window: positive,
  h2_max_ping_per_window: positive,
  h2_max_settings_per_window: positive,
  h2_max_empty_data_per_window: positive,
  h2_max_continuation_frames: positive,
  h2_max_glitch_count: positive,
  h2_initial_connection_window: anyU32,
  h2_max_concurrent_streams: positive,
  h2_stream_shrink_ratio: atLeast(2),
  h2_max_rst_stream_lifetime: positiveU64,
  h2_max_rst_stream_abusive_lifetime: positiveU64,
  h2_max_rst_stream_emitted_lifetime: positiveU64,
  h2_max_header_list_size: positive,
  h2_stream_idle_timeout_seconds: anyU32,
  h2_max_header_table_size: positive,
  h2_graceful_shutdown_deadline_seconds: anyU32,
  h2_max_window_update_stream0_per_window: positive,
  h2_max_header_fields: positive,
  h2_stream_refusal_percent: anyU32,
};

const STREAM = { front_timeout: timeout, back_timeout: timeout, connect_timeout: timeout };

const HTTP = {
  ...STREAM,
  ...H2,
  sticky_name: stickyName,
  request_timeout: timeout,
  sozu_id_header: idHeader,
  answers: entries(readWhole, readWhole),
  upload_min_bytes: anyU32,
  forwarded_headers: forwardedHeaders,
};

const CERTIFICATE_AND_KEY = { certificate: pem, key: pem };

/** Rows by message; see {@link RulesOf}. */
export const MESSAGE_RULES = {
  SteerListener: { proxy, targets: anyU32 } satisfies RulesOf<messages.SteerListener>,
  ListenerSocket: { proxy } satisfies RulesOf<messages.ListenerSocket>,
  AdoptWorker: { id: anyU32, build: question } satisfies RulesOf<messages.AdoptWorker>,
  QueryHealthChecks: { cluster_id: question } satisfies RulesOf<messages.QueryHealthChecks>,
  SetHealthCheck: { cluster_id: question } satisfies RulesOf<messages.SetHealthCheck>,
  CloseSessions: {
    cluster_id: question,
    backend_id: question,
  } satisfies RulesOf<messages.CloseSessions>,
  SetProtectedHealthCheck: {
    cluster_id: question,
  } satisfies RulesOf<messages.SetProtectedHealthCheck>,
  ProtectedHealthCheckOrder: {
    phase: named(messages.ProtectedHealthCheckPhase),
    cluster_id: question,
    version: anyU64,
  } satisfies RulesOf<messages.ProtectedHealthCheckOrder>,
  ClientAuthPolicy: {
    client_auth: clientAuth,
    client_ca_certificates: pem,
    client_ca_crls: pem,
  } satisfies RulesOf<messages.ClientAuthPolicy>,
  ClientCertificateHeaders: {
    subject: clientHeader,
    names: clientHeader,
    fingerprint: clientHeader,
    verified: clientHeader,
  } satisfies RulesOf<messages.ClientCertificateHeaders>,
  HeaderPredicate: {
    name: readWhole,
    kind: named(messages.HeaderMatchKind),
    value: readWhole,
  } satisfies RulesOf<messages.HeaderPredicate>,
  // The rules of the whole health check read both of these.
  HttpStatusRange: { start: anyU32, end: anyU32 } satisfies RulesOf<messages.HttpStatusRange>,
  HealthCheckHeader: { name: readWhole, fingerprint: readWhole } satisfies RulesOf<
    messages.HealthCheckHeader
  >,
  HealthCheckHeaderValue: { name: line(256, 1), value: bytes(8192) } satisfies RulesOf<
    messages.HealthCheckHeaderValue
  >,
  AlpnProtocols: { values: alpnName } satisfies RulesOf<messages.AlpnProtocols>,
  UpdateHttpListenerConfig: HTTP satisfies RulesOf<messages.UpdateHttpListenerConfig>,
  UpdateHttpsListenerConfig: {
    ...HTTP,
    alpn_protocols: onlyKnownProtocols,
  } satisfies RulesOf<messages.UpdateHttpsListenerConfig>,
  UpdateTcpListenerConfig: {
    ...STREAM,
    ...CERTIFICATE_AND_KEY,
  } satisfies RulesOf<messages.UpdateTcpListenerConfig>,
  UpdateUdpListenerConfig: {
    front_timeout: timeout,
    back_timeout: timeout,
    max_rx_datagram_size: positive,
    max_flows: anyU32,
  } satisfies RulesOf<messages.UpdateUdpListenerConfig>,
  HttpListenerConfig: {
    ...HTTP,
    address: reachable,
    interface: device,
  } satisfies RulesOf<messages.HttpListenerConfig>,
  HttpsListenerConfig: {
    ...HTTP,
    ...CERTIFICATE_AND_KEY,
    address: reachable,
    versions: tlsVersion,
    cipher_list: listed,
    cipher_suites: listed,
    signature_algorithms: listed,
    groups_list: listed,
    certificate_chain: pem,
    send_tls13_tickets: anyU64,
    alpn_protocols: alpnName,
    interface: device,
    client_auth: clientAuth,
    client_ca_certificates: pem,
    client_ca_crls: pem,
  } satisfies RulesOf<messages.HttpsListenerConfig>,
  TcpListenerConfig: {
    ...STREAM,
    ...CERTIFICATE_AND_KEY,
    address: reachable,
    interface: device,
    sni_preread_timeout: timeout,
    sni_preread_max_bytes: positive,
  } satisfies RulesOf<messages.TcpListenerConfig>,
  UdpListenerConfig: {
    address: reachable,
    front_timeout: timeout,
    back_timeout: timeout,
    max_rx_datagram_size: positive,
    max_flows: anyU32,
    interface: device,
  } satisfies RulesOf<messages.UdpListenerConfig>,
  HstsConfig: { max_age: anyU32 } satisfies RulesOf<messages.HstsConfig>,
  CustomHttpAnswers: {
    answer_301: readWhole,
    answer_400: readWhole,
    answer_401: readWhole,
    answer_404: readWhole,
    answer_408: readWhole,
    answer_413: readWhole,
    answer_421: readWhole,
    answer_429: readWhole,
    answer_502: readWhole,
    answer_503: readWhole,
    answer_504: readWhole,
    answer_507: readWhole,
  } satisfies RulesOf<messages.CustomHttpAnswers>,
  ActivateListener: { proxy, interface: device } satisfies RulesOf<messages.ActivateListener>,
  DeactivateListener: { proxy, interface: device } satisfies RulesOf<messages.DeactivateListener>,
  RemoveListener: { proxy, interface: device } satisfies RulesOf<messages.RemoveListener>,
  Header: {
    position: named(messages.HeaderPosition, [messages.HeaderPosition.HEADER_POSITION_UNSPECIFIED]),
    key: readWhole,
    val: readWhole,
  } satisfies RulesOf<messages.Header>,
  RequestHttpFrontend: {
    cluster_id: id,
    hostname: readWhole,
    method,
    position: named(messages.RulePosition),
    tags,
    redirect: named(messages.RedirectPolicy),
    redirect_scheme: named(messages.RedirectScheme),
    redirect_template: readWhole,
    rewrite_host: readWhole,
    rewrite_path: readWhole,
    rewrite_port: port,
  } satisfies RulesOf<messages.RequestHttpFrontend>,
  RequestTcpFrontend: {
    cluster_id: id,
    tags,
    sni: readWhole,
    alpn: offeredProtocol,
  } satisfies RulesOf<messages.RequestTcpFrontend>,
  RequestUdpFrontend: { cluster_id: id, tags } satisfies RulesOf<messages.RequestUdpFrontend>,
  FrontendFilters: { domain: question, cluster_id: question } satisfies RulesOf<
    messages.FrontendFilters
  >,
  PathRule: {
    kind: named(messages.PathRuleKind),
    value: readWhole,
  } satisfies RulesOf<messages.PathRule>,
  AddCertificate: { expired_at: anyI64 } satisfies RulesOf<messages.AddCertificate>,
  RemoveCertificate: { fingerprint } satisfies RulesOf<messages.RemoveCertificate>,
  ReplaceCertificate: {
    old_fingerprint: fingerprint,
    new_expired_at: anyI64,
  } satisfies RulesOf<messages.ReplaceCertificate>,
  CertificateAndKey: {
    ...CERTIFICATE_AND_KEY,
    certificate_chain: pem,
    versions: tlsVersion,
    names: readWhole,
  } satisfies RulesOf<messages.CertificateAndKey>,
  QueryCertificatesFilters: {
    domain: question,
    fingerprint,
  } satisfies RulesOf<messages.QueryCertificatesFilters>,
  UdpHealthConfig: {
    mode: named(messages.UdpHealthMode),
    tcp_port: port,
    rise: positive,
    fall: positive,
    udp_probe_payload: bytes(U16_MAX),
    probe_interval_seconds: positive,
    probe_timeout_seconds: positive,
  } satisfies RulesOf<messages.UdpHealthConfig>,
  UdpClusterConfig: {
    affinity_key: named(messages.UdpAffinityKey),
    responses: anyU32,
    requests: anyU32,
  } satisfies RulesOf<messages.UdpClusterConfig>,
  Cluster: {
    cluster_id: id,
    proxy_protocol: named(messages.ProxyProtocolConfig),
    load_balancing: named(messages.LoadBalancingAlgorithms),
    answer_503: readWhole,
    load_metric: named(messages.LoadMetric),
    answers: entries(readWhole, readWhole),
    https_redirect_port: port,
    authorized_hashes: line(1024),
    www_authenticate: challenge,
    max_connections_per_ip: anyU64,
    max_connections_per_subnet: anyU64,
    retry_after: anyU32,
    affinity_header: affinityHeader,
    affinity_cookie: affinityCookie,
    shard_percent: range(1, 100),
    shard_min_backends: atLeast(2),
    shard_mode: named(messages.ShardMode),
    max_connection_attempts: attempts,
  } satisfies RulesOf<messages.Cluster>,
  HealthCheckConfig: {
    mode: named(messages.HealthCheckMode),
    interval: positive,
    timeout: positive,
    healthy_threshold: positive,
    unhealthy_threshold: positive,
    uri: readWhole,
    expected_status: number(
      "0 for any 2xx, or a status from 100 to 599",
      (status) => status === 0 || (status >= 100 && status <= 599),
    ),
    port: anyU32,
  } satisfies RulesOf<messages.HealthCheckConfig>,
  AddBackend: {
    cluster_id: id,
    backend_id: id,
    address: reachable,
    sticky_id: stickyId,
    unix_path: unixPath,
  } satisfies RulesOf<messages.AddBackend>,
  RemoveBackend: { cluster_id: id, backend_id: id } satisfies RulesOf<messages.RemoveBackend>,
  LoadBalancingParams: { weight: range(0, I32_MAX) } satisfies RulesOf<
    messages.LoadBalancingParams
  >,
  QueryClusterByDomain: { hostname: question, path: question } satisfies RulesOf<
    messages.QueryClusterByDomain
  >,
  QueryMetricsOptions: {
    cluster_ids: question,
    backend_ids: question,
    metric_names: question,
  } satisfies RulesOf<messages.QueryMetricsOptions>,
  SocketAddress: { port: range(0, U16_MAX) } satisfies RulesOf<messages.SocketAddress>,
  Uint128: { low: anyU64, high: anyU64 } satisfies RulesOf<messages.Uint128>,
  SetMetricDetail: {
    client_id: question,
    detail: named(messages.MetricDetail),
    ttl_seconds: anyU32,
    reason: line(4096),
    peer_pid: range(-I32_MAX - 1, I32_MAX),
    peer_session_ulid: question,
  } satisfies RulesOf<messages.SetMetricDetail>,
} as const;

/** The rows of members of groups that stand alone; those of verbs are in the rows of the verbs. */
export const MEMBER_RULES = { v4: anyU32 } as const;
