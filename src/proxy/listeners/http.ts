// One plain HTTP listener of a worker: its settings and, while active, its socket.

import { patchListener } from "../../../config/state/listener_patch.ts";
import {
  HttpListenerConfig,
  ListenerType,
  type SocketAddress,
  UpdateHttpListenerConfig,
} from "../../../config/schema/messages.ts";
import { Counter } from "../../observe/metrics/counters.ts";
import type { WorkerContext } from "../../session/worker_context.ts";
import { PriorKnowledgeStage } from "../../session/stages/prior_knowledge.ts";
import { ProxyHeaderStage } from "../../session/stages/proxy_header.ts";
import { type Stage, StagedSession } from "../../session/stages/staged_session.ts";
import type { SessionStarter } from "../../session/session.ts";
import { HttpFront } from "./http_front.ts";
import type { HttpRoutes } from "./http_routes.ts";
import type { PlaneParts } from "../parts.ts";
import type { ProxyListener, SharedParts } from "./listener.ts";
import { type AcceptHandler, ListeningSocket } from "./socket.ts";

/** A listener that has been added; {@link activate} opens its socket. */
export class HttpListener implements ProxyListener {
  readonly kind = ListenerType.HTTP;
  readonly front: HttpFront;
  readonly socket: ListeningSocket;
  readonly #parts: PlaneParts;
  /** Asked for each connection, so that an update is seen by the next one. */
  readonly #starter: SessionStarter = {
    start: (accepted, onEnd) => {
      const { starter } = this.front;
      const { clearH2, timeouts } = starter.context;
      const proxied = this.#config.expect_proxy;
      if (!proxied && !clearH2) return starter.start(accepted, onEnd);
      const stages = proxied ? clearH2 ? this.#both : this.#header : this.#version;
      return new StagedSession(accepted, stages, starter, this.#worker, timeouts.request, onEnd);
    },
  };
  readonly #worker: WorkerContext;
  readonly #header: readonly Stage[];
  readonly #version: readonly Stage[];
  readonly #both: readonly Stage[];
  #config: HttpListenerConfig;

  private constructor(
    config: HttpListenerConfig,
    front: HttpFront,
    { worker, parts }: SharedParts,
  ) {
    this.#config = config;
    this.#parts = parts;
    this.front = front;
    this.#worker = worker;
    const header = new ProxyHeaderStage(worker, {
      maxBytes: worker.inputBuffers.head.size,
      failures: Counter.HTTP_EXPECT_FAILED,
      keepsHeader: false,
    });
    const version = new PriorKnowledgeStage();
    this.#header = [header];
    this.#version = [version];
    this.#both = [header, version];
    this.socket = new ListeningSocket(config.address, "HTTP", parts);
  }

  /** A listener as configured for what is bound to its address, or why its answers do not compile. */
  static create(
    config: HttpListenerConfig,
    shared: SharedParts,
    routes: HttpRoutes,
  ): HttpListener | string {
    const front = HttpFront.create("http", config, shared, routes);
    return typeof front === "string" ? front : new HttpListener(config, front, shared);
  }

  get address(): SocketAddress {
    return this.#config.address;
  }

  get config(): HttpListenerConfig {
    return this.#config;
  }

  get active(): boolean {
    return this.socket.isOpen;
  }

  activate(handler: AcceptHandler): Promise<string | null> {
    return this.socket.open(this.#parts.sockets.listen, this.#starter, handler);
  }

  deactivate(): Promise<string | null> {
    return this.socket.close();
  }

  /** Changes settings in place; the reason when a template does not compile. */
  update(patch: UpdateHttpListenerConfig): string | null {
    return this.replace(
      patchListener(HttpListenerConfig, UpdateHttpListenerConfig, this.#config, patch),
    );
  }

  /** Takes other settings; the reason when a template does not compile. */
  replace(config: HttpListenerConfig): string | null {
    const refusal = this.front.replace(config);
    if (refusal === null) this.#config = config;
    return refusal;
  }
}
