import assert from "node:assert/strict";
import { parseAddress } from "../../config/address.ts";
import { type HttpListenerConfig, type ListenersList, TlsVersion } from "../../config/messages.ts";
import { asAscii, drawn } from "../../tests/support/ascii_table.ts";
import { renderListeners } from "./render_listeners.ts";

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

function rendered(list: Partial<ListenersList>): string {
  return asAscii(renderListeners({
    http_listeners: new Map(),
    https_listeners: new Map(),
    tcp_listeners: new Map(),
    udp_listeners: new Map(),
    ...list,
  }));
}

Deno.test("renderListeners shows the four headings even without a listener", () => {
  assert.equal(
    rendered({}),
    ["HTTP", "HTTPS", "TCP", "UDP"].map((name) => `\n${name} LISTENERS\n================\n`).join(
      "",
    ),
  );
});

Deno.test("renderListeners shows one table of settings for an HTTP listener", () => {
  const text = rendered({ http_listeners: new Map([["127.0.0.1:80", HTTP]]) });
  assert.ok(text.startsWith(drawn`

    HTTP LISTENERS
    ================
    +---------------------------+---------------+
    | socket address            | 127.0.0.1:80  |
    +---------------------------+---------------+
    | public address            | none          |
    +---------------------------+---------------+
    | 401                       | new 401       |
    |                           | \\u{1b}[2J     |
    +---------------------------+---------------+
    | 429                       | old 429       |
    +---------------------------+---------------+
    | expect proxy              | false         |
    +---------------------------+---------------+
    | sticky name               | SOZUBALANCEID |
    +---------------------------+---------------+
    | front timeout             | 60            |
    +---------------------------+---------------+
    | back timeout              | 30            |
    +---------------------------+---------------+
    | connect timeout           | 3             |
    +---------------------------+---------------+
    | request timeout           | 10            |
    +---------------------------+---------------+
    | activated                 | true          |
    +---------------------------+---------------+
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

Deno.test("renderListeners shows one table for all TCP and one for all UDP listeners", () => {
  const common = { address: ADDRESS, front_timeout: 1, back_timeout: 2, active: false };
  const text = rendered({
    tcp_listeners: new Map([["x", { ...common, expect_proxy: true, connect_timeout: 3 }]]),
    udp_listeners: new Map([["x", { ...common, max_rx_datagram_size: 1_500, max_flows: 0 }]]),
  });
  assert.match(text, /\| TCP listeners +\|/);
  assert.match(text, /\| 127\.0\.0\.1:80 +\| none +\| true +\| 1 +\| 2 +\| 3 +\| false +\|/);
  assert.match(text, /\| UDP listeners +\|/);
  assert.match(text, /\| 127\.0\.0\.1:80 +\| none +\| 1 +\| 2 +\| 1500 +\| 0 +\| false +\|/);
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
  const text = rendered({ tcp_listeners: new Map([["x", common], ["y", ends]]) });
  assert.match(text, /\| activated +\| TLS by +\|/);
  assert.match(text, /\| true +\| nobody \(passes\) +\|\n[^]*\| true +\| node:tls +\|/);
  assert.doesNotMatch(text, /PRIVATE|CERT/);
  assert.doesNotMatch(rendered({ tcp_listeners: new Map([["x", common]]) }), /TLS/);
});
