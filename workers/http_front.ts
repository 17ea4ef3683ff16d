// What plain and encrypted HTTP listeners have in common: routes, answers and the context that sessions
// get. Settings reach a session when it starts; routes are shared, so a change is seen by the next
// request.

import { DEFAULT_ALLOW_OBS_TEXT, WORKER_STRICT_SNI_BINDING } from "../config/defaults.ts";
import type {
  CustomHttpAnswers,
  HstsConfig,
  RequestHttpFrontend,
  SocketAddress,
} from "../config/messages.ts";
import {
  type AnswerLayer,
  AnswerSet,
  compileAnswers,
  mergeAnswers,
} from "../src/answers/answer_set.ts";
import { TemplateError } from "../src/answers/template.ts";
import { asciiBytes } from "../src/bytes/ascii.ts";
import { loggedTags } from "../src/observe/access_names.ts";
import { ASCII_VALUE, FIELD_VALUE } from "../src/protocol/h1/grammar.ts";
import { renderHsts } from "../src/protocol/http/hsts.ts";
import type { RouteRule } from "../src/routing/route_rule.ts";
import { RouteTable } from "../src/routing/route_table.ts";
import type { HstsSlot, ListenerContext, Route, WorkerContext } from "../src/session/context.ts";
import { HttpStarter } from "../src/session/http_starter.ts";
import type { ClusterSet } from "./cluster_set.ts";
import { compilePolicy } from "./frontend_policy.ts";
import { endpointOf } from "./listening_socket.ts";

const DEFAULT_ID_HEADER = "Sozu-Id";

/** The settings that both kinds of listener have, as configured. */
export interface HttpSettings {
  readonly address: SocketAddress;
  readonly public_address?: SocketAddress;
  readonly sticky_name: string;
  readonly front_timeout: number;
  readonly back_timeout: number;
  readonly connect_timeout: number;
  readonly request_timeout: number;
  readonly sozu_id_header?: string;
  readonly elide_x_real_ip?: boolean;
  readonly send_x_real_ip?: boolean;
  readonly allow_obs_text?: boolean;
  /** HTTPS only. */
  readonly strict_sni_binding?: boolean;
  /** HTTPS only. */
  readonly hsts?: HstsConfig;
}

/** The templates of a listener, as configured. */
export interface AnswerSettings {
  readonly answers: Map<string, string>;
  readonly http_answers?: CustomHttpAnswers;
}

/** Routes and session settings of one HTTP or HTTPS listener. */
export class HttpFront {
  /** Makes the sessions of the listener. */
  readonly starter: HttpStarter;
  readonly #routes = new RouteTable<Route>();
  readonly #protocol: "http" | "https";
  /** The policy of the frontends that have none of their own. */
  readonly #inheritedHsts: HstsSlot = { header: null };
  #answers: AnswerLayer;

  private constructor(
    protocol: "http" | "https",
    settings: HttpSettings,
    answers: AnswerLayer,
    worker: WorkerContext,
  ) {
    this.#protocol = protocol;
    this.#answers = answers;
    this.#inheritedHsts.header = renderHsts(settings.hsts ?? null);
    this.starter = new HttpStarter(this.#contextFor(settings), worker);
  }

  /** A front as configured, or why its answers do not compile. */
  static create(
    protocol: "http" | "https",
    settings: HttpSettings & AnswerSettings,
    worker: WorkerContext,
  ): HttpFront | string {
    const answers = compileAnswers(settings.answers, settings.http_answers);
    if (answers instanceof TemplateError) return answers.message;
    return new HttpFront(protocol, settings, answers, worker);
  }

  /** Replaces the settings and adds templates; the reason when one does not compile. */
  update(settings: HttpSettings, patch: AnswerSettings): string | null {
    const answers = compileAnswers(patch.answers, patch.http_answers);
    if (answers instanceof TemplateError) return answers.message;
    this.#answers = mergeAnswers(this.#answers, answers);
    this.#inheritedHsts.header = renderHsts(settings.hsts ?? null);
    this.starter.context = this.#contextFor(settings);
    return null;
  }

  /** Adds a route; the reason when it is refused. */
  addFrontend(frontend: RequestHttpFrontend, clusters: ClusterSet): string | null {
    const rule = routeRule(frontend);
    const policy = compilePolicy(frontend, rule);
    if (typeof policy === "string") return policy;
    const cluster = frontend.cluster_id === undefined ? null : clusters.get(frontend.cluster_id);
    const hsts = this.#hstsOf(frontend);
    const tags = loggedTags(frontend.tags);
    return this.#routes.add(rule, { cluster, policy, hsts, tags })?.message ?? null;
  }

  /** Removes a route; the reason when there is none. */
  removeFrontend(frontend: RequestHttpFrontend): string | null {
    return this.#routes.remove(routeRule(frontend))?.message ?? null;
  }

  /** A block of the frontend's own, even one that switches HSTS off, is never touched by the listener. */
  #hstsOf({ hsts }: RequestHttpFrontend): HstsSlot | null {
    if (this.#protocol === "http") return null;
    return hsts === undefined ? this.#inheritedHsts : { header: renderHsts(hsts) };
  }

  #contextFor(settings: HttpSettings): ListenerContext {
    return {
      protocol: this.#protocol,
      publicAddress: endpointOf(settings.public_address ?? settings.address),
      routes: this.#routes,
      answers: new AnswerSet(this.#answers),
      timeouts: {
        request: settings.request_timeout * 1000,
        front: settings.front_timeout * 1000,
        back: settings.back_timeout * 1000,
        connect: settings.connect_timeout * 1000,
      },
      forwarding: {
        idHeaderName: asciiBytes(`${settings.sozu_id_header ?? DEFAULT_ID_HEADER}: `),
        sendRealIp: settings.send_x_real_ip ?? false,
        elideRealIp: settings.elide_x_real_ip ?? false,
        omitted: 0,
        omitId: false,
      },
      requestValues: settings.allow_obs_text ?? DEFAULT_ALLOW_OBS_TEXT ? FIELD_VALUE : ASCII_VALUE,
      stickyName: asciiBytes(settings.sticky_name),
      strictSni: this.#protocol === "https" &&
        (settings.strict_sni_binding ?? WORKER_STRICT_SNI_BINDING),
    };
  }
}

function routeRule(frontend: RequestHttpFrontend): RouteRule {
  return {
    position: frontend.position,
    hostname: frontend.hostname,
    path: frontend.path,
    method: frontend.method ?? null,
  };
}
