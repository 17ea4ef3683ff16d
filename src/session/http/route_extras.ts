// What deciding on a route has found out about one request, for the phases that follow. Made only for
// requests whose route or cluster asks for more than forwarding.

import type { CompiledTemplate } from "../../answers/template.ts";
import type { ForwardingRules } from "../../protocol/http/forwarding_lines.ts";
import type { HeaderEdits } from "../../protocol/http/header_edits.ts";

/** Extras of one exchange; everything starts out absent. */
export class RouteExtras {
  /** Where a redirect points to. */
  location = "";
  /** Template of the redirect, when the route has its own. */
  template: CompiledTemplate | null = null;
  /** Seconds for Retry-After of a 429; 0 leaves the header out. */
  retryAfter = 0;
  /** Lines added to the request, each ending in CRLF. */
  readonly requestLines: Uint8Array[] = [];
  /** Rules for the forwarding lines when the edits of the route change them. */
  forwarding: ForwardingRules | null = null;
  /** The lines about the certificate of the client that the edits of the route leave; `null` for all of them. */
  certificateLines: Uint8Array | null = null;
  responseEdits: HeaderEdits | null = null;
  /** Value of the sticky cookie the client sent, if any. */
  stickyValue: string | null = null;
}

/** The extras of requests that have none. Never written to. */
export const NO_EXTRAS: Readonly<RouteExtras> = Object.freeze(new RouteExtras());
