// One plain HTTP listener of a worker: its settings and, while active, its socket.

import {
  type HttpListenerConfig,
  ListenerType,
  type SocketAddress,
  type UpdateHttpListenerConfig,
} from "../config/messages.ts";
import { TcpListener } from "../src/io/tcp.ts";
import type { WorkerContext } from "../src/session/context.ts";
import { HttpFront } from "./http_front.ts";
import { ListeningSocket } from "./listening_socket.ts";
import type { AcceptHandler, ProxyListener } from "./proxy_listener.ts";

/** A listener that has been added; {@link activate} opens its socket. */
export class HttpListener implements ProxyListener {
  readonly kind = ListenerType.HTTP;
  readonly front: HttpFront;
  readonly #socket: ListeningSocket;
  #config: HttpListenerConfig;

  private constructor(config: HttpListenerConfig, front: HttpFront) {
    this.#config = config;
    this.front = front;
    this.#socket = new ListeningSocket(config.address, "HTTP");
  }

  /** A listener as configured, or why its answers do not compile. */
  static create(config: HttpListenerConfig, worker: WorkerContext): HttpListener | string {
    const front = HttpFront.create("http", config, worker);
    return typeof front === "string" ? front : new HttpListener(config, front);
  }

  get address(): SocketAddress {
    return this.#config.address;
  }

  get active(): boolean {
    return this.#socket.isOpen;
  }

  activate(handler: AcceptHandler): Promise<string | null> {
    return this.#socket.open((endpoint) => TcpListener.open(endpoint), this.front.starter, handler);
  }

  deactivate(): Promise<string | null> {
    return this.#socket.close();
  }

  /** Changes settings in place; the reason when a template does not compile. */
  update(patch: UpdateHttpListenerConfig): string | null {
    const { address: _address, answers: _answers, http_answers: _legacy, ...settings } = patch;
    const config = { ...this.#config, ...settings };
    const refusal = this.front.update(config, patch);
    if (refusal === null) this.#config = config;
    return refusal;
  }
}
