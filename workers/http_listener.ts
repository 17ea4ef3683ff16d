// One plain HTTP listener of a worker: its routes, its settings and, while active, its socket. Settings
// reach a session when it starts; routes are shared, so a change is seen by the next request.

import { formatAddress, formatIp } from "../config/address.ts";
import type {
  HttpListenerConfig,
  RequestHttpFrontend,
  SocketAddress,
  UpdateHttpListenerConfig,
} from "../config/messages.ts";
import { AnswerSet, compileAnswers, mergeAnswers } from "../src/answers/answer_set.ts";
import type { AnswerLayer } from "../src/answers/answer_set.ts";
import { TemplateError } from "../src/answers/template.ts";
import { asciiBytes } from "../src/bytes/ascii.ts";
import type { Accepted, Endpoint } from "../src/io/contracts.ts";
import { TcpListener } from "../src/io/tcp.ts";
import { type RouteRule } from "../src/routing/route_rule.ts";
import { RouteTable } from "../src/routing/route_table.ts";
import type { ListenerContext, Route } from "../src/session/context.ts";
import { compilePolicy } from "./frontend_policy.ts";
import type { ClusterSet } from "./cluster_set.ts";

const DEFAULT_ID_HEADER = "Sozu-Id";

/** A listener that has been added; {@link activate} opens its socket. */
export class HttpListener {
  readonly #routes = new RouteTable<Route>();
  #config: HttpListenerConfig;
  #answers: AnswerLayer;
  #context: ListenerContext;
  #socket: TcpListener | null = null;

  private constructor(config: HttpListenerConfig, answers: AnswerLayer) {
    this.#config = config;
    this.#answers = answers;
    this.#context = this.#createContext();
  }

  /** A listener as configured, or why its answers do not compile. */
  static create(config: HttpListenerConfig): HttpListener | string {
    const answers = compileAnswers(config.answers, config.http_answers);
    if (answers instanceof TemplateError) return answers.message;
    return new HttpListener(config, answers);
  }

  /** What new sessions get. */
  get context(): ListenerContext {
    return this.#context;
  }

  get active(): boolean {
    return this.#socket !== null;
  }

  /** Opens the socket and hands every connection to `onAccept`; the reason when it cannot. */
  activate(
    onAccept: (accepted: Accepted, listener: HttpListener) => void,
    pause: (error: unknown) => Promise<void>,
  ): string | null {
    if (this.#socket !== null) return null;
    try {
      this.#socket = TcpListener.open(endpoint(this.#config.address));
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      return `Cannot listen on ${formatAddress(this.#config.address)}: ${reason}`;
    }
    void this.#socket.acceptLoop((accepted) => onAccept(accepted, this), pause);
    return null;
  }

  /** Closes the socket; connections stay. False when it was not open. */
  deactivate(): boolean {
    if (this.#socket === null) return false;
    this.#socket.close();
    this.#socket = null;
    return true;
  }

  /** Changes settings in place; the reason when a template does not compile. */
  update(patch: UpdateHttpListenerConfig): string | null {
    const answers = compileAnswers(patch.answers, patch.http_answers);
    if (answers instanceof TemplateError) return answers.message;
    this.#answers = mergeAnswers(this.#answers, answers);
    const { address: _address, answers: _answers, http_answers: _legacy, ...settings } = patch;
    this.#config = { ...this.#config, ...settings };
    this.#context = this.#createContext();
    return null;
  }

  /** Adds a route; the reason when it is refused. */
  addFrontend(frontend: RequestHttpFrontend, clusters: ClusterSet): string | null {
    const rule = routeRule(frontend);
    const policy = compilePolicy(frontend, rule);
    if (typeof policy === "string") return policy;
    const cluster = frontend.cluster_id === undefined ? null : clusters.get(frontend.cluster_id);
    return this.#routes.add(rule, { cluster, policy })?.message ?? null;
  }

  /** Removes a route; the reason when there is none. */
  removeFrontend(frontend: RequestHttpFrontend): string | null {
    return this.#routes.remove(routeRule(frontend))?.message ?? null;
  }

  #createContext(): ListenerContext {
    const config = this.#config;
    return {
      protocol: "http",
      publicAddress: endpoint(config.public_address ?? config.address),
      routes: this.#routes,
      answers: new AnswerSet(this.#answers),
      timeouts: {
        request: config.request_timeout * 1000,
        front: config.front_timeout * 1000,
        back: config.back_timeout * 1000,
        connect: config.connect_timeout * 1000,
      },
      forwarding: {
        idHeaderName: asciiBytes(`${config.sozu_id_header ?? DEFAULT_ID_HEADER}: `),
        sendRealIp: config.send_x_real_ip ?? false,
        elideRealIp: config.elide_x_real_ip ?? false,
        omitted: 0,
        omitId: false,
      },
      stickyName: asciiBytes(config.sticky_name),
    };
  }
}

function endpoint(address: SocketAddress): Endpoint {
  return { ip: formatIp(address.ip), port: address.port & 0xffff };
}

function routeRule(frontend: RequestHttpFrontend): RouteRule {
  return {
    position: frontend.position,
    hostname: frontend.hostname,
    path: frontend.path,
    method: frontend.method ?? null,
  };
}
