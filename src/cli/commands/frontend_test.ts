import assert from "node:assert/strict";
import { parseAddress } from "../../../config/values/address.ts";
import {
  HeaderMatchKind,
  HeaderPosition,
  PathRuleKind,
  RedirectPolicy,
  RedirectScheme,
  type Request,
  type RequestHttpFrontend,
  RulePosition,
  type SocketAddress,
} from "../../../config/schema/messages.ts";
import { parseLine } from "../../../tests/support/cli/cli.ts";

type RequestType = Request["request_type"];

function address(text: string): SocketAddress {
  const parsed = parseAddress(text);
  assert.ok(parsed !== null);
  return parsed;
}

const LISTENER = address("127.0.0.1:80");
const KEY = ["--address", "127.0.0.1:80", "--hostname", "a.test"];

function httpFrontend(over: Partial<RequestHttpFrontend> = {}): RequestHttpFrontend {
  return {
    cluster_id: "web",
    address: LISTENER,
    hostname: "a.test",
    path: { kind: PathRuleKind.PREFIX, value: "" },
    position: RulePosition.TREE,
    tags: new Map(),
    headers: [],
    header_predicates: [],
    ...over,
  };
}

const MATCHED = [
  ...["--match-header", "exact=X-A=b=c", "--match-header", "PRESENT=X-B"],
  ...["--match-header", "regex=X-C="],
];
const PREDICATES = [
  { name: "X-A", kind: HeaderMatchKind.HEADER_MATCH_KIND_EXACT, value: "b=c" },
  { name: "X-B", kind: HeaderMatchKind.HEADER_MATCH_KIND_PRESENT },
  { name: "X-C", kind: HeaderMatchKind.HEADER_MATCH_KIND_REGEX, value: "" },
];

function denied(): RequestHttpFrontend {
  const { cluster_id: _, ...rest } = httpFrontend();
  return rest;
}

