// The clusters of one worker and their backends, as commands change them. A cluster exists from the
// first command that names it, so that frontends, backends and clusters may come in any order.

import { type AnswerLayer, compileAnswers, NO_ANSWERS } from "../answers/answer_set.ts";
import { TemplateError } from "../answers/template.ts";
import { type Backend, parseBackendAddress } from "../balancing/backend.ts";
import { BackendSet } from "../balancing/backend_set.ts";
import { LoadBalancing } from "../balancing/policy.ts";
import type { Sharding } from "../balancing/shards.ts";
import { asciiBytes } from "../bytes/ascii.ts";
import { AuthorizedHashes } from "../protocol/http/basic_auth.ts";
import {
  type Affinity,
  Cluster,
  type ClusterSettings,
  DEFAULT_SETTINGS,
  type ProxyHeaderMode,
} from "../session/cluster.ts";
import { DEFAULT_SHARD_MIN_BACKENDS } from "../../config/defaults.ts";
import { formatAddress } from "../../config/values/address.ts";
import {
  type AddBackend,
  type Cluster as ClusterConfig,
  LoadMetric,
  ProxyProtocolConfig,
  type RemoveBackend,
  ShardMode,
} from "../../config/schema/messages.ts";

/** Backend connections, which end with their backend. */
export interface BackendConnections {
  retire(backend: Backend): void;
}

/** Clusters by id. */
export class ClusterSet {
  readonly #clusters = new Map<string, Cluster>();
  readonly #connections: readonly BackendConnections[];
  readonly #now: () => number;
  readonly #random: () => number;

  /** `now` in milliseconds; `random` gives numbers in [0, 1). */
  constructor(
    connections: readonly BackendConnections[],
    now: () => number,
    random: () => number,
  ) {
    this.#connections = connections;
    this.#now = now;
    this.#random = random;
  }

  /** The cluster with this id, created when nothing has named it yet. */
  get(id: string): Cluster {
    let cluster = this.#clusters.get(id);
    if (cluster === undefined) {
      cluster = new Cluster(id, new BackendSet(this.#random));
      cluster.backends.setPolicy(LoadBalancing.ROUND_ROBIN, LoadMetric.CONNECTIONS);
      this.#clusters.set(id, cluster);
    }
    return cluster;
  }

  /** The cluster with this id, `null` when nothing has named it. */
  find(id: string): Cluster | null {
    return this.#clusters.get(id) ?? null;
  }

  values(): IterableIterator<Cluster> {
    return this.#clusters.values();
  }

  /** Adds or replaces the settings of a cluster; the reason when its answers do not compile. */
  add(config: ClusterConfig): string | null {
    const answers = clusterAnswers(config);
    if (answers instanceof TemplateError) return answers.message;
    const cluster = this.get(config.cluster_id);
    cluster.answers = answers;
    cluster.settings = clusterSettings(config);
    cluster.series.revive();
    const known = config.load_balancing >= 0 && config.load_balancing <= LoadBalancing.MAGLEV;
    cluster.backends.setPolicy(
      known ? config.load_balancing : LoadBalancing.ROUND_ROBIN,
      config.load_metric ?? LoadMetric.CONNECTIONS,
    );
    cluster.backends.setSharding(shardingOf(config));
    return null;
  }

  /** Forgets the settings of a cluster; its frontends and backends stay. */
  remove(id: string): void {
    const cluster = this.#clusters.get(id);
    if (cluster === undefined) return;
    cluster.answers = NO_ANSWERS;
    cluster.settings = DEFAULT_SETTINGS;
    cluster.series.remove();
    cluster.backends.setPolicy(LoadBalancing.ROUND_ROBIN, LoadMetric.CONNECTIONS);
    cluster.backends.setSharding(null);
  }

  /** Adds a backend or updates the one with the same id and address. */
  addBackend(config: AddBackend): string | null {
    const text = formatAddress(config.address);
    const address = parseBackendAddress(text);
    if (address === null) return `Cannot use backend address "${text}"`;
    this.get(config.cluster_id).backends.add({
      id: config.backend_id,
      address,
      stickyId: config.sticky_id ?? null,
      weight: config.load_balancing_parameters?.weight ?? null,
      backup: config.backup ?? false,
      unixPath: config.unix_path ?? null,
    }, this.#now());
    return null;
  }

  /** Takes a backend out: idle connections close now, what is in flight may finish for a while. */
  removeBackend(config: RemoveBackend): void {
    const cluster = this.#clusters.get(config.cluster_id);
    const removed = cluster?.backends.remove(config.backend_id, formatAddress(config.address));
    if (cluster === undefined || removed === null || removed === undefined) return;
    for (const connections of this.#connections) connections.retire(removed);
    // Backends may share an id, and then what is measured of them.
    if (cluster.backends.members.every(({ id }) => id !== removed.id)) {
      cluster.series.dropBackend(removed.id);
    }
  }
}

function clusterSettings(config: ClusterConfig): ClusterSettings {
  const perIp = config.max_connections_per_ip;
  const perSubnet = config.max_connections_per_subnet;
  return {
    sticky: config.sticky_session,
    httpsRedirect: config.https_redirect,
    httpsRedirectPort: config.https_redirect_port ?? null,
    authorized: new AuthorizedHashes(config.authorized_hashes),
    wwwAuthenticate: config.www_authenticate ?? "",
    maxConnectionsPerIp: perIp === undefined ? null : Number(perIp),
    maxConnectionsPerSubnet: perSubnet === undefined ? null : Number(perSubnet),
    maxConnectionAttempts: config.max_connection_attempts ?? null,
    retryAfter: config.retry_after ?? null,
    proxyHeader: proxyHeaderMode(config.proxy_protocol),
    allowConnect: config.allow_connect ?? false,
    http2: config.http2 ?? false,
    affinity: affinityOf(config),
  };
}

function affinityOf({ affinity_header, affinity_cookie }: ClusterConfig): Affinity | null {
  if (affinity_header !== undefined) {
    return { from: "header", name: asciiBytes(affinity_header.toLowerCase()) };
  }
  if (affinity_cookie !== undefined) return { from: "cookie", name: asciiBytes(affinity_cookie) };
  return null;
}

function shardingOf(config: ClusterConfig): Sharding | null {
  if (config.shard_percent === undefined) return null;
  return {
    percent: config.shard_percent,
    minimum: config.shard_min_backends ?? DEFAULT_SHARD_MIN_BACKENDS,
    strict: config.shard_mode === ShardMode.STRICT,
  };
}

function proxyHeaderMode(mode: ProxyProtocolConfig | undefined): ProxyHeaderMode {
  switch (mode) {
    case ProxyProtocolConfig.EXPECT_HEADER:
      return { expects: true, forwards: "nothing" };
    case ProxyProtocolConfig.SEND_HEADER:
      return { expects: false, forwards: "own" };
    case ProxyProtocolConfig.RELAY_HEADER:
      return { expects: true, forwards: "received" };
    default:
      return DEFAULT_SETTINGS.proxyHeader;
  }
}

function clusterAnswers(config: ClusterConfig): AnswerLayer | TemplateError {
  const legacy = config.answer_503 === undefined ? {} : { answer_503: config.answer_503 };
  return compileAnswers(config.answers, legacy);
}
