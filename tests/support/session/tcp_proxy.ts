// A data plane with one active TCP listener, for tests of what passes through it.

import {
  ListenerType,
  type RequestTcpFrontend,
  type ServerConfig,
  type TcpListenerConfig,
} from "../../../config/schema/messages.ts";
import { tcpListener } from "../config/commands.ts";
import { freePort } from "../ports.ts";
import { socketAddress, startPlane, type TestPlane } from "./proxy.ts";

/** What a test may choose; everything else has its default. */
export interface TcpProxyOptions {
  readonly listener?: Partial<TcpListenerConfig>;
  readonly server?: Partial<ServerConfig>;
  /** Tags of the frontend of `db`. */
  readonly tags?: readonly (readonly [string, string])[];
  /** Settings of the cluster `db`, which has the listener's traffic. */
  readonly cluster?: Parameters<TestPlane["addCluster"]>[1];
  /** Backends of `db`. */
  readonly backends?: readonly string[];
}

/** A running data plane with one active TCP listener. */
export interface TcpTestProxy extends TestPlane {
  readonly port: number;
  /** Gives the listener's traffic, or the part with a server name, to a cluster. */
  addFrontend(clusterId: string, sni?: string, alpn?: string[]): Promise<void>;
  removeFrontend(clusterId: string, sni?: string, alpn?: string[]): Promise<void>;
}

/** Starts a data plane whose TCP listener is on a free port. */
export async function startTcpProxy(options: TcpProxyOptions = {}): Promise<TcpTestProxy> {
  const port = freePort();
  const address = socketAddress(`127.0.0.1:${port}`);
  const plane = startPlane(options.server);
  const frontend = (
    clusterId: string,
    sni?: string,
    alpn: string[] = [],
  ): RequestTcpFrontend => ({
    cluster_id: clusterId,
    address,
    tags: new Map(options.tags),
    alpn,
    ...(sni === undefined ? {} : { sni }),
  });
  const proxy: TcpTestProxy = {
    ...plane,
    port,
    addFrontend: (...args) => plane.apply({ kind: "add_tcp_frontend", value: frontend(...args) }),
    removeFrontend: (...args) =>
      plane.apply({ kind: "remove_tcp_frontend", value: frontend(...args) }),
  };
  await plane.apply({
    kind: "add_tcp_listener",
    value: { ...tcpListener(`127.0.0.1:${port}`), ...options.listener },
  });
  await plane.apply({
    kind: "activate_listener",
    value: { address, proxy: ListenerType.TCP, from_scm: false },
  });
  await plane.addCluster("db", options.cluster);
  await proxy.addFrontend("db");
  for (const backend of options.backends ?? []) await plane.addBackend("db", backend);
  return proxy;
}
