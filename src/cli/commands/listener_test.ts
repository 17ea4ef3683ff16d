import assert from "node:assert/strict";
import { parseAddress } from "../../../config/values/address.ts";
import { DEFAULT_CIPHERS, DEFAULT_GROUPS, SIGNATURE_ALGORITHMS } from "../../../config/defaults.ts";
import {
  type HttpListenerConfig,
  type HttpsListenerConfig,
  ListenerType,
  type Request,
  TlsVersion,
} from "../../../config/schema/messages.ts";
import { parseLine } from "../../../tests/support/cli/cli.ts";

type RequestType = Request["request_type"];

const CONFIG =
  "front_timeout = 11\nback_timeout = 12\nconnect_timeout = 13\nrequest_timeout = 14\n";
const FILES = { "lost.http": "HTTP/1.1 404 Lost", "busy.http": "HTTP/1.1 503 Busy" };
const ADDRESS = address("127.0.0.1:80");
const AT = ["--address", "127.0.0.1:80"];

function address(text: string) {
  const parsed = parseAddress(text);
  assert.ok(parsed !== null);
  return parsed;
}

function http(over: Partial<HttpListenerConfig> = {}): HttpListenerConfig {
  return {
    address: ADDRESS,
    expect_proxy: false,
    sticky_name: "SOZUBALANCEID",
    front_timeout: 11,
    back_timeout: 12,
    connect_timeout: 13,
    request_timeout: 14,
    active: false,
    answers: new Map(),
    forwarded_headers: 0,
    elide_x_real_ip: false,
    send_x_real_ip: false,
    allow_obs_text: true,
    ...over,
  };
}

function https(over: Partial<HttpsListenerConfig> = {}): HttpsListenerConfig {
  return {
    ...http(),
    versions: [TlsVersion.TLS_V1_2, TlsVersion.TLS_V1_3],
    cipher_list: [...DEFAULT_CIPHERS],
    cipher_suites: [...DEFAULT_CIPHERS],
    signature_algorithms: [...SIGNATURE_ALGORITHMS],
    groups_list: [...DEFAULT_GROUPS],
    client_ca_certificates: [],
    client_ca_crls: [],
    certificate_chain: [],
    send_tls13_tickets: 4n,
    alpn_protocols: ["h2", "http/1.1"],
    ...over,
  };
}

const ADDED: [line: string[], request: RequestType][] = [
  [["http", "add", ...AT], { kind: "add_http_listener", value: http() }],
  [
    ["http", "add", ...AT, "--refuse-obs-text"],
    { kind: "add_http_listener", value: http({ allow_obs_text: false }) },
  ],
  [
    ["https", "add", ...AT, "--refuse-obs-text"],
    { kind: "add_https_listener", value: https({ allow_obs_text: false }) },
  ],
  [["http", "add", "-a", "127.0.0.1:80"], { kind: "add_http_listener", value: http() }],
  [
    [
      ...["http", "add", ...AT, "--public-address", "[::1]:80", "--sticky-name", "S"],
      ...["--front-timeout", "1", "--back-timeout", "2", "--connect-timeout", "3"],
      ...["--request-timeout", "4", "--answer-404", "lost.http", "--answer-503", "busy.http"],
      ...["--upload-min-bytes", "4096"],
    ],
    {
      kind: "add_http_listener",
      value: http({
        public_address: address("[::1]:80"),
        sticky_name: "S",
        front_timeout: 1,
        back_timeout: 2,
        connect_timeout: 3,
        request_timeout: 4,
        upload_min_bytes: 4096,
        http_answers: { answer_404: FILES["lost.http"], answer_503: FILES["busy.http"] },
        answers: new Map([["404", FILES["lost.http"]], ["503", FILES["busy.http"]]]),
      }),
    },
  ],
  [
    ["http", "add", ...AT, "--expect-proxy"],
    { kind: "add_http_listener", value: http({ expect_proxy: true }) },
  ],
  [["https", "add", ...AT], { kind: "add_https_listener", value: https() }],
  [
    [
      ...["https", "add", ...AT, "--tls-versions", "TLS_V13", "--tls-versions", "TLSv1"],
      ...["--tls-cipher-list", "A", "--tls-cipher-list", "B"],
    ],
    {
      kind: "add_https_listener",
      value: https({
        versions: [TlsVersion.TLS_V1_3, TlsVersion.TLS_V1_0],
        cipher_list: ["A", "B"],
      }),
    },
  ],
  [
    ["tcp", "add", ...AT, "--expect-proxy"],
    {
      kind: "add_tcp_listener",
      value: {
        address: ADDRESS,
        expect_proxy: true,
        front_timeout: 11,
        back_timeout: 12,
        connect_timeout: 13,
        sni_preread_timeout: 5,
        sni_preread_max_bytes: 16_384,
        active: false,
      },
    },
  ],
  [
    ["tcp", "add", ...AT, "--sni-preread-timeout", "2", "--sni-preread-max-bytes", "4096"],
    {
      kind: "add_tcp_listener",
      value: {
        address: ADDRESS,
        expect_proxy: false,
        front_timeout: 11,
        back_timeout: 12,
        connect_timeout: 13,
        sni_preread_timeout: 2,
        sni_preread_max_bytes: 4_096,
        active: false,
      },
    },
  ],
  [
    ["udp", "add", ...AT],
    {
      kind: "add_udp_listener",
      value: {
        address: ADDRESS,
        front_timeout: 30,
        back_timeout: 30,
        max_rx_datagram_size: 1_500,
        max_flows: 0,
        active: false,
      },
    },
  ],
  // The datagram size is clamped to the buffer size.
  [
    [
      ...["udp", "add", ...AT, "--front-timeout", "1", "--back-timeout", "2"],
      ...["--max-rx-datagram-size", "99999", "--max-flows", "7", "--public-address", "[::1]:80"],
    ],
    {
      kind: "add_udp_listener",
      value: {
        address: ADDRESS,
        public_address: address("[::1]:80"),
        front_timeout: 1,
        back_timeout: 2,
        max_rx_datagram_size: 16_393,
        max_flows: 7,
        active: false,
      },
    },
  ],
];

