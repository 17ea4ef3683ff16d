// Listeners as text: a table of settings for each HTTP and HTTPS listener, one table for all TCP
// and one for all UDP listeners. The private key of a listener is never shown.

import { formatAddress } from "../../../config/values/address.ts";
import { LEGACY_ANSWER_STATUSES } from "../../../config/defaults.ts";
import {
  ClientAuthMode,
  ForwardedHeaders,
  type HttpListenerConfig,
  type HttpsListenerConfig,
  type ListenersList,
  type SocketAddress,
  type TcpListenerConfig,
  type UdpListenerConfig,
} from "../../../config/schema/messages.ts";
import type { TlsAcceptorKind } from "../../../config/state/tls_acceptor.ts";
import { enumName } from "../options/enum_names.ts";
import { H2_OPTIONS, type H2Field } from "../options/h2_fields.ts";
import { byKey } from "../responders.ts";
import { boxRecord, boxTable, type Column, firm, type TableView } from "./table.ts";
import { versionName } from "../options/tls_versions.ts";

type Row = [label: string, value: string];

/** The implementation of TLS of HTTPS listeners, by address. */
export type AcceptorsByAddress = ReadonlyMap<string, TlsAcceptorKind>;

const ACCEPTOR_TEXTS: Readonly<Record<TlsAcceptorKind, string>> = {
  node: "node:tls (certificates by server name)",
  runtime: "runtime (one certificate for every name)",
};

const SHORT_ACCEPTOR_TEXTS: Readonly<Record<TlsAcceptorKind, string>> = {
  node: "node:tls",
  runtime: "runtime",
};

/** One table of all listeners; every setting of each as well where details are wanted. */
export function renderListeners(
  list: ListenersList,
  view: TableView,
  acceptors: AcceptorsByAddress = new Map(),
): string {
  const rows = summaryRows(list, acceptors);
  if (rows.length === 0) return "No listener\n";
  const head: Column[] = ["protocol", firm("address"), firm("state"), "TLS by", "notes"];
  const told = head.map((_, column) => column < 3 || rows.some((row) => row[column] !== ""));
  const summary = boxTable(
    head.filter((_, column) => told[column]),
    rows.map((row) => row.filter((_, column) => told[column])),
    view,
  );
  return view.verbose ? summary + detailTables(list, view, acceptors) : summary;
}

function summaryRows(list: ListenersList, acceptors: AcceptorsByAddress): string[][] {
  const row = (
    protocol: string,
    listener: ListenerSummary,
    tls = "",
  ) => [protocol, formatAddress(listener.address), stateText(listener), tls, notesOf(listener)];
  return [
    ...byKey(list.http_listeners).map(([, it]) => row("HTTP", it)),
    ...byKey(list.https_listeners).map(([, it]) => {
      const acceptor = acceptors.get(formatAddress(it.address));
      return row("HTTPS", it, acceptor === undefined ? "" : SHORT_ACCEPTOR_TEXTS[acceptor]);
    }),
    ...byKey(list.tcp_listeners).map(([, it]) => row("TCP", it, endsTls(it) ? "node:tls" : "")),
    ...byKey(list.udp_listeners).map(([, it]) => row("UDP", it)),
  ];
}

interface ListenerSummary {
  readonly address: SocketAddress;
  readonly public_address?: SocketAddress;
  readonly expect_proxy?: boolean;
  readonly h2c_prior_knowledge?: boolean;
  readonly client_auth?: ClientAuthMode;
  readonly active: boolean;
}

function stateText({ active }: ListenerSummary): string {
  return active ? "active" : "inactive";
}

/** The settings of a listener that differ from the usual ones. */
function notesOf(
  { public_address, expect_proxy, h2c_prior_knowledge, client_auth }: ListenerSummary,
): string {
  const notes = [];
  if (expect_proxy === true) notes.push("expects PROXY");
  if (h2c_prior_knowledge === true) notes.push("cleartext HTTP/2");
  if (client_auth === ClientAuthMode.CLIENT_AUTH_OPTIONAL) {
    notes.push("client certificates optional");
  }
  if (client_auth === ClientAuthMode.CLIENT_AUTH_REQUIRED) {
    notes.push("client certificates required");
  }
  if (public_address !== undefined) notes.push(`public ${formatAddress(public_address)}`);
  return notes.join(", ");
}

