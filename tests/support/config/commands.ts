// Configuration requests as tests and the demo write them: the few values that matter, the rest
// filled in. Throws on an address that is none, because that is a mistake of the test.

import { parseAddress } from "../../../config/values/address.ts";
import { defaultTcpListener } from "../../../config/state/listener_defaults.ts";
import {
  ListenerType,
  PathRuleKind,
  type Request,
  type RequestHttpFrontend,
  type RequestTcpFrontend,
  RulePosition,
  type SocketAddress,
  type TcpListenerConfig,
} from "../../../config/schema/messages.ts";

/** Adds a cluster that balances in turn. */
export function addCluster(clusterId: string): Request {
  return {
    request_type: {
      kind: "add_cluster",
      value: {
        cluster_id: clusterId,
        sticky_session: false,
        https_redirect: false,
        load_balancing: 0,
        answers: new Map(),
        authorized_hashes: [],
      },
    },
  };
}

/** Removes a cluster. */
export function removeCluster(clusterId: string): Request {
  return { request_type: { kind: "remove_cluster", value: clusterId } };
}

/** Where an HTTP frontend listens and what it takes. */
export interface FrontendPlace {
  readonly clusterId: string;
  /** `ip:port` of the listener. */
  readonly address: string;
  readonly hostname: string;
  /** Path prefix; all paths unless told. */
  readonly path?: string;
}

/** Adds an HTTP frontend. */
export function addHttpFrontend(place: FrontendPlace): Request {
  return { request_type: { kind: "add_http_frontend", value: frontend(place) } };
}

/** Removes an HTTP frontend; it is named by all of its place. */
export function removeHttpFrontend(place: FrontendPlace): Request {
  return { request_type: { kind: "remove_http_frontend", value: frontend(place) } };
}

/** Adds a backend to a cluster. */
export function addBackend(clusterId: string, backendId: string, address: string): Request {
  return {
    request_type: {
      kind: "add_backend",
      value: {
        cluster_id: clusterId,
        backend_id: backendId,
        address: socketAddress(address),
        load_balancing_parameters: { weight: 100 },
      },
    },
  };
}

/** Removes a backend from a cluster. */
export function removeBackend(clusterId: string, backendId: string, address: string): Request {
  return {
    request_type: {
      kind: "remove_backend",
      value: { cluster_id: clusterId, backend_id: backendId, address: socketAddress(address) },
    },
  };
}

/** Adds a TCP listener that passes bytes, with the timeouts a file would give it. */
export function addTcpListener(
  address: string,
  settings: Partial<TcpListenerConfig> = {},
): Request {
  const value = { ...tcpListener(address), ...settings };
  return { request_type: { kind: "add_tcp_listener", value } };
}

/** A TCP listener that passes bytes, with the timeouts a file would give it. */
export function tcpListener(address: string): TcpListenerConfig {
  return defaultTcpListener(socketAddress(address));
}

/** Opens a TCP listener. */
export function activateTcpListener(address: string): Request {
  const value = { address: socketAddress(address), proxy: ListenerType.TCP, from_scm: false };
  return { request_type: { kind: "activate_listener", value } };
}

/** Gives a TCP listener's traffic, or the part with a server name, to a cluster. */
export function addTcpFrontend(clusterId: string, address: string, sni?: string): Request {
  return {
    request_type: { kind: "add_tcp_frontend", value: streamFrontend(clusterId, address, sni) },
  };
}

/** Takes it away again. */
export function removeTcpFrontend(clusterId: string, address: string, sni?: string): Request {
  return {
    request_type: { kind: "remove_tcp_frontend", value: streamFrontend(clusterId, address, sni) },
  };
}

function streamFrontend(clusterId: string, address: string, sni?: string): RequestTcpFrontend {
  return {
    cluster_id: clusterId,
    address: socketAddress(address),
    tags: new Map(),
    alpn: [],
    ...(sni === undefined ? {} : { sni }),
  };
}

function frontend(place: FrontendPlace): RequestHttpFrontend {
  return {
    cluster_id: place.clusterId,
    address: socketAddress(place.address),
    hostname: place.hostname,
    path: { kind: PathRuleKind.PREFIX, value: place.path ?? "" },
    position: RulePosition.TREE,
    tags: new Map(),
    headers: [],
    header_predicates: [],
  };
}

/** An address as requests carry it. */
export function socketAddress(text: string): SocketAddress {
  const address = parseAddress(text);
  if (address === null) throw new TypeError(`Not an address: "${text}"`);
  return address;
}
