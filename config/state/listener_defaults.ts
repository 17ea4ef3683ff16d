// Listeners with nothing but their address chosen: the same from the configuration file, from the command
// line and in tests.

import * as defaults from "../defaults.ts";
import {
  type HttpListenerConfig,
  type HttpsListenerConfig,
  type SocketAddress,
  type TcpListenerConfig,
  TlsVersion,
  type UdpListenerConfig,
} from "../schema/messages.ts";

/** Everything older is broken (RFC 8996). */
export const DEFAULT_TLS_VERSIONS: readonly TlsVersion[] = [
  TlsVersion.TLS_V1_2,
  TlsVersion.TLS_V1_3,
];

/** What the global settings of a file say about listeners. Timeouts are seconds. */
export interface ListenerGlobals {
  readonly front_timeout: number;
  readonly back_timeout: number;
  readonly connect_timeout: number;
  readonly request_timeout: number;
  /** Bytes that a buffer of the workers holds: no datagram is larger. */
  readonly buffer_size: number;
}

/** The global settings of an empty file. */
const GLOBALS_OF_EMPTY_FILE: ListenerGlobals = {
  front_timeout: defaults.DEFAULT_FRONT_TIMEOUT_SECONDS,
  back_timeout: defaults.DEFAULT_BACK_TIMEOUT_SECONDS,
  connect_timeout: defaults.DEFAULT_CONNECT_TIMEOUT_SECONDS,
  request_timeout: defaults.DEFAULT_REQUEST_TIMEOUT_SECONDS,
  buffer_size: defaults.DEFAULT_BUFFER_BYTES,
};

/** What listeners of connections have in common. */
function defaultStreamListener(
  address: SocketAddress,
  { front_timeout, back_timeout, connect_timeout }: ListenerGlobals,
) {
  const expect_proxy = defaults.DEFAULT_EXPECT_PROXY;
  return { address, expect_proxy, front_timeout, back_timeout, connect_timeout, active: false };
}

/** A TCP listener that passes bytes. */
export function defaultTcpListener(
  address: SocketAddress,
  globals: ListenerGlobals = GLOBALS_OF_EMPTY_FILE,
): TcpListenerConfig {
  return {
    ...defaultStreamListener(address, globals),
    sni_preread_timeout: defaults.DEFAULT_SNI_PREREAD_SECONDS,
    sni_preread_max_bytes: defaults.DEFAULT_SNI_PREREAD_BYTES,
  };
}

/** An HTTP listener with the answers that are built in. */
export function defaultHttpListener(
  address: SocketAddress,
  globals: ListenerGlobals = GLOBALS_OF_EMPTY_FILE,
): HttpListenerConfig {
  return {
    ...defaultStreamListener(address, globals),
    request_timeout: globals.request_timeout,
    sticky_name: defaults.DEFAULT_STICKY_NAME,
    answers: new Map(),
    forwarded_headers: defaults.DEFAULT_FORWARDED_HEADERS,
    elide_x_real_ip: defaults.DEFAULT_ELIDE_X_REAL_IP,
    send_x_real_ip: defaults.DEFAULT_SEND_X_REAL_IP,
    allow_obs_text: defaults.DEFAULT_ALLOW_OBS_TEXT,
  };
}

/** An HTTPS listener without a certificate. */
export function defaultHttpsListener(
  address: SocketAddress,
  globals: ListenerGlobals = GLOBALS_OF_EMPTY_FILE,
): HttpsListenerConfig {
  return {
    ...defaultHttpListener(address, globals),
    versions: [...DEFAULT_TLS_VERSIONS],
    cipher_list: [...defaults.DEFAULT_CIPHERS],
    cipher_suites: [...defaults.DEFAULT_CIPHERS],
    signature_algorithms: [...defaults.SIGNATURE_ALGORITHMS],
    groups_list: [...defaults.DEFAULT_GROUPS],
    client_ca_certificates: [],
    client_ca_crls: [],
    certificate_chain: [],
    send_tls13_tickets: defaults.DEFAULT_TLS13_TICKETS,
    alpn_protocols: [...defaults.DEFAULT_ALPN_PROTOCOLS],
  };
}

/** A UDP listener; its timeouts are not the global ones. */
export function defaultUdpListener(
  address: SocketAddress,
  { buffer_size }: ListenerGlobals = GLOBALS_OF_EMPTY_FILE,
): UdpListenerConfig {
  return {
    address,
    front_timeout: defaults.DEFAULT_UDP_FRONT_TIMEOUT_SECONDS,
    back_timeout: defaults.DEFAULT_UDP_BACK_TIMEOUT_SECONDS,
    max_rx_datagram_size: Math.min(defaults.DEFAULT_MAX_RX_DATAGRAM_BYTES, buffer_size),
    max_flows: defaults.DEFAULT_MAX_UDP_FLOWS,
    active: false,
  };
}
