// What a listener gives to the HTTP sessions it accepts: plain data; a session holds a reference and never
// copies.

import type { AnswerSet } from "../answers/answer_set.ts";
import type { Endpoint } from "../io/contracts.ts";
import type { LoggedTags } from "../observe/access/record.ts";
import type { H2Limits } from "../protocol/h2/limits.ts";
import type { ClientHeaders } from "../protocol/http/client_headers.ts";
import type { ForwardingRules } from "../protocol/http/forwarding_lines.ts";
import type { HstsHeader } from "../protocol/http/hsts.ts";
import type { RouteTable } from "../routing/route_table.ts";
import type { Cluster } from "./cluster.ts";
import type { RoutePolicy } from "./http/route_policy.ts";

/** Timeouts of a listener, in milliseconds. */
export interface Timeouts {
  /** Until the first head is complete. */
  readonly request: number;
  /** Client silence. */
  readonly front: number;
  /** Backend silence. */
  readonly back: number;
  /** Opening a backend connection. */
  readonly connect: number;
}

/** Where a matched request goes. */
export interface Route {
  /** `null` for a route that denies, or that only redirects. */
  readonly cluster: Cluster | null;
  /** `null` for a route that just forwards. */
  readonly policy: RoutePolicy | null;
  /** What logs show of it. */
  readonly tags: LoggedTags | null;
  /** The HSTS policy of the route, its own or the listener's; `null` where there can be none. */
  readonly hsts: HstsSlot | null;
}

/** The HSTS policy of one route, or of all routes of a listener that have none of their own. */
export interface HstsSlot {
  /** `null` when no header is to be sent. Changes with the listener. */
  header: HstsHeader | null;
}

/** What a listener gives to the sessions it accepts. Replaced, not changed, by an update. */
export interface ListenerContext {
  readonly protocol: "http" | "https";
  /** The address clients know. */
  readonly publicAddress: Endpoint;
  readonly routes: RouteTable<Route>;
  readonly answers: AnswerSet;
  readonly timeouts: Timeouts;
  /** Bytes of a body that must come within each timeout; 0 for any. */
  readonly uploadMinBytes: number;
  readonly forwarding: ForwardingRules;
  /** Bytes that header values of requests may hold, as a table of 256. */
  readonly requestValues: Uint8Array;
  /** Name of the cookie of sticky sessions. */
  readonly stickyName: Uint8Array;
  /** Requests must name an authority that the certificate of their connection covers. */
  readonly strictSni: boolean;
  /** Headers that tell backends who the client is; `null` for none. */
  readonly clientHeaders: ClientHeaders | null;
  /** Access logs name the certificate of the client. */
  readonly logsClient: boolean;
  /** The bounds of HTTP/2 connections, to clients and to backends. */
  readonly h2: H2Limits;
  /** Clients may speak HTTP/2 without TLS, if they do from their first byte on. */
  readonly clearH2: boolean;
}
