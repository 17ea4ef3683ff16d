// Listeners as text: a table of settings for each HTTP and HTTPS listener, one table for all TCP
// and one for all UDP listeners. The private key of a listener is never shown.

import { formatAddress } from "../../config/address.ts";
import { LEGACY_ANSWER_STATUSES } from "../../config/defaults.ts";
import type {
  HttpListenerConfig,
  HttpsListenerConfig,
  ListenersList,
  SocketAddress,
  TcpListenerConfig,
  UdpListenerConfig,
} from "../../config/messages.ts";
import type { TlsAcceptorKind } from "../../config/tls_acceptor.ts";
import { boxTable } from "./box_table.ts";
import { H2_OPTIONS, type H2Field } from "./h2_fields.ts";
import { byKey } from "./responders.ts";
import { versionName } from "./tls_versions.ts";

type Row = [label: string, value: string];

/** What serves the TLS of HTTPS listeners, by address. */
export type AcceptorsByAddress = ReadonlyMap<string, TlsAcceptorKind>;

const ACCEPTOR_TEXTS: Readonly<Record<TlsAcceptorKind, string>> = {
  node: "node:tls (certificates by server name)",
  runtime: "runtime (one certificate for every name)",
};

export function renderListeners(
  list: ListenersList,
  acceptors: AcceptorsByAddress = new Map(),
): string {
  return [
    heading("HTTP") + byKey(list.http_listeners).map(([, it]) => boxTable(httpRows(it))).join(""),
    heading("HTTPS") +
    byKey(list.https_listeners).map(([, it]) => boxTable(httpsRows(it, acceptors))).join(""),
    heading("TCP") + tcpTable(byKey(list.tcp_listeners).map(([, it]) => it)),
    heading("UDP") + udpTable(byKey(list.udp_listeners).map(([, it]) => it)),
  ].join("");
}

function heading(protocol: string): string {
  return `\n${protocol} LISTENERS\n================\n`;
}

function httpRows(listener: HttpListenerConfig): Row[] {
  return [...addressRows(listener), ...answerRows(listener), ...commonRows(listener)];
}

function httpsRows(listener: HttpsListenerConfig, acceptors: AcceptorsByAddress): Row[] {
  const acceptor = acceptors.get(formatAddress(listener.address));
  return [
    ...addressRows(listener),
    ...present("TLS by", acceptor === undefined ? undefined : ACCEPTOR_TEXTS[acceptor]),
    ...answerRows(listener),
    ["versions", listener.versions.map(versionName).join("\n")],
    ["cipher list", listener.cipher_list.join("\n")],
    ["cipher suites", listener.cipher_suites.join("\n")],
    ["signature algorithms", listener.signature_algorithms.join("\n")],
    ["groups list", listener.groups_list.join("\n")],
    ["alpn protocols", listener.alpn_protocols.join("\n")],
    ["key", listener.key === undefined ? "none" : "(hidden)"],
    ...commonRows(listener),
    ...present("strict sni binding", listener.strict_sni_binding),
    ...present("disable http/1.1", listener.disable_http11),
    ...hstsRows(listener),
  ];
}

function addressRows(listener: HttpListenerConfig | HttpsListenerConfig): Row[] {
  return [
    ["socket address", formatAddress(listener.address)],
    ["public address", optionalAddress(listener.public_address)],
  ];
}

/** Answers by status; the map wins over the older field of the same status. */
function answerRows(listener: HttpListenerConfig | HttpsListenerConfig): Row[] {
  const answers = new Map<string, string>();
  for (const status of LEGACY_ANSWER_STATUSES) {
    const body = listener.http_answers?.[`answer_${status}`];
    if (body !== undefined) answers.set(status, body);
  }
  for (const [status, body] of listener.answers) answers.set(status, body);
  return byKey(answers).map(([status, body]) => [status, body.replaceAll("\r\n", "\n")]);
}

function commonRows(listener: HttpListenerConfig | HttpsListenerConfig): Row[] {
  return [
    ["expect proxy", String(listener.expect_proxy)],
    ["sticky name", listener.sticky_name],
    ["front timeout", String(listener.front_timeout)],
    ["back timeout", String(listener.back_timeout)],
    ["connect timeout", String(listener.connect_timeout)],
    ["request timeout", String(listener.request_timeout)],
    ["activated", String(listener.active)],
    ...(Object.keys(H2_OPTIONS) as H2Field[]).flatMap((field) =>
      present(field.replaceAll("_", " "), listener[field])
    ),
    ...present("correlation header", listener.sozu_id_header),
    ...present("elide X-Real-IP", listener.elide_x_real_ip),
    ...present("send X-Real-IP", listener.send_x_real_ip),
    ...present("allow obs-text", listener.allow_obs_text),
  ];
}

function hstsRows({ hsts }: HttpsListenerConfig): Row[] {
  if (hsts === undefined) return [];
  return [
    ...present("hsts enabled", hsts.enabled),
    ...present("hsts max age", hsts.max_age),
    ...present("hsts include subdomains", hsts.include_subdomains),
    ...present("hsts preload", hsts.preload),
    ...present("hsts force replace backend", hsts.force_replace_backend),
  ];
}

function tcpTable(listeners: readonly TcpListenerConfig[]): string {
  if (listeners.length === 0) return "";
  const someEndTls = listeners.some(endsTls);
  const header = [
    "socket address",
    "public address",
    "expect proxy",
    "front timeout",
    "back timeout",
    "connect timeout",
    "activated",
    ...(someEndTls ? ["TLS by"] : []),
  ];
  const rows = listeners.map((listener) => [
    formatAddress(listener.address),
    optionalAddress(listener.public_address),
    String(listener.expect_proxy),
    String(listener.front_timeout),
    String(listener.back_timeout),
    String(listener.connect_timeout),
    String(listener.active),
    ...(someEndTls ? [endsTls(listener) ? "node:tls" : "nobody (passes)"] : []),
  ]);
  return boxTable([["TCP listeners"], header, ...rows]);
}

function endsTls({ certificate }: TcpListenerConfig): boolean {
  return certificate !== undefined;
}

function udpTable(listeners: readonly UdpListenerConfig[]): string {
  if (listeners.length === 0) return "";
  const header = [
    "socket address",
    "public address",
    "front timeout",
    "back timeout",
    "max rx datagram size",
    "max flows",
    "activated",
  ];
  const rows = listeners.map((listener) => [
    formatAddress(listener.address),
    optionalAddress(listener.public_address),
    String(listener.front_timeout),
    String(listener.back_timeout),
    String(listener.max_rx_datagram_size),
    String(listener.max_flows),
    String(listener.active),
  ]);
  return boxTable([["UDP listeners"], header, ...rows]);
}

function present(label: string, value: string | number | bigint | boolean | undefined): Row[] {
  return value === undefined ? [] : [[label, String(value)]];
}

function optionalAddress(address: SocketAddress | undefined): string {
  return address === undefined ? "none" : formatAddress(address);
}
