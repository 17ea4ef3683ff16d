// `[[listeners]]`: the accepted keys and, for each protocol, the message they become. Frontends and
// clusters are unknown here.

import * as defaults from "../../defaults.ts";
import { answers, LEGACY_ANSWER_KEYS, listenerAnswers } from "./answers.ts";
import type { GlobalSettings } from "../config.ts";
import { address, boolean, matching, oneOf, positiveU32, text, u32 } from "../fields.ts";
import { CLIENT_AUTH_KEYS, clientAuthFields, clientHeaders } from "./client_auth.ts";
import { H2_KEYS } from "./h2.ts";
import { HSTS_KEYS, HSTS_NEEDS_HTTPS, hstsMessage } from "./hsts.ts";
import {
  defaultHttpListener,
  defaultHttpsListener,
  defaultTcpListener,
  defaultUdpListener,
} from "../../state/listener_defaults.ts";
import type { ListenerProtocol } from "../../state/listener_kinds.ts";
import { type PresentFields, presentFields } from "../../values/present_fields.ts";
import type { PlaceOf, Problems } from "../problem.ts";
import type { FileSources } from "../sources.ts";
import { defaulted, optional, required, tableOf, type TableReading } from "../table.ts";
import {
  alpnProtocols,
  type ListenerCertificate,
  listenerCertificate,
  tcpCertificate,
  TLS_KEYS,
} from "./tls.ts";
import {
  ForwardedHeaders,
  type HttpListenerConfig,
  type HttpsListenerConfig,
  type SocketAddress,
  type TcpListenerConfig,
  type UdpListenerConfig,
} from "../../schema/messages.ts";

const HTTP_FAMILY = { only: ["http", "https"] };
const STREAMS = { only: ["http", "https", "tcp"] };
const TCP = { only: ["tcp"] };
const UDP = { only: ["udp"] };

/** The header of a TLS record. */
const LEAST_HELLO_BYTES = 5;

const protocol = oneOf<ListenerProtocol>({
  http: "http",
  https: "https",
  tcp: "tcp",
  udp: "udp",
});

/** The words of `forwarded_headers`. */
const FORWARDED_HEADERS: Readonly<Record<string, ForwardedHeaders>> = {
  both: ForwardedHeaders.FORWARDED_HEADERS_BOTH,
  x_forwarded: ForwardedHeaders.FORWARDED_HEADERS_X_FORWARDED,
  rfc7239: ForwardedHeaders.FORWARDED_HEADERS_RFC7239,
  none: ForwardedHeaders.FORWARDED_HEADERS_NONE,
};

