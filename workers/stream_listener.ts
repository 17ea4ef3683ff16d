// One TCP listener of a worker: which clusters its connections go to, its settings and, while active, its
// socket.

import {
  ListenerType,
  type RequestTcpFrontend,
  type SocketAddress,
  type TcpListenerConfig,
  type UpdateTcpListenerConfig,
} from "../config/messages.ts";
import type { SniTlsAcceptor } from "../src/io/sni_tls_settings.ts";
import { TcpListener } from "../src/io/tcp.ts";
import type { WorkerContext } from "../src/session/context.ts";
import type { TcpListenerContext } from "../src/session/tcp_context.ts";
import { type TcpSessionSettings, TcpStarter } from "../src/session/tcp_starter.ts";
import { TlsStage } from "../src/session/tls_stage.ts";
import type { ClusterSet } from "./cluster_set.ts";
import { endpointOf, ListeningSocket, type OpenSource } from "./listening_socket.ts";
import type { AcceptHandler, ProxyListener } from "./proxy_listener.ts";
import { streamAcceptor } from "./stream_tls.ts";
import { TcpServices } from "./tcp_services.ts";

/**
 * Longest wait for a ClientHello, in milliseconds: a client sends it at once, and HAProxy's manual
 * suggests to inspect for five seconds.
 */
const MAX_HELLO_MS = 10_000;

/** A listener that has been added; {@link activate} opens its socket. */
export class StreamListener implements ProxyListener {
  readonly kind = ListenerType.TCP;
  readonly socket: ListeningSocket;
  readonly #services = new TcpServices();
  readonly #settings: TcpSessionSettings;
  readonly #worker: WorkerContext;
  #config: TcpListenerConfig;
  /** Makes the handshakes; `null` where TLS passes. */
  #acceptor: SniTlsAcceptor | null;

  private constructor(
    config: TcpListenerConfig,
    worker: WorkerContext,
    acceptor: SniTlsAcceptor | null,
  ) {
    this.#config = config;
    this.#worker = worker;
    this.#acceptor = acceptor;
    this.socket = new ListeningSocket(config.address, "TCP");
    this.#settings = { context: this.#context(), expectsProxy: config.expect_proxy };
  }

  /** A listener as configured, or why its certificate cannot be served. */
  static create(config: TcpListenerConfig, worker: WorkerContext): StreamListener | string {
    const acceptor = streamAcceptor(config);
    return typeof acceptor === "string" ? acceptor : new StreamListener(config, worker, acceptor);
  }

  get address(): SocketAddress {
    return this.#config.address;
  }

  get active(): boolean {
    return this.socket.isOpen;
  }

  activate(handler: AcceptHandler): Promise<string | null> {
    return this.socket.open(this.#open, this.#starter(), handler);
  }

  deactivate(): Promise<string | null> {
    return this.socket.close();
  }

  /** Changes settings in place, for connections to come; the reason when they are refused. */
  async update(patch: UpdateTcpListenerConfig): Promise<string | null> {
    const { address: _address, ...settings } = patch;
    const config = { ...this.#config, ...settings };
    const passedTls = this.#acceptor === null;
    if (settings.certificate !== undefined) {
      const acceptor = streamAcceptor(config, this.#acceptor);
      if (typeof acceptor === "string") return acceptor;
      this.#acceptor = acceptor;
    }
    this.#config = config;
    this.#settings.context = this.#context();
    this.#settings.expectsProxy = config.expect_proxy;
    if (!passedTls || this.#acceptor === null) return null;
    return await this.socket.reopen(this.#open, this.#starter());
  }

  /** Gives a part of the listener's traffic to a cluster; the reason when it is refused. */
  addFrontend(frontend: RequestTcpFrontend, clusters: ClusterSet): string | null {
    return this.#services.add(frontend, clusters);
  }

  /** Takes it away again; the reason when the cluster does not have it. */
  removeFrontend(frontend: RequestTcpFrontend): string | null {
    return this.#services.remove(frontend);
  }

  readonly #open: OpenSource = (endpoint) =>
    this.#acceptor === null ? TcpListener.open(endpoint) : this.#acceptor.listen(endpoint);

  #starter(): TcpStarter {
    const stage = this.#acceptor === null ? null : new TlsStage(this.#acceptor, this.#worker);
    return new TcpStarter(this.#settings, this.#worker, stage);
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