const ACCEPTED: [line: string[], request: RequestType][] = [
  [["http", "add", ...KEY, "id", "web"], { kind: "add_http_frontend", value: httpFrontend() }],
  [["https", "add", ...KEY, "id", "web"], { kind: "add_https_frontend", value: httpFrontend() }],
  [["http", "add", ...KEY, "deny"], { kind: "add_http_frontend", value: denied() }],
  // Options may follow the route as well.
  [["http", "add", "id", "web", ...KEY], { kind: "add_http_frontend", value: httpFrontend() }],
  [
    ["http", "add", "-a", "127.0.0.1:80", "--host", "a.test", "id", "web"],
    { kind: "add_http_frontend", value: httpFrontend() },
  ],
  [
    ["http", "add", ...KEY, "-p", "/api", "-m", "GET", "id", "web"],
    {
      kind: "add_http_frontend",
      value: httpFrontend({ path: { kind: PathRuleKind.PREFIX, value: "/api" }, method: "GET" }),
    },
  ],
  // The prefix wins over the regular expression, which wins over equality.
  [
    ["http", "add", ...KEY, "--path-equals", "/e", "--path-regex", "/r", "id", "web"],
    {
      kind: "add_http_frontend",
      value: httpFrontend({ path: { kind: PathRuleKind.REGEX, value: "/r" } }),
    },
  ],
  [
    ["http", "add", ...KEY, "--path-equals", "/e", "id", "web"],
    {
      kind: "add_http_frontend",
      value: httpFrontend({ path: { kind: PathRuleKind.EQUALS, value: "/e" } }),
    },
  ],
  [
    ["http", "add", ...KEY, "--tags", " owner=me , url=http://x/?a=b#c", "id", "web"],
    {
      kind: "add_http_frontend",
      value: httpFrontend({ tags: new Map([["owner", "me"], ["url", "http://x/?a=b#c"]]) }),
    },
  ],
  [
    ["http", "add", ...KEY, "--redirect", "Permanent", "--redirect-scheme", "USE_HTTPS", "deny"],
    {
      kind: "add_http_frontend",
      value: {
        ...denied(),
        redirect: RedirectPolicy.PERMANENT,
        redirect_scheme: RedirectScheme.USE_HTTPS,
      },
    },
  ],
  [
    [
      ...["http", "add", ...KEY, "--redirect-template", "t", "--rewrite-host", "h"],
      ...["--rewrite-path", "/p", "--rewrite-port", "8080", "--required-auth", "id", "web"],
    ],
    {
      kind: "add_http_frontend",
      value: httpFrontend({
        redirect_template: "t",
        rewrite_host: "h",
        rewrite_path: "/p",
        rewrite_port: 8080,
        required_auth: true,
      }),
    },
  ],
  [
    [
      ...["http", "add", ...KEY, "--header", "request=X-A=b=c", "--header", "BOTH=X-B="],
      ...["id", "web"],
    ],
    {
      kind: "add_http_frontend",
      value: httpFrontend({
        headers: [
          { position: HeaderPosition.REQUEST, key: "X-A", val: "b=c" },
          { position: HeaderPosition.BOTH, key: "X-B", val: "" },
        ],
      }),
    },
  ],
  [
    ["https", "add", ...KEY, "--hsts-preload", "id", "web"],
    {
      kind: "add_https_frontend",
      value: httpFrontend({ hsts: { enabled: true, max_age: 31_536_000, preload: true } }),
    },
  ],
  [
    ["http", "remove", ...KEY, "-p", "/api", "-m", "GET", "id", "web"],
    {
      kind: "remove_http_frontend",
      value: httpFrontend({ path: { kind: PathRuleKind.PREFIX, value: "/api" }, method: "GET" }),
    },
  ],
  [["https", "remove", ...KEY, "deny"], { kind: "remove_https_frontend", value: denied() }],
  [
    ["http", "add", ...KEY, ...MATCHED, "--redirect", "silent_close", "id", "web"],
    {
      kind: "add_http_frontend_with_header_predicates",
      value: httpFrontend({
        redirect: RedirectPolicy.SILENT_CLOSE,
        header_predicates: PREDICATES,
      }),
    },
  ],
  [
    ["https", "remove", ...KEY, ...MATCHED, "id", "web"],
    {
      kind: "remove_https_frontend_with_header_predicates",
      value: httpFrontend({ header_predicates: PREDICATES }),
    },
  ],
  [
    ["https", "add", ...KEY, "--redirect", "Silent_Close", "deny"],
    {
      kind: "add_https_frontend_with_silent_close",
      value: { ...denied(), redirect: RedirectPolicy.SILENT_CLOSE },
    },
  ],
  [
    ["http", "add", ...KEY, "--redirect", "found", "deny"],
    { kind: "add_http_frontend", value: { ...denied(), redirect: RedirectPolicy.FOUND } },
  ],
  [
    ["tcp", "add", "--id", "db", "--address", "127.0.0.1:80", "--tags", "a=b"],
    {
      kind: "add_tcp_frontend",
      value: { cluster_id: "db", address: LISTENER, tags: new Map([["a", "b"]]), alpn: [] },
    },
  ],
  [
    ["udp", "add", "-i", "dns", "-a", "127.0.0.1:80"],
    {
      kind: "add_udp_frontend",
      value: { cluster_id: "dns", address: LISTENER, tags: new Map() },
    },
  ],
  [
    ["tcp", "remove", "-i", "db", "-a", "127.0.0.1:80"],
    {
      kind: "remove_tcp_frontend",
      value: { cluster_id: "db", address: LISTENER, tags: new Map(), alpn: [] },
    },
  ],
  [
    [
      "tcp",
      "add",
      "-i",
      "db",
      "-a",
      "127.0.0.1:80",
      "--sni",
      "a.test",
      "--alpn",
      "h2",
      "--alpn",
      "x",
    ],
    {
      kind: "add_tcp_frontend",
      value: {
        cluster_id: "db",
        address: LISTENER,
        tags: new Map(),
        alpn: ["h2", "x"],
        sni: "a.test",
      },
    },
  ],
  [
    ["tcp", "add", "-i", "db", "-a", "127.0.0.1:80", "--sni", "*.example.com"],
    {
      kind: "add_tcp_frontend",
      value: {
        cluster_id: "db",
        address: LISTENER,
        tags: new Map(),
        alpn: [],
        sni: "*.example.com",
      },
    },
  ],
  [
    ["tcp", "remove", "-i", "db", "-a", "127.0.0.1:80", "--sni", "db.example.com"],
    {
      kind: "remove_tcp_frontend",
      value: {
        cluster_id: "db",
        address: LISTENER,
        tags: new Map(),
        alpn: [],
        sni: "db.example.com",
      },
    },
  ],
  [
    ["udp", "remove", "-i", "dns", "-a", "127.0.0.1:80", "--tags", "env=prod"],
    {
      kind: "remove_udp_frontend",
      value: { cluster_id: "dns", address: LISTENER, tags: new Map([["env", "prod"]]) },
    },
  ],
  [["list"], { kind: "list_frontends", value: { http: false, https: false, tcp: false } }],
  [
    ["list", "--http", "--tcp", "-d", "test"],
    { kind: "list_frontends", value: { http: true, https: false, tcp: true, domain: "test" } },
  ],
];

