// The four kinds of listener, one row each: what differs between them wherever the configuration is read, changed,
// compared, undone or reported. The code that carries their traffic is in the data plane.

import type { MessageType } from "../schema/message_type.ts";
import {
  HttpListenerConfig,
  HttpsListenerConfig,
  ListenerType,
  type RequestHttpFrontend,
  type SocketAddress,
  TcpListenerConfig,
  UdpListenerConfig,
  UpdateHttpListenerConfig,
  UpdateHttpsListenerConfig,
  UpdateTcpListenerConfig,
  UpdateUdpListenerConfig,
} from "../schema/messages.ts";
import type { ListenerPatch } from "./listener_patch.ts";
import type { StreamFrontend } from "./stream_frontends.ts";
import { plainKind } from "./twin_verbs.ts";
import type { Verb, VerbKind } from "./verb.ts";

/** What listeners of every kind have in common. */
export interface ListenerConfig {
  address: SocketAddress;
  public_address?: SocketAddress;
  active: boolean;
}

/** Names of the kinds, as the configuration file and the verbs spell them. */
export type ListenerProtocol = "http" | "https" | "tcp" | "udp";

/** What of a listener is proven before it is accepted: its certificate with its key. */
export interface ListenerIdentity {
  readonly certificate?: string | undefined;
  readonly certificate_chain: readonly string[];
  readonly key?: string | undefined;
}

/** One row. `L` are its listeners, `P` the changes of them in place. */
export interface ListenerKind<
  L extends ListenerConfig = ListenerConfig,
  P extends ListenerPatch = ListenerPatch,
> {
  readonly protocol: ListenerProtocol;
  /** The kind on the wire. */
  readonly proxy: ListenerType;
  /** In texts for people. */
  readonly label: string;
  readonly type: MessageType<L>;
  readonly patchType: MessageType<P>;
  /** Frontends choose by host and path (routes), or take what arrives (streams). */
  readonly takes: "routes" | "streams";
  /** Their table in a state. */
  readonly frontends: "httpFrontends" | "httpsFrontends" | "tcpFrontends" | "udpFrontends";
  readonly verbs: {
    readonly add: VerbKind;
    readonly update: VerbKind;
    readonly replace: VerbKind;
    readonly addFrontend: VerbKind;
    readonly removeFrontend: VerbKind;
  };
  /** Whether several workers share its address; one worker has each of the others. */
  readonly shared: boolean;
  /** What this program cannot serve: the listeners, and the frontends; absent when it can. */
  readonly missing?: { readonly listeners: string; readonly frontends: string };
  /** What listeners and patches of them say of a certificate of their own; absent for those without TLS. */
  identityOf?(listener: Partial<L>): ListenerIdentity;
}

const HTTP = {
  protocol: "http",
  proxy: ListenerType.HTTP,
  label: "HTTP",
  type: HttpListenerConfig,
  patchType: UpdateHttpListenerConfig,
  takes: "routes",
  frontends: "httpFrontends",
  verbs: {
    add: "add_http_listener",
    update: "update_http_listener",
    replace: "replace_http_listener",
    addFrontend: "add_http_frontend",
    removeFrontend: "remove_http_frontend",
  },
  shared: true,
} as const satisfies ListenerKind<HttpListenerConfig, UpdateHttpListenerConfig>;

const HTTPS = {
  protocol: "https",
  proxy: ListenerType.HTTPS,
  label: "HTTPS",
  type: HttpsListenerConfig,
  patchType: UpdateHttpsListenerConfig,
  takes: "routes",
  frontends: "httpsFrontends",
  verbs: {
    add: "add_https_listener",
    update: "update_https_listener",
    replace: "replace_https_listener",
    addFrontend: "add_https_frontend",
    removeFrontend: "remove_https_frontend",
  },
  shared: true,
  identityOf: ({ certificate, certificate_chain = [], key }: Partial<HttpsListenerConfig>) => ({
    certificate,
    certificate_chain,
    key,
  }),
} as const satisfies ListenerKind<HttpsListenerConfig, UpdateHttpsListenerConfig>;

const TCP = {
  protocol: "tcp",
  proxy: ListenerType.TCP,
  label: "TCP",
  type: TcpListenerConfig,
  patchType: UpdateTcpListenerConfig,
  takes: "streams",
  frontends: "tcpFrontends",
  verbs: {
    add: "add_tcp_listener",
    update: "update_tcp_listener",
    replace: "replace_tcp_listener",
    addFrontend: "add_tcp_frontend",
    removeFrontend: "remove_tcp_frontend",
  },
  shared: true,
  // The chain follows the certificate in the same text.
  identityOf: ({ certificate, key }: Partial<TcpListenerConfig>) => ({
    certificate,
    certificate_chain: certificate === undefined ? [] : [certificate],
    key,
  }),
} as const satisfies ListenerKind<TcpListenerConfig, UpdateTcpListenerConfig>;