function detailTables(list: ListenersList, view: TableView, acceptors: AcceptorsByAddress): string {
  return [
    ...byKey(list.http_listeners).map(([, it]) => detail("HTTP", httpRows(it), view)),
    ...byKey(list.https_listeners).map(([, it]) => detail("HTTPS", httpsRows(it, acceptors), view)),
    ...byKey(list.tcp_listeners).map(([, it]) => detail("TCP", tcpRows(it), view)),
    ...byKey(list.udp_listeners).map(([, it]) => detail("UDP", udpRows(it), view)),
  ].join("");
}

function detail(protocol: string, rows: readonly Row[], view: TableView): string {
  return `\n${protocol} listener ${rows[0]?.[1]}:\n` + boxRecord(rows, view);
}

function httpRows(listener: HttpListenerConfig): Row[] {
  return [
    ...addressRows(listener),
    ...answerRows(listener),
    ...commonRows(listener),
    ...present("h2c prior knowledge", listener.h2c_prior_knowledge),
  ];
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
    ...clientAuthRows(listener),
  ];
}

function addressRows(
  listener: { readonly address: SocketAddress; readonly public_address?: SocketAddress },
): Row[] {
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
    ...present("forwarded headers", forwardedHeadersName(listener.forwarded_headers)),
    ...present("elide X-Real-IP", listener.elide_x_real_ip),
    ...present("send X-Real-IP", listener.send_x_real_ip),
    ...present("allow obs-text", listener.allow_obs_text),
    ...present("upload min bytes", listener.upload_min_bytes),
    ...Object.entries(listener.client_certificate_headers ?? {}).flatMap(([fact, name]) =>
      present(`client ${fact} header`, name)
    ),
  ];
}

function forwardedHeadersName(family: number | undefined): string | undefined {
  if (family === undefined) return undefined;
  return enumName(ForwardedHeaders, family).replace("FORWARDED_HEADERS_", "").toLowerCase();
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

/** The PEM texts are not shown, only how many there are. */
function clientAuthRows(listener: HttpsListenerConfig): Row[] {
  const { client_auth, client_ca_certificates, client_ca_crls } = listener;
  const { log_client_certificate } = listener;
  const asks = client_auth !== undefined || client_ca_certificates.length > 0 ||
    client_ca_crls.length > 0;
  const mode = Object.entries(ClientAuthMode).find(([, it]) => it === (client_auth ?? 0))?.[0];
  const policy: Row[] = asks
    ? [
      ["client auth mode", mode ?? String(client_auth)],
      ["client CA count", String(client_ca_certificates.length)],
      ["client CRL count", String(client_ca_crls.length)],
    ]
    : [];
  return [
    ...policy,
    ...present("log client certificate", log_client_certificate),
  ];
}

function endsTls({ certificate }: TcpListenerConfig): boolean {
  return certificate !== undefined;
}

function tcpRows(listener: TcpListenerConfig): Row[] {
  return [
    ...addressRows(listener),
    ["TLS by", endsTls(listener) ? "node:tls" : "nobody (passes)"],
    ["expect proxy", String(listener.expect_proxy)],
    ["front timeout", String(listener.front_timeout)],
    ["back timeout", String(listener.back_timeout)],
    ["connect timeout", String(listener.connect_timeout)],
    ...present("sni preread timeout", listener.sni_preread_timeout),
    ...present("sni preread max bytes", listener.sni_preread_max_bytes),
    ["activated", String(listener.active)],
  ];
}

function udpRows(listener: UdpListenerConfig): Row[] {
  return [
    ...addressRows(listener),
    ["front timeout", String(listener.front_timeout)],
    ["back timeout", String(listener.back_timeout)],
    ["max rx datagram size", String(listener.max_rx_datagram_size)],
    ["max flows", String(listener.max_flows)],
    ["activated", String(listener.active)],
  ];
}

function present(label: string, value: string | number | bigint | boolean | undefined): Row[] {
  return value === undefined ? [] : [[label, String(value)]];
}

function optionalAddress(address: SocketAddress | undefined): string {
  return address === undefined ? "none" : formatAddress(address);
}