const PROBLEMS: [line: string[], message: RegExp][] = [
  [
    ["http", "add", ...KEY, "--redirect", "temporary", "deny"],
    /--redirect "temporary".*forward, permanent.*silent_close/,
  ],
  [["http", "add", ...KEY, "--redirect", "constructor", "deny"], /--redirect "constructor"/],
  [["http", "add", ...KEY, "--redirect-scheme", "ftp", "deny"], /use-same, use-http, use-https/],
  [["http", "add", ...KEY, "--rewrite-port", "65536", "deny"], /--rewrite-port 65536.*1 to 65535/],
  [["http", "add", ...KEY, "--header", "request=X", "deny"], /<position>=<name>=<value>/],
  [["http", "add", ...KEY, "--header", "toString=X=y", "deny"], /request, response or both/],
  [["http", "add", ...KEY, "--header", "both=X Y=z", "deny"], /token/],
  [["http", "add", ...KEY, "--header", "both=X=a\r\nb", "deny"], /control characters/],
  [["http", "add", ...KEY, ...MATCHED, "--match-header", "x", "deny"], /index 3: expected exact=/],
  [["http", "add", ...KEY, "--match-header", "prefix=X=a", "deny"], /index 0: expected exact=/],
  [["http", "add", ...KEY, "--match-header", "exact=X", "deny"], /index 0: no value is given/],
  [["http", "add", ...KEY, "--match-header", "present=X=", "deny"], /index 0: a value is given/],
  [["http", "remove", ...KEY, "--match-header", "present=Host", "deny"], /"host" cannot be asked/],
  [["http", "remove", ...KEY, "--match-header", "regex=X=(", "deny"], /index 0: .*RE2 syntax/],
];

const SYNTAX_ERRORS: [line: string[], message: RegExp][] = [
  [["http", "add", ...KEY], /missing required argument 'route'/],
  [["http", "remove", ...KEY], /missing required argument 'route'/],
  [["http", "add", ...KEY, "id"], /missing cluster after "id"/],
  [["http", "add", ...KEY, "deny", "web"], /unexpected argument "web"/],
  [["http", "add", ...KEY, "web"], /Expected "id <CLUSTER_ID>" or "deny"/],
  [["http", "add", "--hostname", "a.test", "deny"], /--address/],
  [["http", "add", "--address", "localhost:80", "--hostname", "a", "deny"], /127\.0\.0\.1:8080/],
  [["http", "add", ...KEY, "--tags", "a=b,c", "deny"], /key=value/],
  [["https", "add", ...KEY, "--hsts-disabled", "--hsts-max-age", "1", "deny"], /cannot be used/],
  [["list", "--udp"], /unknown option '--udp'/],
];

Deno.test("sozu frontend turns its arguments into requests", async () => {
  for (const [line, request] of ACCEPTED) {
    const parsed = await parseLine(["frontend", ...line]);
    assert.equal(parsed.problem, null);
    assert.equal(parsed.stderr, "", line.join(" "));
    assert.deepEqual(parsed.request, request, line.join(" "));
  }
});

Deno.test("sozu frontend refuses arguments that do not make sense, saying what is accepted", async () => {
  for (const [line, message] of PROBLEMS) {
    const parsed = await parseLine(["frontend", ...line]);
    assert.match(parsed.problem ?? "", message, line.join(" "));
    assert.equal(parsed.request, null);
  }
});

Deno.test("sozu frontend reports syntax errors", async () => {
  for (const [line, message] of SYNTAX_ERRORS) {
    const parsed = await parseLine(["frontend", ...line]);
    assert.match(parsed.stderr, message, line.join(" "));
    assert.notEqual(parsed.parserExit, 0);
    assert.equal(parsed.request, null);
  }
});
