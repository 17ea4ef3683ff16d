// What the templates of our own answers may say about a request, gathered only when one is rendered.

import type { AnswerOptions } from "../../answers/answer.ts";
import type { AnswerStatus } from "../../answers/answer_set.ts";
import type { AnswerVariables } from "../../answers/variables.ts";
import { asciiText } from "../../bytes/ascii.ts";
import { Problem } from "../../protocol/h1/problem.ts";
import { editAnswerHeaders } from "../../protocol/http/header_edits.ts";
import { withHsts } from "../../protocol/http/hsts.ts";
import { ULID_LENGTH } from "../../protocol/http/ids/ulid.ts";
import type { Exchange } from "./exchange.ts";

/** Values for the answer to the request of `exchange`; what is unknown stays empty. */
export function answerVariables(exchange: Exchange): AnswerVariables {
  return {
    ROUTE: exchange.account.headGone ? exchange.account.route : routeText(exchange),
    REQUEST_ID: asciiText(exchange.requestId, 0, ULID_LENGTH),
    CLUSTER_ID: exchange.cluster?.id ?? "",
    BACKEND_ID: exchange.upstream?.backend.id ?? "",
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
export function answerOptions(exchange: Exchange | null, status: AnswerStatus): AnswerOptions {
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
export function routeText(exchange: Exchange): string {
  const { head, problem } = exchange.reader;
  if (problem !== Problem.NONE) return "";
  const { bytes } = head;
  return asciiText(bytes, head.methodStart, head.methodEnd) + " " +
    asciiText(bytes, head.authorityStart, head.authorityEnd) +
    asciiText(bytes, head.pathStart, head.pathEnd);
}