/** Keys of `[[listeners]]`. */
export const LISTENER_KEYS = {
  address: required(address, "address to bind, one listener each"),
  protocol: required(protocol, "what the listener speaks"),
  public_address: optional(address, "address shown in logs and forwarding headers"),
  interface: optional(text, "network device; not available, listen on one of its addresses"),
  expect_proxy: defaulted(
    boolean,
    defaults.DEFAULT_EXPECT_PROXY,
    "clients send a PROXY protocol header",
    STREAMS,
  ),
  front_timeout: optional(positiveU32, "idle client, seconds; absent = global, udp: 30"),
  back_timeout: optional(positiveU32, "idle backend, seconds; absent = global, udp: 30"),
  connect_timeout: optional(
    positiveU32,
    "connecting to a backend, seconds; absent = global",
    STREAMS,
  ),
  request_timeout: optional(
    positiveU32,
    "receiving a request, seconds; absent = global",
    HTTP_FAMILY,
  ),
  sticky_name: defaulted(
    text,
    defaults.DEFAULT_STICKY_NAME,
    "cookie of sticky sessions",
    HTTP_FAMILY,
  ),
  sozu_id_header: optional(
    // RFC 9110 section 5.6.2: a field name is a token.
    matching("a header name", /^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/),
    `correlation header, worker default ${defaults.WORKER_SOZU_ID_HEADER}`,
    HTTP_FAMILY,
  ),
  forwarded_headers: defaulted(
    oneOf(FORWARDED_HEADERS),
    defaults.DEFAULT_FORWARDED_HEADERS,
    "headers about the client that are added; both continues those of clients, none adds none",
    HTTP_FAMILY,
  ),
  elide_x_real_ip: defaulted(
    boolean,
    defaults.DEFAULT_ELIDE_X_REAL_IP,
    "drop X-Real-IP of clients",
    HTTP_FAMILY,
  ),
  send_x_real_ip: defaulted(
    boolean,
    defaults.DEFAULT_SEND_X_REAL_IP,
    "add X-Real-IP",
    HTTP_FAMILY,
  ),
  allow_obs_text: defaulted(
    boolean,
    defaults.DEFAULT_ALLOW_OBS_TEXT,
    "requests may have bytes above 127 in header values, else 400",
    HTTP_FAMILY,
  ),
  upload_min_bytes: optional(
    u32,
    "bytes of a body that must come within each timeout, 0 = any (default), 4096 is a good defence",
    HTTP_FAMILY,
  ),
  h2c_prior_knowledge: optional(
    boolean,
    "clients may speak HTTP/2 without TLS, false by default",
    { only: ["http"] },
  ),
  answers: optional(answers, "answer templates by status: text or file://PATH", HTTP_FAMILY),
  ...LEGACY_ANSWER_KEYS,
  ...H2_KEYS,
  ...TLS_KEYS,
  ...CLIENT_AUTH_KEYS,
  hsts: optional(tableOf(HSTS_KEYS), "HSTS policy of every frontend without its own", {
    only: ["https"],
    refusedOn: { http: HSTS_NEEDS_HTTPS },
  }),
  sni_preread_timeout: defaulted(
    positiveU32,
    defaults.DEFAULT_SNI_PREREAD_SECONDS,
    "for the TLS ClientHello that chooses among frontends with a hostname, seconds",
    TCP,
  ),
  sni_preread_max_bytes: defaulted(
    positiveU32,
    defaults.DEFAULT_SNI_PREREAD_BYTES,
    "of that ClientHello, 5 to buffer_size",
    TCP,
  ),
  max_rx_datagram_size: defaulted(
    u32,
    defaults.DEFAULT_MAX_RX_DATAGRAM_BYTES,
    "largest datagram read, bytes, at most buffer_size",
    UDP,
  ),
  max_flows: defaulted(u32, defaults.DEFAULT_MAX_UDP_FLOWS, "flows at once, 0 = automatic", UDP),
};

/** A `[[listeners]]` table that was read. */
export type ListenerReading = TableReading<typeof LISTENER_KEYS>;

/** A listener and the message that adds it. */
export type Listener =
  | { readonly protocol: "http"; readonly config: HttpListenerConfig }
  | {
    readonly protocol: "https";
    readonly config: HttpsListenerConfig;
    readonly certificate: ListenerCertificate;
  }
  | { readonly protocol: "tcp"; readonly config: TcpListenerConfig }
  | {
    readonly protocol: "udp";
    readonly config: UdpListenerConfig;
    /** Has no effect on datagrams, but counts for the PROXY mode of TCP clusters (sozu 2.1). */
    readonly expectsProxy: boolean;
  };

/** Makes listeners out of tables. */
export class ListenerBuilder {
  readonly #globals: GlobalSettings;
  readonly #sources: FileSources;
  readonly #problems: Problems;

  constructor(globals: GlobalSettings, sources: FileSources, problems: Problems) {
    this.#globals = globals;
    this.#sources = sources;
    this.#problems = problems;
  }