const SWITCHED: [line: string[], request: RequestType][] = [
  ...(["http", "https", "tcp", "udp"] as const).flatMap((protocol, proxy) => {
    assert.equal(ListenerType[protocol.toUpperCase() as keyof typeof ListenerType], proxy);
    return [
      [
        [protocol, "activate", ...AT],
        { kind: "activate_listener", value: { address: ADDRESS, proxy, from_scm: false } },
      ],
      [
        [protocol, "deactivate", ...AT],
        { kind: "deactivate_listener", value: { address: ADDRESS, proxy, to_scm: false } },
      ],
      [[protocol, "remove", ...AT], {
        kind: "remove_listener",
        value: { address: ADDRESS, proxy },
      }],
    ] satisfies [string[], RequestType][];
  }),
];

const PATCH = { address: ADDRESS, answers: new Map<string, string>() };

const UPDATED: [line: string[], request: RequestType][] = [
  [["http", "update", ...AT], { kind: "update_http_listener", value: PATCH }],
  [
    [
      ...["http", "update", ...AT, "--public-address", "[::1]:80", "--front-timeout", "1"],
      ...["--back-timeout", "2", "--connect-timeout", "3", "--request-timeout", "4"],
      ...["--sticky-name", "S", "--sozu-id-header", "X-Id", "--expect-proxy"],
      ...["--upload-min-bytes", "5", "--forwarded-headers", "rfc7239"],
      ...["--answer-404", "lost.http", "--answer-429", "busy.http"],
    ],
    {
      kind: "update_http_listener",
      value: {
        ...PATCH,
        public_address: address("[::1]:80"),
        front_timeout: 1,
        back_timeout: 2,
        connect_timeout: 3,
        request_timeout: 4,
        sticky_name: "S",
        sozu_id_header: "X-Id",
        upload_min_bytes: 5,
        forwarded_headers: 2,
        expect_proxy: true,
        http_answers: { answer_404: FILES["lost.http"], answer_429: FILES["busy.http"] },
      },
    },
  ],
  // Of a pair of flags the last one wins.
  [
    ["http", "update", ...AT, "--expect-proxy", "--no-expect-proxy"],
    { kind: "update_http_listener", value: { ...PATCH, expect_proxy: false } },
  ],
  [
    ["http", "update", ...AT, "--refuse-obs-text"],
    { kind: "update_http_listener", value: { ...PATCH, allow_obs_text: false } },
  ],
  [
    ["https", "update", ...AT, "--refuse-obs-text", "--allow-obs-text"],
    { kind: "update_https_listener", value: { ...PATCH, allow_obs_text: true } },
  ],
  [
    ["tcp", "update", ...AT, "--no-expect-proxy", "--expect-proxy", "--connect-timeout", "9"],
    {
      kind: "update_tcp_listener",
      value: { address: ADDRESS, expect_proxy: true, connect_timeout: 9 },
    },
  ],
  [
    ["udp", "update", ...AT, "--max-rx-datagram-size", "99999", "--max-flows", "1"],
    {
      kind: "update_udp_listener",
      value: { address: ADDRESS, max_rx_datagram_size: 99_999, max_flows: 1 },
    },
  ],
  [
    [
      ...["https", "update", ...AT, "--no-strict-sni-binding", "--disable-http11"],
      ...["--alpn-protocols", "h2,http/1.1", "--h2-max-rst-stream-lifetime", "5"],
      ...["--h2-max-window-update-stream0-per-window", "6", "--hsts-max-age", "7"],
    ],
    {
      kind: "update_https_listener",
      value: {
        ...PATCH,
        strict_sni_binding: false,
        disable_http11: true,
        alpn_protocols: { values: ["h2", "http/1.1"] },
        h2_max_rst_stream_lifetime: 5n,
        h2_max_window_update_stream0_per_window: 6,
        hsts: { enabled: true, max_age: 7 },
      },
    },
  ],
  [
    ["https", "update", ...AT, "--strict-sni-binding", "--disable-http11", "--enable-http11"],
    {
      kind: "update_https_listener",
      value: { ...PATCH, strict_sni_binding: true, disable_http11: false },
    },
  ],
  [
    ["https", "update", ...AT, "--reset-alpn"],
    { kind: "update_https_listener", value: { ...PATCH, alpn_protocols: { values: [] } } },
  ],
];

