// The data plane of a worker inside the test process, with real sockets: for tests of traffic that need
// no second process. Configured with the same requests a worker gets.

import {
  type Cluster,
  type Event,
  type HttpListenerConfig,
  ListenerType,
  PathRuleKind,
  type Request,
  type RequestHttpFrontend,
  RulePosition,
  ServerConfig,
} from "../../../config/schema/messages.ts";
import { defaultHttpListener } from "../../../config/state/listener_defaults.ts";
import { decode } from "../../../config/codec/protobuf.ts";
import { ProxyDataPlane } from "../../../src/proxy/data_plane.ts";
import type { PlaneParts } from "../../../src/proxy/parts.ts";
import { runtimeParts } from "../../../src/proxy/runtime_parts.ts";
import { socketAddress } from "../config/commands.ts";
import { countOf, measured } from "../observe/metrics.ts";
import { freePort } from "../ports.ts";

export { socketAddress };

/** What a test may choose; everything else has its default. */
export interface ProxyOptions {
  readonly listener?: Partial<HttpListenerConfig>;
  readonly server?: Partial<ServerConfig>;
  /** Backends of the cluster `app`, which serves every path of `app.test`. */
  readonly backends?: readonly string[];
  /** What the plane takes from outside; that of a process unless told. */
  readonly parts?: PlaneParts;
}

/** A data plane in this process. */
export interface TestPlane {
  readonly plane: ProxyDataPlane;
  /** What operators would have been told so far. */
  readonly events: readonly Event[];
  /** Applies a request and fails the test when it is refused. */
  apply(type: NonNullable<Request["request_type"]>): Promise<void>;
  addCluster(id: string, settings?: Partial<Cluster>): Promise<void>;
  addBackend(clusterId: string, backend: string): Promise<void>;
  removeBackend(clusterId: string, backend: string): Promise<void>;
  /** A count or level by its metric name, of the worker or summed over clusters and backends. */
  count(name: string): number;
  [Symbol.asyncDispose](): Promise<void>;
}

/** A running data plane with one active HTTP listener. */
export interface TestProxy extends TestPlane {
  readonly port: number;
  addFrontend(clusterId: string | null, settings?: Partial<RequestHttpFrontend>): Promise<void>;
}

/** An HTTP listener at a loopback port with everything at its default but what is given. */
export function httpListener(
  port: number,
  settings: Partial<HttpListenerConfig> = {},
): HttpListenerConfig {
  return { ...defaultHttpListener(socketAddress(`127.0.0.1:${port}`)), ...settings };
}

/** The configuration of a worker when nothing is configured. */
export function serverDefaults(): ServerConfig {
  const defaults = decode(ServerConfig, new Uint8Array(0));
  if (defaults instanceof Error) throw defaults;
  return defaults as ServerConfig;
}

/** Starts a data plane without listeners. */
export function startPlane(
  server: Partial<ServerConfig> = {},
  parts: PlaneParts = runtimeParts(),
): TestPlane {
  const events: Event[] = [];
  const plane = new ProxyDataPlane({ ...serverDefaults(), ...server }, (event) => {
    events.push(event);
  }, parts);
  const apply = async (type: NonNullable<Request["request_type"]>) => {
    const refusal = await plane.apply({ request_type: type });
    if (refusal !== null) throw new Error(`${type.kind} refused: ${refusal}`);
  };
  const backend = (clusterId: string, text: string) => ({
    cluster_id: clusterId,
    backend_id: text,
    address: socketAddress(text),
  });
  return {
    plane,
    events,
    apply,
    addCluster: (id, settings = {}) => apply({ kind: "add_cluster", value: cluster(id, settings) }),
    addBackend: (clusterId, text) =>
      apply({ kind: "add_backend", value: backend(clusterId, text) }),
    removeBackend: (clusterId, text) =>
      apply({ kind: "remove_backend", value: backend(clusterId, text) }),
    count: (name) => countOf(measured(plane.measurements), name),
    [Symbol.asyncDispose]: () => {
      plane.hardStop();
      return Promise.resolve();
    },
  };
}

function cluster(id: string, settings: Partial<Cluster>): Cluster {
  return {
    cluster_id: id,
    sticky_session: false,
    https_redirect: false,
    load_balancing: 0,
    answers: new Map(),
    authorized_hashes: [],
    ...settings,
  };
}

/** Starts a data plane that listens on a free port. */
export async function startProxy(options: ProxyOptions = {}): Promise<TestProxy> {
  const port = freePort();
  const address = socketAddress(`127.0.0.1:${port}`);
  const plane = startPlane(options.server, options.parts);
  const { apply } = plane;
  const proxy: TestProxy = {
    ...plane,
    port,
    addFrontend: (clusterId, settings = {}) =>
      apply({
        kind: "add_http_frontend",
        value: {
          ...(clusterId === null ? {} : { cluster_id: clusterId }),
          address,
          hostname: `${clusterId}.test`,
          path: { kind: PathRuleKind.PREFIX, value: "/" },
          position: RulePosition.TREE,
          tags: new Map(),
          headers: [],
          header_predicates: [],
          ...settings,
        },
      }),
  };
  await apply({
    kind: "add_http_listener",
    value: httpListener(port, options.listener),
  });
  await apply({
    kind: "activate_listener",
    value: { address, proxy: ListenerType.HTTP, from_scm: false },
  });
  await proxy.addCluster("app");
  await proxy.addFrontend("app");
  for (const text of options.backends ?? []) await proxy.addBackend("app", text);
  return proxy;
}
