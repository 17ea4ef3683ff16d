// `[clusters.ID]`: accepted keys and the message that adds the cluster. Its frontends are set aside:
// what their keys mean depends on the cluster's protocol.

import * as defaults from "../../defaults.ts";
import { answers, answerTemplates } from "./answers.ts";
import { BACKEND_KEYS } from "./backend.ts";
import {
  arrayOf,
  boolean,
  located,
  oneOf,
  path,
  port,
  positiveU8,
  text,
  u32,
  u64,
} from "../fields.ts";
import { HEALTH_CHECK_KEYS, healthCheckMessage } from "./health_check.ts";
import { presentFields } from "../../values/present_fields.ts";
import type { Problems } from "../problem.ts";
import type { FileSources } from "../sources.ts";
import {
  defaulted,
  optional,
  required,
  tableOf,
  type TableReading,
  unreadTable,
} from "../table.ts";
import { UDP_KEYS, udpMessage } from "./udp.ts";
import {
  type Cluster,
  LoadBalancingAlgorithms,
  LoadMetric,
  type ProxyProtocolConfig,
  ShardMode,
} from "../../schema/messages.ts";

const HTTP = { only: ["http"] };
/** A TCP session has no requests that hold a key. */
const NO_TCP = { refusedOn: { tcp: "clients of TCP are told apart by their address" } };

/** Keys of `[clusters.ID]`. */
export const CLUSTER_KEYS = {
  protocol: required(
    oneOf<"http" | "tcp">({ http: "http", tcp: "tcp" }),
    "family: http also serves HTTPS frontends, tcp also UDP ones",
  ),
  frontends: required(arrayOf(unreadTable), "what the cluster serves"),
  backends: required(arrayOf(tableOf(BACKEND_KEYS)), "where requests go"),
  load_balancing: defaulted(
    oneOf({
      ROUND_ROBIN: LoadBalancingAlgorithms.ROUND_ROBIN,
      RANDOM: LoadBalancingAlgorithms.RANDOM,
      LEAST_LOADED: LoadBalancingAlgorithms.LEAST_LOADED,
      POWER_OF_TWO: LoadBalancingAlgorithms.POWER_OF_TWO,
      HRW: LoadBalancingAlgorithms.HRW,
      MAGLEV: LoadBalancingAlgorithms.MAGLEV,
    }),
    LoadBalancingAlgorithms.ROUND_ROBIN,
    "how a backend is chosen",
  ),
  load_metric: optional(
    oneOf({
      CONNECTIONS: LoadMetric.CONNECTIONS,
      REQUESTS: LoadMetric.REQUESTS,
      CONNECTION_TIME: LoadMetric.CONNECTION_TIME,
    }),
    "load measure of LEAST_LOADED and POWER_OF_TWO",
  ),
  affinity_header: optional(text, "header whose value keeps clients together", NO_TCP),
  affinity_cookie: optional(text, "cookie whose value keeps clients together", NO_TCP),
  shard_percent: optional(u32, "part of the backends that one client may use, 1 to 100"),
  shard_min_backends: optional(u32, "backends below which there are no shards, at least 2"),
  shard_mode: optional(
    oneOf({ FALLBACK: ShardMode.FALLBACK, STRICT: ShardMode.STRICT }),
    "what happens when no backend of a shard can serve",
  ),
  sticky_session: defaulted(boolean, defaults.DEFAULT_STICKY_SESSION, "cookie affinity", HTTP),
  https_redirect: defaulted(
    boolean,
    defaults.DEFAULT_HTTPS_REDIRECT,
    "send plain HTTP clients to HTTPS",
    HTTP,
  ),
  https_redirect_port: optional(port, "port in that redirect"),
  send_proxy: defaulted(boolean, defaults.DEFAULT_SEND_PROXY, "send a PROXY v2 header", {
    only: ["tcp"],
  }),
  http2: optional(boolean, "backends speak HTTP/2 without TLS", HTTP),
  answer_503: optional(path, "file with the answer template for 503", {
    ...HTTP,
    instead: 'answers."503"',
  }),
  answers: optional(answers, "answer templates by status: text or file://PATH"),
  authorized_hashes: defaulted(
    arrayOf(located(text)),
    [],
    "credentials, user:hex(sha256(password))",
  ),
  www_authenticate: optional(text, "realm header of a 401 answer"),
  max_connections_per_ip: optional(u64, "from one address, 0 = unlimited, absent = global"),
  max_connections_per_subnet: optional(u64, "from one network, 0 = unlimited, absent = global"),
  max_connection_attempts: optional(
    positiveU8,
    "connections to backends that a request may try, 1 to 255, absent = global",
  ),
  retry_after: optional(u32, "Retry-After of a 429 answer, seconds, absent = global"),
  allow_connect: optional(boolean, "forward CONNECT, which opens tunnels; 405 otherwise", HTTP),
  health_check: optional(tableOf(HEALTH_CHECK_KEYS), "probes of the backends"),
  udp: optional(tableOf(UDP_KEYS), "flows of UDP frontends"),
};

/** A `[clusters.ID]` table that was read. */
export type ClusterReading = TableReading<typeof CLUSTER_KEYS>;

/** The message that adds a cluster. */
export function clusterMessage(
  reading: ClusterReading,
  clusterId: string,
  proxyProtocol: ProxyProtocolConfig | undefined,
  sources: FileSources,
  problems: Problems,
): Cluster {
  const { values, at } = reading;
  const isHttp = values.protocol === "http";
  checkCredentials(reading, problems);
  return {
    cluster_id: clusterId,
    sticky_session: isHttp && values.sticky_session,
    https_redirect: isHttp && values.https_redirect,
    load_balancing: values.load_balancing,
    answers: answerTemplates(values.answers, sources, problems),
    authorized_hashes: values.authorized_hashes.map((hash) => hash.value),
    ...presentFields({
      proxy_protocol: proxyProtocol,
      answer_503: isHttp ? sources.tolerated(values.answer_503, at("answer_503")) : undefined,
      load_metric: values.load_metric,
      affinity_header: values.affinity_header,
      affinity_cookie: values.affinity_cookie,
      shard_percent: values.shard_percent,
      shard_min_backends: values.shard_min_backends,
      shard_mode: values.shard_mode,
      http2: isHttp ? values.http2 : undefined,
      https_redirect_port: values.https_redirect_port,
      www_authenticate: values.www_authenticate,
      max_connections_per_ip: values.max_connections_per_ip,
      max_connections_per_subnet: values.max_connections_per_subnet,
      max_connection_attempts: values.max_connection_attempts,
      retry_after: values.retry_after,
      health_check: healthCheckMessage(values.health_check),
      allow_connect: isHttp ? values.allow_connect : undefined,
      udp: udpMessage(values.udp),
    }),
  };
}

/** Credentials of another shape never match; the value itself is not repeated in the message. */
function checkCredentials({ values }: ClusterReading, problems: Problems): void {
  for (const { value, place } of values.authorized_hashes) {
    if (/^[^:]+:[0-9a-f]{64}$/.test(value)) continue;
    problems.warn(place, "Matches no password, accepted: user:SHA-256 in 64 lower-case hex digits");
  }
}
