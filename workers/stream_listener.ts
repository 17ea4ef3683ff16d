// One TCP listener of a worker: which clusters its connections go to, its settings and, while active, its
// socket.

import {
  ListenerType,
  type RequestTcpFrontend,
  type SocketAddress,
  type TcpListenerConfig,
  type UpdateTcpListenerConfig,
} from "../config/messages.ts";
import { TcpListener } from "../src/io/tcp.ts";
import type { WorkerContext } from "../src/session/context.ts";
import type { TcpListenerContext } from "../src/session/tcp_context.ts";
import { TcpStarter } from "../src/session/tcp_starter.ts";
import type { ClusterSet } from "./cluster_set.ts";
import { endpointOf, ListeningSocket } from "./listening_socket.ts";
import type { AcceptHandler, ProxyListener } from "./proxy_listener.ts";
import { TcpServices } from "./tcp_services.ts";

/**
 * Longest wait for a ClientHello, in milliseconds: a client sends it at once, and HAProxy's manual
 * suggests to inspect for five seconds.
 */
const MAX_HELLO_MS = 10_000;

/** A listener that has been added; {@link activate} opens its socket. */
export class StreamListener implements ProxyListener {
  readonly kind = ListenerType.TCP;
  readonly #services = new TcpServices();
  readonly #starter: TcpStarter;
  readonly socket: ListeningSocket;
  #config: TcpListenerConfig;

  constructor(config: TcpListenerConfig, worker: WorkerContext) {
    this.#config = config;
    this.socket = new ListeningSocket(config.address, "TCP");
    this.#starter = new TcpStarter(this.#context(), config.expect_proxy, worker);
  }

  get address(): SocketAddress {
    return this.#config.address;
  }

  get active(): boolean {
    return this.socket.isOpen;
  }

  activate(handler: AcceptHandler): Promise<string | null> {
    return this.socket.open((endpoint) => TcpListener.open(endpoint), this.#starter, handler);
  }

  deactivate(): Promise<string | null> {
    return this.socket.close();
  }

  /** Changes settings in place, for connections to come. */
  update(patch: UpdateTcpListenerConfig): null {
    const { address: _address, ...settings } = patch;
    this.#config = { ...this.#config, ...settings };
    this.#starter.context = this.#context();
    this.#starter.expectsProxy = this.#config.expect_proxy;
    return null;
  }

  /** Gives a part of the listener's traffic to a cluster; the reason when it is refused. */
  addFrontend(frontend: RequestTcpFrontend, clusters: ClusterSet): string | null {
    return this.#services.add(frontend, clusters);
  }

  /** Takes it away again; the reason when the cluster does not have it. */
  removeFrontend(frontend: RequestTcpFrontend): string | null {
    return this.#services.remove(frontend);
  }

  #context(): TcpListenerContext {
    const { address, public_address, front_timeout, back_timeout, connect_timeout } = this.#config;
    const front = front_timeout * 1000;
    return {
      address: endpointOf(public_address ?? address),
      services: this.#services.table,
      tags: this.#services.tags,
      timeouts: {
        front,
        back: back_timeout * 1000,
        connect: connect_timeout * 1000,
        hello: Math.min(front, MAX_HELLO_MS),
      },
    };
  }
}
