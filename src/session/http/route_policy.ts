// What a route asks for beyond forwarding: redirects, authentication, rewrites and header edits. Plain
// data, compiled when the route is added; most routes have none and cost nothing.

import type { AnswerStatus } from "../../answers/answer_set.ts";
import type { CompiledTemplate } from "../../answers/template.ts";
import type { HeaderEdits } from "../../protocol/http/header_edits.ts";
import type { RewriteTemplate } from "../../routing/rewrite_template.ts";

/** Statuses a route can redirect with. */
export type RedirectStatus = 301 | 302 | 308;

/**
 * In place of a status: the connection of HTTP/1, or the stream of HTTP/2, ends without a byte of an answer.
 * It is the status that logs show; it is never sent.
 */
export const SILENT_CLOSE = 444;

/** How a request is refused: with an answer of this status, or without any. */
export type Refusal = AnswerStatus | typeof SILENT_CLOSE;

/** The extras of one route. */
export interface RoutePolicy {
  /** Answer with a redirect instead of forwarding. */
  readonly redirect: RedirectStatus | null;
  /** Scheme of the redirect; `null` keeps that of the listener. */
  readonly redirectScheme: "http" | "https" | null;
  /** Template of the redirect; `null` uses the listener's. */
  readonly redirectTemplate: CompiledTemplate | null;
  /** Close without an answer, whatever else is asked for. */
  readonly silent: boolean;
  /** Answer 401 whatever the credentials. */
  readonly unauthorized: boolean;
  /** Forward only with credentials that the cluster knows. */
  readonly requiresAuth: boolean;
  readonly rewriteHost: RewriteTemplate | null;
  readonly rewritePath: RewriteTemplate | null;
  /** Port of a redirect. */
  readonly rewritePort: number | null;
  readonly requestEdits: HeaderEdits | null;
  readonly responseEdits: HeaderEdits | null;
}