async function expectRequests(table: [line: string[], request: RequestType][]): Promise<void> {
  for (const [line, request] of table) {
    const parsed = await parseLine(["listener", ...line], { config: CONFIG, files: FILES });
    assert.equal(parsed.problem, null);
    assert.equal(parsed.stderr, "", line.join(" "));
    assert.deepEqual(parsed.request, request, line.join(" "));
  }
}

Deno.test("sozu listener add fills what is not given like a configuration file", async () => {
  await expectRequests(ADDED);
});

Deno.test("sozu listener activates, deactivates and removes each protocol", async () => {
  await expectRequests(SWITCHED);
});

Deno.test("sozu listener update sends only what is given", async () => {
  await expectRequests(UPDATED);
});

Deno.test("sozu listener http update has an option for each answer but 400", async () => {
  const statuses = [301, 401, 404, 408, 413, 421, 429, 502, 503, 504, 507];
  for (const status of statuses) {
    const line = ["listener", "http", "update", ...AT, `--answer-${status}`, "lost.http"];
    const { request } = await parseLine(line, { files: FILES });
    assert.deepEqual(request, {
      kind: "update_http_listener",
      value: { ...PATCH, http_answers: { [`answer_${status}`]: FILES["lost.http"] } },
    });
  }
  const refused = await parseLine(["listener", "http", "update", ...AT, "--answer-400", "x"]);
  assert.match(refused.stderr, /unknown option/);
});

Deno.test("sozu listener https update builds an HSTS policy from its options", async () => {
  const policies: [line: string[], hsts: unknown][] = [
    [[], undefined],
    [["--hsts-disabled"], { enabled: false }],
    [["--hsts-include-subdomains"], {
      enabled: true,
      max_age: 31_536_000,
      include_subdomains: true,
    }],
    [["--hsts-max-age", "60", "--hsts-preload"], { enabled: true, max_age: 60, preload: true }],
    [["--hsts-force-replace-backend"], {
      enabled: true,
      max_age: 31_536_000,
      force_replace_backend: true,
    }],
  ];
  for (const [line, hsts] of policies) {
    const { request } = await parseLine(["listener", "https", "update", ...AT, ...line]);
    assert.equal(request?.kind, "update_https_listener");
    assert.deepEqual(request.value.hsts, hsts, line.join(" "));
  }
});

Deno.test("sozu listener refuses options that contradict each other", async () => {
  const contradictions: [line: string[], message: RegExp][] = [
    [["https", "update", ...AT, "--reset-alpn", "--alpn-protocols", "h2"], /cannot be used with/],
    [["https", "update", ...AT, "--hsts-disabled", "--hsts-max-age", "1"], /cannot be used with/],
    [
      ["https", "update", ...AT, "--hsts-force-replace-backend", "--hsts-disabled"],
      /cannot be used with/,
    ],
    [["udp", "update", ...AT, "--expect-proxy"], /unknown option/],
    [["http", "update", "--front-timeout", "1"], /--address/],
    [["https", "add", ...AT, "--tls-versions", "TLS_V14"], /Accepted: SSL_V2/],
  ];
  for (const [line, message] of contradictions) {
    const parsed = await parseLine(["listener", ...line]);
    assert.match(parsed.stderr, message, line.join(" "));
    assert.equal(parsed.request, null);
  }
});

Deno.test("sozu listener add refuses a public address beside the PROXY protocol", async () => {
  for (const protocol of ["http", "https", "tcp"]) {
    const line = ["listener", protocol, "add", ...AT, "--public-address", "[::1]:80"];
    const parsed = await parseLine([...line, "--expect-proxy"]);
    assert.match(parsed.problem ?? "", /either --public-address or --expect-proxy/);
  }
});
