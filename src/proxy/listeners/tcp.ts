// One TCP listener of a worker: its settings and, while active, its socket.

import {
  DEFAULT_SNI_PREREAD_BYTES,
  DEFAULT_SNI_PREREAD_SECONDS,
  MAX_CLIENT_HELLO_MS,
} from "../../../config/defaults.ts";
import { patchListener } from "../../../config/state/listener_patch.ts";
import {
  ListenerType,
  type SocketAddress,
  TcpListenerConfig,
  UpdateTcpListenerConfig,
} from "../../../config/schema/messages.ts";
import type { SniTlsAcceptor } from "../../io/tls/sni_settings.ts";
import type { WorkerContext } from "../../session/worker_context.ts";
import type { SessionStarter } from "../../session/session.ts";
import type { TcpListenerContext } from "../../session/tcp/context.ts";
import { type TcpSessionSettings, TcpStarter } from "../../session/tcp/starter.ts";
import { TlsStage } from "../../session/stages/tls.ts";
import type { PlaneParts } from "../parts.ts";
import type { ProxyListener } from "./listener.ts";
import { type AcceptHandler, endpointOf, ListeningSocket, type OpenSource } from "./socket.ts";
import { streamAcceptor } from "./tcp_tls.ts";
import type { TcpServices } from "./tcp_services.ts";

/** A listener that has been added; {@link activate} opens its socket. */
export class StreamListener implements ProxyListener {
  readonly kind = ListenerType.TCP;
  readonly socket: ListeningSocket;
  readonly #services: TcpServices;
  readonly #settings: TcpSessionSettings;
  readonly #worker: WorkerContext;
  readonly #parts: PlaneParts;
  #config: TcpListenerConfig;
  /** Makes the handshakes; `null` where TLS passes. */
  #acceptor: SniTlsAcceptor | null;
  #starter: TcpStarter;

  private constructor(
    config: TcpListenerConfig,
    worker: WorkerContext,
    parts: PlaneParts,
    acceptor: SniTlsAcceptor | null,
    services: TcpServices,
  ) {
    this.#services = services;
    this.#config = config;
    this.#worker = worker;
    this.#parts = parts;
    this.#acceptor = acceptor;
    this.socket = new ListeningSocket(config.address, "TCP", parts);
    this.#settings = { context: this.#context(), expectsProxy: config.expect_proxy };
    this.#starter = this.#createStarter();
  }

  /** A listener as configured for what is bound to its address, or why its certificate cannot be served. */
  static create(
    config: TcpListenerConfig,
    worker: WorkerContext,
    parts: PlaneParts,
    services: TcpServices,
  ): StreamListener | string {
    const acceptor = streamAcceptor(config, parts.tls);
    if (typeof acceptor === "string") return acceptor;
    return new StreamListener(config, worker, parts, acceptor, services);
  }

  get address(): SocketAddress {
    return this.#config.address;
  }

  get config(): TcpListenerConfig {
    return this.#config;
  }

  get active(): boolean {
    return this.socket.isOpen;
  }

  activate(handler: AcceptHandler): Promise<string | null> {
    return this.socket.open(this.#open, this.#starterOfSocket(), handler);
  }

  deactivate(): Promise<string | null> {
    return this.socket.close();
  }

  /** Changes settings in place, for connections to come; the reason when they are refused. */
  update(patch: UpdateTcpListenerConfig): Promise<string | null> {
    return this.replace(
      patchListener(TcpListenerConfig, UpdateTcpListenerConfig, this.#config, patch),
    );
  }

  /** Takes other settings, for connections to come; the reason when they are refused. */
  async replace(config: TcpListenerConfig): Promise<string | null> {
    const before = this.#acceptor;
    const acceptor = isSameIdentity(this.#config, config)
      ? before
      : streamAcceptor(config, this.#parts.tls, before);
    if (typeof acceptor === "string") return acceptor;
    const refusal = acceptor === before ? null : await this.#serveWith(acceptor);
    if (refusal !== null) return refusal;
    this.#config = config;
    this.#settings.context = this.#context();
    this.#settings.expectsProxy = config.expect_proxy;
    return null;
  }

  /** Ends TLS from now on, or lets it pass; the reason when the socket this needs cannot be opened. */
  async #serveWith(acceptor: SniTlsAcceptor | null): Promise<string | null> {
    const before = this.#acceptor;
    const staysOpen = [acceptor, before].every((each) => each?.usesPlainSockets !== false);
    this.#acceptor = acceptor;
    this.#starter = this.#createStarter();
    if (staysOpen) return null;
    const refusal = await this.socket.reopen(this.#open, this.#starterOfSocket());
    if (refusal === null) return null;
    this.#acceptor = before;
    this.#starter = this.#createStarter();
    return refusal;
  }

  readonly #open: OpenSource = (endpoint) =>
    this.#acceptor === null
      ? this.#parts.sockets.listen(endpoint)
      : this.#acceptor.listen(endpoint, this.#parts.sockets.sharing);

  /** Connections of a socket that only one acceptor can serve keep to the starter it was opened with. */
  #starterOfSocket(): SessionStarter {
    if (this.#acceptor?.usesPlainSockets === false) return this.#starter;
    return { start: (accepted, onEnd) => this.#starter.start(accepted, onEnd) };
  }

  #createStarter(): TcpStarter {
    const stage = this.#acceptor === null ? null : new TlsStage(this.#acceptor, this.#worker);
    return new TcpStarter(this.#settings, this.#worker, stage);
  }

  #context(): TcpListenerContext {
    const { address, public_address, front_timeout, back_timeout, connect_timeout } = this.#config;
    const { sni_preread_timeout, sni_preread_max_bytes } = this.#config;
    const front = front_timeout * 1000;
    return {
      address: endpointOf(public_address ?? address),
      routes: this.#services.routes,
      timeouts: {
        front,
        back: back_timeout * 1000,
        connect: connect_timeout * 1000,
        hello: Math.min(front, (sni_preread_timeout ?? DEFAULT_SNI_PREREAD_SECONDS) * 1000),
        handshake: Math.min(front, MAX_CLIENT_HELLO_MS),
      },
      maxHelloBytes: sni_preread_max_bytes ?? DEFAULT_SNI_PREREAD_BYTES,
    };
  }
}

function isSameIdentity(a: TcpListenerConfig, b: TcpListenerConfig): boolean {
  return a.certificate === b.certificate && a.key === b.key;
}
