// Our own answers to a request: which template is used, and what it may say about the request. Gathered
// only when one is rendered.

import {
  type AnswerMessage,
  type AnswerOptions,
  renderAnswer,
  type RenderedAnswer,
  renderMessage,
} from "../../answers/answer.ts";
import type { AnswerStatus } from "../../answers/answer_set.ts";
import type { CompiledTemplate } from "../../answers/template.ts";
import type { AnswerVariables } from "../../answers/variables.ts";
import { asciiText } from "../../bytes/ascii.ts";
import { editAnswerHeaders } from "../../protocol/http/header_edits.ts";
import { withHsts } from "../../protocol/http/hsts.ts";
import { ULID_LENGTH } from "../../protocol/http/ids/ulid.ts";
import type { ListenerContext } from "../listener_context.ts";
import type { Exchange } from "./exchange.ts";

/**
 * The answer with `status` in HTTP/1.1. `exchange` is `null` for a head that is not complete; `closes` when
 * the client connection will close, whatever the template says.
 */
export function renderOwnAnswer(
  exchange: Exchange | null,
  listener: ListenerContext,
  status: AnswerStatus,
  closes: boolean,
): RenderedAnswer {
  const variables = exchange === null ? {} : answerVariables(exchange);
  const template = templateOf(exchange, listener, status);
  return renderAnswer(template, variables, { ...answerOptions(exchange, status), closes });
}

/** The same for any version of HTTP: what a template says of the connection is left to its writer. */
export function renderOwnMessage(exchange: Exchange, status: AnswerStatus): AnswerMessage {
  const template = templateOf(exchange, exchange.client.listener, status);
  return renderMessage(template, answerVariables(exchange), answerOptions(exchange, status));
}

function templateOf(
  exchange: Exchange | null,
  listener: ListenerContext,
  status: AnswerStatus,
): CompiledTemplate {
  return exchange?.extras.template ??
    listener.answers.lookup(status, exchange?.cluster?.answers ?? null);
}

/** Values for the answer to the request of `exchange`; what is unknown stays empty. */
function answerVariables(exchange: Exchange): AnswerVariables {
  return {
    ROUTE: exchange.account.headGone ? exchange.account.route : routeText(exchange),
    REQUEST_ID: asciiText(exchange.requestId, 0, ULID_LENGTH),
    CLUSTER_ID: exchange.cluster?.id ?? "",
    BACKEND_ID: exchange.serving?.id ?? "",
    REDIRECT_LOCATION: exchange.extras.location,
    WWW_AUTHENTICATE: exchange.cluster?.settings.wwwAuthenticate ?? "",
    RETRY_AFTER: String(exchange.extras.retryAfter),
  };
}

/** Statuses of a request that was on its way to a backend: these answers get the route's edits. */
const FORWARD_FAILURES: ReadonlySet<AnswerStatus> = new Set([429, 502, 503, 504]);

/** Answers in the name of a matched route carry its HSTS header as well. */
const FROM_A_ROUTE: ReadonlySet<AnswerStatus> = new Set([
  ...FORWARD_FAILURES,
  301,
  302,
  308,
  401,
]);

/** How the answer to the request of `exchange` is rendered. */
function answerOptions(exchange: Exchange | null, status: AnswerStatus): AnswerOptions {
  const head = exchange?.toHead ?? false;
  const edits = FORWARD_FAILURES.has(status) ? exchange?.extras.responseEdits ?? null : null;
  const hsts = FROM_A_ROUTE.has(status) ? exchange?.hsts ?? null : null;
  if (edits === null && hsts === null) return { head };
  return {
    head,
    edit: (headers) => withHsts(edits === null ? headers : editAnswerHeaders(headers, edits), hsts),
  };
}

/** `METHOD authority/path`, while the head is there; empty for one that was refused. */
export function routeText({ request, legible }: Exchange): string {
  if (!legible) return "";
  const { bytes } = request;
  return asciiText(bytes, request.methodStart, request.methodEnd) + " " +
    asciiText(bytes, request.authorityStart, request.authorityEnd) +
    asciiText(bytes, request.pathStart, request.pathEnd);
}
