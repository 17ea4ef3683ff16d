// The configuration of a run, and how it changes while traffic flows.

import {
  Cluster,
  HealthCheckConfig,
  ListenerType,
  MetricsConfiguration,
  type Request,
  type RequestHttpFrontend,
} from "../../../config/schema/messages.ts";
import * as commands from "../../support/config/commands.ts";
import { httpListener } from "../../support/session/proxy.ts";
import type { EchoBackend, SimulatedBackend } from "./backend.ts";
import type { SimulatedWorld } from "./world.ts";

type RequestType = NonNullable<Request["request_type"]>;

export const HTTP_PORTS = [8080, 8081];
export const TCP_ADDRESSES = ["127.0.0.1:9000", "127.0.0.1:9001"];
export const HTTP_BACKENDS = ["10.0.0.1:80", "10.0.0.2:80", "10.0.0.3:80", "10.0.0.4:80"];
export const TCP_BACKENDS = ["10.0.1.1:90", "10.0.1.2:90"];

/** Frontends: cluster, host, path. */
const FRONTENDS = [
  ["app", "app.test", "/"],
  ["web", "web.test", "/"],
  ["web", "app.test", "/web"],
  ["app", "*.wild.test", "/"],
] as const;

const TIMEOUTS = {
  front_timeout: 8,
  back_timeout: 5,
  connect_timeout: 2,
  request_timeout: 4,
  h2c_prior_knowledge: true,
  // Nobody is cut for being slower than that.
  h2_graceful_shutdown_deadline_seconds: 0,
};

/** The clusters by their backends at the beginning. */
const MEMBERS: Readonly<Record<string, readonly string[]>> = {
  app: HTTP_BACKENDS.slice(0, 2),
  web: HTTP_BACKENDS.slice(1),
  raw: TCP_BACKENDS,
};

/** What a worker is told at its start; `modern`: clusters whose backends are spoken to in HTTP/2. */
export function initialRequests(modern: readonly string[]): Request[] {
  const requests: RequestType[] = [];
  for (const port of HTTP_PORTS) requests.push(...listenerAt(port));
  for (const address of TCP_ADDRESSES) {
    requests.push(
      { kind: "add_tcp_listener", value: { ...commands.tcpListener(address), ...TCP_TIMEOUTS } },
      activation(address, ListenerType.TCP),
      { kind: "add_tcp_frontend", value: tcpFrontend(address) },
    );
  }
  for (const [id, members] of Object.entries(MEMBERS)) {
    requests.push({ kind: "add_cluster", value: cluster(id, { http2: modern.includes(id) }) });
    for (const address of members) requests.push(membership("add_backend", id, address));
  }
  return requests.map((request_type) => ({ request_type }));
}

const TCP_TIMEOUTS = { front_timeout: 8, back_timeout: 5, connect_timeout: 2 };

/** A listener with its frontends, open. */
function listenerAt(port: number): RequestType[] {
  const value = httpListener(port, TIMEOUTS);
  return [
    { kind: "add_http_listener", value },
    activation(`127.0.0.1:${port}`, ListenerType.HTTP),
    ...FRONTENDS.map((_, index): RequestType => ({
      kind: "add_http_frontend",
      value: frontendAt(port, index),
    })),
  ];
}

function frontendAt(port: number, index: number): RequestHttpFrontend {
  const [clusterId, hostname, path] = FRONTENDS[index] ?? FRONTENDS[0];
  const place = { clusterId, hostname, path, address: `127.0.0.1:${port}` };
  const { request_type } = commands.addHttpFrontend(place);
  if (request_type?.kind !== "add_http_frontend") throw new Error("no frontend was made");
  return request_type.value;
}

function cluster(id: string, changes: Partial<Cluster> = {}): Cluster {
  return { ...Cluster.empty(), cluster_id: id, ...changes };
}

function tcpFrontend(address: string) {
  return { cluster_id: "raw", address: commands.socketAddress(address), tags: new Map(), alpn: [] };
}

function activation(address: string, proxy: ListenerType): RequestType {
  const value = { address: commands.socketAddress(address), proxy, from_scm: false };
  return { kind: "activate_listener", value };
}

function membership(
  kind: "add_backend" | "remove_backend",
  clusterId: string,
  address: string,
): RequestType {
  const value = {
    cluster_id: clusterId,
    backend_id: `${clusterId}-${address}`,
    address: commands.socketAddress(address),
  };
  return { kind, value };
}

/** Changes the configuration, and the world behind it, until it is told to stop. */
export class Changes {
  /** Backends that were removed: what they still have is cut after a while, which needs a timer. */
  removals = 0;
  stopped = false;
  readonly #world: SimulatedWorld;
  readonly #backends: readonly SimulatedBackend[];
  readonly #echoes: readonly EchoBackend[];

  constructor(
    world: SimulatedWorld,
    backends: readonly SimulatedBackend[],
    echoes: readonly EchoBackend[],
  ) {
    this.#world = world;
    this.#backends = backends;
    this.#echoes = echoes;
  }

