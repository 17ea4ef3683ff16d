import assert from "node:assert/strict";
import { parseAddress } from "../../../config/values/address.ts";
import { defaultHttpsListener } from "../../../config/state/listener_defaults.ts";
import {
  ClientAuthMode,
  type HttpListenerConfig,
  type ListenersList,
  TlsVersion,
} from "../../../config/schema/messages.ts";
import { asAscii, drawn } from "../../../tests/support/cli/ascii_table.ts";
import { renderListeners } from "./listeners.ts";

const ADDRESS = (() => {
  const parsed = parseAddress("127.0.0.1:80");
  assert.ok(parsed !== null);
  return parsed;
})();

const HTTP: HttpListenerConfig = {
  address: ADDRESS,
  expect_proxy: false,
  sticky_name: "SOZUBALANCEID",
  front_timeout: 60,
  back_timeout: 30,
  connect_timeout: 3,
  request_timeout: 10,
  active: true,
  http_answers: { answer_401: "old 401", answer_429: "old 429" },
  answers: new Map([["401", "new 401\r\n\x1b[2J"]]),
  h2_max_concurrent_streams: 7,
};

function rendered(list: Partial<ListenersList>, verbose = true): string {
  return asAscii(renderListeners({
    http_listeners: new Map(),
    https_listeners: new Map(),
    tcp_listeners: new Map(),
    udp_listeners: new Map(),
    ...list,
  }, { columns: 80, verbose }));
}

const STREAM = { address: ADDRESS, front_timeout: 1, back_timeout: 2, active: false };

Deno.test("renderListeners says when there is none", () => {
  assert.equal(rendered({}), "No listener\n");
});

Deno.test("renderListeners shows every listener in one table, with what is out of the ordinary", () => {
  const list = {
    http_listeners: new Map([["a", HTTP], ["b", { ...HTTP, public_address: ADDRESS }]]),
    tcp_listeners: new Map([["x", { ...STREAM, expect_proxy: true, connect_timeout: 3 }]]),
    udp_listeners: new Map([["x", { ...STREAM, max_rx_datagram_size: 1_500, max_flows: 0 }]]),
  };
  assert.equal(
    rendered(list, false),
    drawn`
    +----------+--------------+----------+---------------------+
    | protocol | address      | state    | notes               |
    +----------+--------------+----------+---------------------+
    | HTTP     | 127.0.0.1:80 | active   |                     |
    | HTTP     | 127.0.0.1:80 | active   | public 127.0.0.1:80 |
    | TCP      | 127.0.0.1:80 | inactive | expects PROXY       |
    | UDP      | 127.0.0.1:80 | inactive |                     |
    +----------+--------------+----------+---------------------+
    `,
  );
  const details = rendered(list);
  assert.match(details, /\nTCP listener 127\.0\.0\.1:80:\n[^]*\| connect timeout +\| 3 /);
  assert.match(details, /\nUDP listener 127\.0\.0\.1:80:\n[^]*\| max rx datagram size +\| 1500 /);
});

Deno.test("renderListeners shows the settings of an HTTP listener when asked for", () => {
  const text = rendered({ http_listeners: new Map([["127.0.0.1:80", HTTP]]) });
  assert.ok(text.endsWith(drawn`

    HTTP listener 127.0.0.1:80:
    +---------------------------+---------------+
    | socket address            | 127.0.0.1:80  |
    | public address            | none          |
    | 401                       | new 401       |
    |                           | \\u{1b}[2J     |
    | 429                       | old 429       |
    | expect proxy              | false         |
    | sticky name               | SOZUBALANCEID |
    | front timeout             | 60            |
    | back timeout              | 30            |
    | connect timeout           | 3             |
    | request timeout           | 10            |
    | activated                 | true          |
    | h2 max concurrent streams | 7             |
    +---------------------------+---------------+
    `));
});

