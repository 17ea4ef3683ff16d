// What plain and encrypted HTTP listeners have in common: answers and the context that sessions get. Settings
// reach a session when it starts; routes are shared, so a change is seen by the next request.

import {
  DEFAULT_ALLOW_OBS_TEXT,
  DEFAULT_FORWARDED_HEADERS,
  DEFAULT_STICKY_NAME,
  DEFAULT_UPLOAD_MIN_BYTES,
  WORKER_SOZU_ID_HEADER,
  WORKER_STRICT_SNI_BINDING,
} from "../../../config/defaults.ts";
import { DEFAULT_H2C_PRIOR_KNOWLEDGE } from "../../../config/h2_defaults.ts";
import type {
  ClientCertificateHeaders,
  CustomHttpAnswers,
  HstsConfig,
  SocketAddress,
} from "../../../config/schema/messages.ts";
import { type AnswerLayer, AnswerSet, compileAnswers } from "../../answers/answer_set.ts";
import { TemplateError } from "../../answers/template.ts";
import { asciiBytes } from "../../bytes/ascii.ts";
import type { ModuleLog } from "../../observe/log/module_log.ts";
import { ASCII_VALUE, FIELD_VALUE } from "../../protocol/h1/grammar.ts";
import { ClientHeaders } from "../../protocol/http/client_headers.ts";
import { renderHsts } from "../../protocol/http/hsts.ts";
import type { ListenerContext } from "../../session/listener_context.ts";
import { adjustedSettings, h2LimitsOf, type H2Settings } from "./h2_limits.ts";
import { HttpStarter } from "../../session/http/starter.ts";
import type { SharedParts } from "./listener.ts";
import type { HttpRoutes } from "./http_routes.ts";
import { endpointOf } from "./socket.ts";

/** The settings that both kinds of listener have, as configured. */
export interface HttpSettings extends H2Settings {
  readonly address: SocketAddress;
  readonly public_address?: SocketAddress;
  readonly sticky_name: string;
  readonly front_timeout: number;
  readonly back_timeout: number;
  readonly connect_timeout: number;
  readonly request_timeout: number;
  readonly sozu_id_header?: string;
  readonly forwarded_headers?: number;
  readonly elide_x_real_ip?: boolean;
  readonly send_x_real_ip?: boolean;
  readonly allow_obs_text?: boolean;
  readonly upload_min_bytes?: number;
  /** HTTP only. */
  readonly h2c_prior_knowledge?: boolean;
  /** HTTPS only. */
  readonly strict_sni_binding?: boolean;
  /** HTTPS only. */
  readonly hsts?: HstsConfig;
  readonly client_certificate_headers?: ClientCertificateHeaders;
  /** HTTPS only. */
  readonly log_client_certificate?: boolean;
}

/** The templates of a listener, as configured. */
export interface AnswerSettings {
  readonly answers: Map<string, string>;
  readonly http_answers?: CustomHttpAnswers;
}

/** What its sessions get of the worker. */
export type FrontParts = Pick<SharedParts, "worker" | "http2">;

/** Session settings of one HTTP or HTTPS listener. */
export class HttpFront {
  /** Makes the sessions of the listener. */
  readonly starter: HttpStarter;
  readonly #routes: HttpRoutes;
  readonly #protocol: "http" | "https";
  readonly #log: ModuleLog;

  private constructor(
    protocol: "http" | "https",
    settings: HttpSettings,
    answers: AnswerLayer,
    { worker, http2 }: FrontParts,
    routes: HttpRoutes,
  ) {
    this.#protocol = protocol;
    this.#routes = routes;
    this.#log = worker.loggerOf("worker::http2");
    this.starter = new HttpStarter(this.#contextFor(settings, answers), worker, http2);
  }

  /** A front as configured for what is bound to its address, or why its answers do not compile. */
  static create(
    protocol: "http" | "https",
    settings: HttpSettings & AnswerSettings,
    shared: FrontParts,
    routes: HttpRoutes,
  ): HttpFront | string {
    const answers = compileAnswers(settings.answers, settings.http_answers);
    if (answers instanceof TemplateError) return answers.message;
    return new HttpFront(protocol, settings, answers, shared, routes);
  }

  /** Replaces settings and templates; the reason when one does not compile. */
  replace(settings: HttpSettings & AnswerSettings): string | null {
    const answers = compileAnswers(settings.answers, settings.http_answers);
    if (answers instanceof TemplateError) return answers.message;
    this.starter.context = this.#contextFor(settings, answers);
    return null;
  }

  #contextFor(settings: HttpSettings, answers: AnswerLayer): ListenerContext {
    for (const [setting, given, used] of adjustedSettings(settings)) {
      this.#log.warn("{setting} is {given}, {used} is used", { setting, given, used });
    }
    this.#routes.inheritedHsts.header = renderHsts(settings.hsts ?? null);
    return {
      protocol: this.#protocol,
      publicAddress: endpointOf(settings.public_address ?? settings.address),
      routes: this.#routes.table,
      answers: new AnswerSet(answers),
      timeouts: {
        request: settings.request_timeout * 1000,
        front: settings.front_timeout * 1000,
        back: settings.back_timeout * 1000,
        connect: settings.connect_timeout * 1000,
      },
      uploadMinBytes: settings.upload_min_bytes ?? DEFAULT_UPLOAD_MIN_BYTES,
      forwarding: {
        idHeaderName: asciiBytes(`${settings.sozu_id_header ?? WORKER_SOZU_ID_HEADER}: `),
        family: settings.forwarded_headers ?? DEFAULT_FORWARDED_HEADERS,
        sendRealIp: settings.send_x_real_ip ?? false,
        elideRealIp: settings.elide_x_real_ip ?? false,
        omitted: 0,
        omitId: false,
      },
      requestValues: settings.allow_obs_text ?? DEFAULT_ALLOW_OBS_TEXT ? FIELD_VALUE : ASCII_VALUE,
      // An empty name stands for the default: a cookie without a name is none.
      stickyName: asciiBytes(settings.sticky_name || DEFAULT_STICKY_NAME),
      strictSni: this.#protocol === "https" &&
        (settings.strict_sni_binding ?? WORKER_STRICT_SNI_BINDING),
      clientHeaders: settings.client_certificate_headers === undefined
        ? null
        : new ClientHeaders(settings.client_certificate_headers),
      logsClient: settings.log_client_certificate ?? false,
      h2: h2LimitsOf(settings),
      clearH2: this.#protocol === "http" &&
        (settings.h2c_prior_knowledge ?? DEFAULT_H2C_PRIOR_KNOWLEDGE),
    };
  }
}