  async run(everyMs: number): Promise<void> {
    const { clock, random } = this.#world;
    while (!this.stopped) {
      await clock.sleep(random.next() * 2 * everyMs);
      if (this.stopped) return;
      if (random.chance(0.35)) this.#changeBackend();
      else for (const type of this.#nextChange()) await this.#world.command(type);
    }
  }

  /** All backends are there again, and behave. */
  restore(): void {
    for (const backend of this.#backends) if (backend.state !== "up") backend.revive();
    for (const echo of this.#echoes) echo.state = "up";
  }

  #changeBackend(): void {
    const { random } = this.#world;
    if (random.chance(0.2)) {
      random.pick(this.#echoes).state = random.pick(["up", "refusing", "silent"]);
      return;
    }
    const backend = random.pick(this.#backends);
    if (backend.state !== "up") return backend.revive();
    if (random.chance(0.3)) backend.healthy = !backend.healthy;
    else backend.die(random.chance(0.8) ? "refusing" : "silent");
  }

  #nextChange(): RequestType[] {
    const { random } = this.#world;
    const port = random.pick(HTTP_PORTS);
    const address = `127.0.0.1:${port}`;
    switch (random.below(10)) {
      case 0:
      case 1:
        return this.#changeMember();
      case 2:
        return [this.#changeCluster()];
      case 3: {
        const index = random.below(FRONTENDS.length);
        const kind = random.chance(0.4) ? "remove_http_frontend" : "add_http_frontend";
        return [{ kind, value: frontendAt(port, index) }];
      }
      case 4:
        return this.#replaceListener(port);
      case 5:
        return [this.#toggle(address, ListenerType.HTTP)];
      case 6:
        return this.#changeTcp();
      case 7: {
        const limit = BigInt(random.pick([0, 0, 1, 3]));
        return [{ kind: "set_max_connections_per_ip", value: limit }];
      }
      case 8:
        return [this.#changeHealthCheck()];
      default:
        return [this.#measure()];
    }
  }

  #changeMember(): RequestType[] {
    const { random } = this.#world;
    const id = random.pick(["app", "web", "raw"]);
    const address = random.pick(id === "raw" ? TCP_BACKENDS : HTTP_BACKENDS);
    if (random.chance(0.5)) return [membership("add_backend", id, address)];
    // One deadline for its connections of each version.
    this.removals += 2;
    return [membership("remove_backend", id, address)];
  }

  #changeCluster(): RequestType {
    const { random } = this.#world;
    const id = random.pick(["app", "web", "raw"]);
    if (random.chance(0.1)) return { kind: "remove_cluster", value: id };
    const settings: Partial<Cluster> = {
      sticky_session: random.chance(0.3),
      http2: random.chance(0.4),
      load_balancing: random.below(6),
      load_metric: random.below(3),
      ...(random.chance(0.2) ? { max_connections_per_ip: 2n } : {}),
    };
    return { kind: "add_cluster", value: cluster(id, settings) };
  }

  #replaceListener(port: number): RequestType[] {
    const { random } = this.#world;
    const address = commands.socketAddress(`127.0.0.1:${port}`);
    if (random.chance(0.3)) {
      const removal = { address, proxy: ListenerType.HTTP };
      return [{ kind: "remove_listener", value: removal }, ...listenerAt(port)];
    }
    const front_timeout = random.pick([2, 8, 20]);
    if (random.chance(0.5)) {
      const value = { address, front_timeout, answers: new Map() };
      return [{ kind: "update_http_listener", value }];
    }
    const value = httpListener(port, { ...TIMEOUTS, front_timeout });
    return [{ kind: "replace_http_listener", value }];
  }

  #changeTcp(): RequestType[] {
    const { random } = this.#world;
    const address = random.pick(TCP_ADDRESSES);
    if (random.chance(0.5)) return [this.#toggle(address, ListenerType.TCP)];
    const kind = random.chance(0.4) ? "remove_tcp_frontend" : "add_tcp_frontend";
    return [{ kind, value: tcpFrontend(address) }];
  }

  #toggle(address: string, proxy: ListenerType): RequestType {
    if (this.#world.random.chance(0.6)) return activation(address, proxy);
    const value = { address: commands.socketAddress(address), proxy, to_scm: false };
    return { kind: "deactivate_listener", value };
  }

  #changeHealthCheck(): RequestType {
    const { random } = this.#world;
    const cluster_id = random.pick(["app", "web"]);
    if (random.chance(0.3)) return { kind: "remove_health_check", value: cluster_id };
    const config = {
      ...HealthCheckConfig.empty(),
      uri: "/up",
      interval: 1 + random.below(3),
      timeout: 1,
      healthy_threshold: 1,
      unhealthy_threshold: 2,
    };
    return { kind: "set_health_check", value: { cluster_id, config } };
  }

  #measure(): RequestType {
    const { random } = this.#world;
    if (random.chance(0.5)) return { kind: "configure_metrics", value: MetricsConfiguration.CLEAR };
    return { kind: "set_metric_detail", value: { client_id: "x", detail: 3, ttl_seconds: 2 } };
  }
}