const UDP = {
  protocol: "udp",
  proxy: ListenerType.UDP,
  label: "UDP",
  type: UdpListenerConfig,
  patchType: UpdateUdpListenerConfig,
  takes: "streams",
  frontends: "udpFrontends",
  verbs: {
    add: "add_udp_listener",
    update: "update_udp_listener",
    replace: "replace_udp_listener",
    addFrontend: "add_udp_frontend",
    removeFrontend: "remove_udp_frontend",
  },
  // The runtime cannot share the sockets.
  shared: false,
  missing: { listeners: "UDP listeners", frontends: "UDP frontends" },
} as const satisfies ListenerKind<UdpListenerConfig, UpdateUdpListenerConfig>;

/** Rows by name. */
export const LISTENER_KINDS = { http: HTTP, https: HTTPS, tcp: TCP, udp: UDP } as const;

/** Rows in the order in which states list them. */
export const ALL_LISTENER_KINDS: readonly ListenerKind[] = Object.values(LISTENER_KINDS);

type Kinds = typeof LISTENER_KINDS;

/** The verbs of a kind that do this: `VerbOfKind<"tcp", "add">` is `add_tcp_listener`. */
export type VerbOfKind<
  P extends ListenerProtocol = ListenerProtocol,
  Act extends keyof ListenerKind["verbs"] = keyof ListenerKind["verbs"],
> = { [X in P]: Kinds[X]["verbs"][Act] }[P];

/** A kind whose frontends are routes. */
export type RouteKind = ListenerKind & {
  readonly takes: "routes";
  readonly frontends: "httpFrontends" | "httpsFrontends";
};

/** A kind whose frontends take what arrives. */
export type StreamKind = ListenerKind & {
  readonly takes: "streams";
  readonly frontends: "tcpFrontends" | "udpFrontends";
};

export function takesRoutes(kind: ListenerKind): kind is RouteKind {
  return kind.takes === "routes";
}

export function takesStreams(kind: ListenerKind): kind is StreamKind {
  return kind.takes === "streams";
}

/** The row of a number on the wire; `null` for a number that has none. */
export function listenerKindOf(proxy: ListenerType): ListenerKind | null {
  return ALL_LISTENER_KINDS.find((kind) => kind.proxy === proxy) ?? null;
}

/** What a verb does to the listeners, or the frontends, of a kind. */
export interface ListenerAct {
  readonly kind: ListenerKind;
  readonly act: keyof ListenerKind["verbs"];
}

const ACTS: ReadonlyMap<VerbKind, ListenerAct> = new Map(
  ALL_LISTENER_KINDS.flatMap((kind) =>
    Object.entries(kind.verbs).map(([act, verb]) =>
      [verb, { kind, act: act as keyof ListenerKind["verbs"] }] as const
    )
  ),
);

/** What a verb does to a kind of listener; `null` when it is about something else, or about any kind. */
export function listenerActOf(verb: VerbKind): ListenerAct | null {
  return ACTS.get(plainKind(verb)) ?? null;
}

type Frontend<K extends ListenerKind> = K extends { readonly takes: "routes" } ? RequestHttpFrontend
  : StreamFrontend;

/** The verb that adds a listener; it is not active yet. */
export function addListener({ verbs }: ListenerKind, value: ListenerConfig): Verb {
  return { kind: verbs.add, value } as Verb;
}

/** The verb that changes a listener in place. */
export function updateListener({ verbs }: ListenerKind, value: ListenerPatch): Verb {
  return { kind: verbs.update, value } as Verb;
}

/** The verb that gives a listener other settings as a whole. */
export function replaceListener({ verbs }: ListenerKind, value: ListenerConfig): Verb {
  return { kind: verbs.replace, value } as Verb;
}

export function addFrontend<K extends RouteKind | StreamKind>(kind: K, value: Frontend<K>): Verb {
  return { kind: kind.verbs.addFrontend, value } as Verb;
}

export function removeFrontend<K extends RouteKind | StreamKind>(
  kind: K,
  value: Frontend<K>,
): Verb {
  return { kind: kind.verbs.removeFrontend, value } as Verb;
}