Deno.test("renderListeners shows whether requests may have obs-text, where it is known", () => {
  for (const allow_obs_text of [true, false]) {
    const listener = { ...HTTP, allow_obs_text };
    const text = rendered({ http_listeners: new Map([["127.0.0.1:80", listener]]) });
    assert.match(text, new RegExp(`\\| allow obs-text +\\| ${allow_obs_text} +\\|`));
  }
});

Deno.test("renderListeners tells which HTTP listeners take HTTP/2, also in short", () => {
  const shown = (h2c_prior_knowledge: boolean, details: boolean) =>
    rendered({ http_listeners: new Map([["x", { ...HTTP, h2c_prior_knowledge }]]) }, details);
  assert.match(shown(true, false), /\| active \| cleartext HTTP\/2/);
  assert.doesNotMatch(shown(false, false), /HTTP\/2/);
  for (const on of [true, false]) {
    assert.match(shown(on, true), new RegExp(`\\| h2c prior knowledge +\\| ${on} +\\|`));
  }
});

Deno.test("renderListeners shows TLS settings of an HTTPS listener, but not its private key", () => {
  const listener = {
    ...HTTP,
    versions: [TlsVersion.TLS_V1_2, TlsVersion.TLS_V1_3, 42],
    cipher_list: ["A", "B"],
    cipher_suites: [],
    signature_algorithms: [],
    groups_list: [],
    certificate: "CERT",
    certificate_chain: [],
    client_ca_certificates: [],
    client_ca_crls: [],
    key: "PRIVATE",
    send_tls13_tickets: 4n,
    alpn_protocols: ["h2", "http/1.1"],
    strict_sni_binding: false,
    hsts: { enabled: true, max_age: 60 },
  };
  const text = rendered({ https_listeners: new Map([["127.0.0.1:80", listener]]) });
  assert.doesNotMatch(text, /PRIVATE/);
  assert.match(text, /\| versions +\| TLS_V12 +\|\n\| +\| TLS_V13 +\|\n\| +\| unknown \(42\) /);
  assert.match(text, /\| key +\| \(hidden\) /);
  assert.match(text, /\| strict sni binding +\| false /);
  assert.match(text, /\| hsts max age +\| 60 /);
});

Deno.test("renderListeners tells which TCP listeners end TLS, but not their private keys", () => {
  const common = {
    address: ADDRESS,
    front_timeout: 1,
    back_timeout: 2,
    connect_timeout: 3,
    active: true,
    expect_proxy: false,
  };
  const ends = { ...common, certificate: "CERT", key: "PRIVATE" };
  const both = { tcp_listeners: new Map([["x", common], ["y", ends]]) };
  assert.match(rendered(both, false), /\| active +\| +\|\n\| TCP .*\| active +\| node:tls +\|/);
  assert.match(rendered(both), /\| TLS by +\| nobody \(passes\) +\|\n[^]*\| TLS by +\| node:tls /);
  assert.doesNotMatch(rendered(both), /PRIVATE|CERT/);
  assert.doesNotMatch(rendered({ tcp_listeners: new Map([["x", common]]) }, false), /TLS/);
});

Deno.test("renderListeners shows what a listener asks of clients, and no PEM", () => {
  const https = {
    ...defaultHttpsListener(ADDRESS),
    client_auth: ClientAuthMode.CLIENT_AUTH_REQUIRED,
    client_ca_certificates: ["-----BEGIN", "-----BEGIN"],
    client_ca_crls: ["-----BEGIN"],
    client_certificate_headers: { subject: "X-Subject" },
  };
  const text = rendered({ https_listeners: new Map([["a", https]]) });
  assert.match(text, /client certificates required/);
  assert.match(text, /client auth mode +\| CLIENT_AUTH_REQUIRED/);
  assert.match(text, /client CA count +\| 2 /);
  assert.match(text, /client CRL count +\| 1 /);
  assert.match(text, /client subject header +\| X-Subject/);
  assert.doesNotMatch(text, /BEGIN/);
});
