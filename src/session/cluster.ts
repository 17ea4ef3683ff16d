// A cluster as the data plane sees it: an id, backends to choose from, settings and answers of its own.
// Created when the first request or backend names it, so that the order of commands does not matter.

import { type AnswerLayer, NO_ANSWERS } from "../answers/answer_set.ts";
import type { BackendSet } from "../balancing/backend_set.ts";
import { ClusterSeries } from "../observe/metrics/series.ts";
import { AuthorizedHashes } from "../protocol/http/basic_auth.ts";

/** What of a request tells clients apart, where not their address does. */
export interface Affinity {
  readonly from: "header" | "cookie";
  /** The name of the header or of the cookie. */
  readonly name: Uint8Array;
}

/** What can be configured about a cluster, apart from its backends. */
export interface ClusterSettings {
  /** Keep a client on the backend it was first given, by a cookie. */
  readonly sticky: boolean;
  /** Answer plain HTTP with a redirect to HTTPS. */
  readonly httpsRedirect: boolean;
  /** Port such a redirect names. */
  readonly httpsRedirectPort: number | null;
  /** Credentials that may pass routes with authentication. */
  readonly authorized: AuthorizedHashes;
  /** Value of WWW-Authenticate; empty leaves the header out. */
  readonly wwwAuthenticate: string;
  /** Connections one client address may have; `null` uses the worker's limit, 0 is unlimited. */
  readonly maxConnectionsPerIp: number | null;
  /** The same for the clients of one network together. */
  readonly maxConnectionsPerSubnet: number | null;
  /** Connections to backends that one request may try; `null` uses the worker's value. */
  readonly maxConnectionAttempts: number | null;
  /** Seconds for Retry-After; `null` uses the worker's value. */
  readonly retryAfter: number | null;
  /** What TCP sessions do with PROXY headers. */
  readonly proxyHeader: ProxyHeaderMode;
  /** Forward CONNECT requests, which become tunnels when the backend agrees. */
  readonly allowConnect: boolean;
  /** Its backends speak HTTP/2 without TLS. */
  readonly http2: boolean;
  /** `null`: the address of the client. */
  readonly affinity: Affinity | null;
}

/** What a TCP session does with PROXY headers. */
export interface ProxyHeaderMode {
  /** The client has to send one. */
  readonly expects: boolean;
  /** The backend gets none, one of our own, or the client's, byte for byte. */
  readonly forwards: "nothing" | "own" | "received";
}

const NO_PROXY_HEADER: ProxyHeaderMode = { expects: false, forwards: "nothing" };

/** The settings of a cluster nobody has configured. */
export const DEFAULT_SETTINGS: ClusterSettings = {
  sticky: false,
  httpsRedirect: false,
  httpsRedirectPort: null,
  authorized: new AuthorizedHashes([]),
  wwwAuthenticate: "",
  maxConnectionsPerIp: null,
  maxConnectionsPerSubnet: null,
  maxConnectionAttempts: null,
  retryAfter: null,
  proxyHeader: NO_PROXY_HEADER,
  allowConnect: false,
  http2: false,
  affinity: null,
};

/** One cluster of a worker. */
export class Cluster {
  readonly id: string;
  readonly backends: BackendSet;
  /** What is measured of it. */
  readonly series = new ClusterSeries();
  settings: ClusterSettings = DEFAULT_SETTINGS;
  /** Templates that win over those of the listener. */
  answers: AnswerLayer = NO_ANSWERS;

  constructor(id: string, backends: BackendSet) {
    this.id = id;
    this.backends = backends;
  }
}