  /** The listener a table declares; null when it lacks an address or protocol (reported before). */
  build(reading: ListenerReading): Listener | null {
    const { values } = reading;
    if (values.address === undefined || values.protocol === undefined) return null;
    if (values.public_address !== undefined && values.expect_proxy) {
      this.#problems.error(
        reading.at("public_address"),
        "Incompatible with 'expect_proxy = true': the PROXY header already tells the public " +
          "address, accepted: one of the two",
      );
    }
    switch (values.protocol) {
      case "http":
        return { protocol: "http", config: this.#http(reading, values.address) };
      case "https":
        return this.#https(reading, values.address);
      case "tcp":
        return { protocol: "tcp", config: this.#tcp(reading, values.address) };
      case "udp":
        return this.#udp(reading, values.address);
    }
  }

  #tcp(reading: ListenerReading, address: SocketAddress): TcpListenerConfig {
    return {
      ...defaultTcpListener(address, this.#globals),
      ...pick(reading.values, TCP_FIELDS),
      ...pick(reading.values, ["sni_preread_timeout", "sni_preread_max_bytes"]),
      ...tcpCertificate(reading, this.#sources, this.#problems),
    };
  }

  /** What a TCP listener that has frontends with names says about reading these has to be possible. */
  checkPreread(config: TcpListenerConfig, at: PlaceOf): void {
    const { sni_preread_timeout: seconds = 0, sni_preread_max_bytes: bytes = 0 } = config;
    if (seconds > config.front_timeout) {
      const accepted = `at most front_timeout, '${config.front_timeout}'`;
      this.#problems.error(at("sni_preread_timeout"), `Value '${seconds}', accepted: ${accepted}`);
    }
    const { buffer_size } = this.#globals;
    if (bytes < LEAST_HELLO_BYTES || bytes > buffer_size) {
      const accepted = `${LEAST_HELLO_BYTES} to buffer_size, '${buffer_size}'`;
      this.#problems.error(at("sni_preread_max_bytes"), `Value '${bytes}', accepted: ${accepted}`);
    }
  }

  #http(reading: ListenerReading, address: SocketAddress): HttpListenerConfig {
    return {
      ...defaultHttpListener(address, this.#globals),
      ...this.#httpChoices(reading),
      ...pick(reading.values, ["h2c_prior_knowledge"]),
    };
  }

  #httpChoices(reading: ListenerReading): Partial<HttpListenerConfig> {
    const { legacy, templates } = listenerAnswers(reading, this.#sources, this.#problems);
    return {
      ...pick(reading.values, HTTP_FIELDS),
      ...clientHeaders(reading),
      ...presentFields({ http_answers: legacy }),
      answers: templates,
    };
  }

  #https(reading: ListenerReading, address: SocketAddress): Listener {
    const { values } = reading;
    const certificate = listenerCertificate(reading, this.#sources);
    const hsts = hstsMessage(values.hsts, this.#problems);
    const config: HttpsListenerConfig = {
      ...defaultHttpsListener(address, this.#globals),
      ...this.#httpChoices(reading),
      ...pick(values, HTTPS_FIELDS),
      versions: values.tls_versions,
      certificate_chain: certificate.chain,
      alpn_protocols: alpnProtocols(reading, this.#problems),
      ...clientAuthFields(reading, this.#sources, this.#problems),
      ...presentFields({ certificate: certificate.certificate, key: certificate.key, hsts }),
    };
    return { protocol: "https", config, certificate };
  }

  #udp(reading: ListenerReading, address: SocketAddress): Listener {
    const { values } = reading;
    const ceiling = this.#globals.buffer_size;
    if (values.max_rx_datagram_size > ceiling) {
      this.#problems.warn(
        reading.at("max_rx_datagram_size"),
        `Value '${values.max_rx_datagram_size}' is lowered to buffer_size, '${ceiling}'`,
      );
    }
    const config: UdpListenerConfig = {
      ...defaultUdpListener(address, this.#globals),
      ...pick(values, UDP_FIELDS),
      max_rx_datagram_size: Math.min(values.max_rx_datagram_size, ceiling),
    };
    return { protocol: "udp", config, expectsProxy: values.expect_proxy };
  }
}

/** Keys that are fields of the message under the same name. */
const TCP_FIELDS = [
  "interface",
  "public_address",
  "expect_proxy",
  "front_timeout",
  "back_timeout",
  "connect_timeout",
] as const;
const HTTP_FIELDS = [
  ...TCP_FIELDS,
  "request_timeout",
  "sticky_name",
  "sozu_id_header",
  "forwarded_headers",
  "elide_x_real_ip",
  "send_x_real_ip",
  "allow_obs_text",
  "upload_min_bytes",
  ...(Object.keys(H2_KEYS) as (keyof typeof H2_KEYS)[]),
] as const;
const HTTPS_FIELDS = [
  "cipher_list",
  "cipher_suites",
  "groups_list",
  "send_tls13_tickets",
  "strict_sni_binding",
  "disable_http11",
] as const;
const UDP_FIELDS = [
  "interface",
  "public_address",
  "front_timeout",
  "back_timeout",
  "max_flows",
] as const;

/** Those of the values that are there. */
function pick<V extends object, K extends keyof V>(
  values: V,
  names: readonly K[],
): PresentFields<Pick<V, K>> {
  const picked = {} as Pick<V, K>;
  for (const name of names) picked[name] = values[name];
  return presentFields(picked);
}
