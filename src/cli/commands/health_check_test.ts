import assert from "node:assert/strict";
import { type Request, type Response, ResponseStatus } from "../../../config/schema/messages.ts";
import { parseLine } from "../../../tests/support/cli/cli.ts";
import { ClientError, type CommandClient } from "../../client/mod.ts";

type RequestType = Request["request_type"];

const CHECK = {
  uri: "/health",
  interval: 10,
  timeout: 5,
  healthy_threshold: 3,
  unhealthy_threshold: 3,
  expected_status: 0,
  mode: 0,
  accepted_statuses: [],
  headers: [],
};

const ACCEPTED: [line: string[], request: RequestType][] = [
  [
    ["cluster", "health-check", "set", "-i", "web"],
    { kind: "set_health_check", value: { cluster_id: "web", config: { ...CHECK, uri: "/" } } },
  ],
  [
    [
      ...["cluster", "health-check", "set", "-i", "web", "--mode", "TCP", "--port", "81"],
      ...["--uri", "ignored"],
    ],
    {
      kind: "set_health_check",
      value: { cluster_id: "web", config: { ...CHECK, mode: 1, uri: "ignored", port: 81 } },
    },
  ],
  [
    [
      ...["cluster", "health-check", "set", "-i", "web", "-u", "/health"],
      ...["--accepted-statuses", "2xx, 404", "--accepted-statuses", "300-302"],
    ],
    {
      kind: "set_health_check",
      value: {
        cluster_id: "web",
        config: {
          ...CHECK,
          accepted_statuses: [
            { start: 200, end: 299 },
            { start: 404, end: 404 },
            { start: 300, end: 302 },
          ],
        },
      },
    },
  ],
  [
    ["cluster", "health-check", "set", "-i", "web", "-u", "/health"],
    { kind: "set_health_check", value: { cluster_id: "web", config: CHECK } },
  ],
  [
    [
      ...["cluster", "health-check", "set", "-i", "web", "--uri", "/h", "--interval", "20"],
      ...["--probe-timeout", "7", "--healthy-threshold", "1", "--unhealthy-threshold", "2"],
      ...["--expected-status", "204"],
    ],
    {
      kind: "set_health_check",
      value: {
        cluster_id: "web",
        config: {
          uri: "/h",
          interval: 20,
          timeout: 7,
          healthy_threshold: 1,
          unhealthy_threshold: 2,
          expected_status: 204,
          mode: 0,
          accepted_statuses: [],
          headers: [],
        },
      },
    },
  ],
  [["cluster", "health-check", "remove", "-i", "web"], {
    kind: "remove_health_check",
    value: "web",
  }],
  [["cluster", "health-check", "list"], { kind: "query_health_checks", value: {} }],
  [
    ["cluster", "health-check", "list", "-i", "web"],
    { kind: "query_health_checks", value: { cluster_id: "web" } },
  ],
];

const PROBLEMS: [line: string[], message: RegExp][] = [
  [["cluster", "health-check", "set", "-i", "w", "-u", "health"], /begins with \//],
  [["cluster", "health-check", "set", "-i", "w", "-u", "/a\nb"], /control character/],
  [["cluster", "health-check", "set", "-i", "w", "-u", "/", "--interval", "0"], /--interval 0/],
  [
    ["cluster", "health-check", "set", "-i", "w", "-u", "/", "--probe-timeout", "0"],
    /--probe-timeout 0/,
  ],
  [["cluster", "health-check", "set", "-i", "w", "--port", "65536"], /port: 65536/],
  [["cluster", "health-check", "set", "-i", "w", "--port", "0"], /port: 0/],
  [
    [
      ...["cluster", "health-check", "set", "-i", "w", "--accepted-statuses", "2xx"],
      ...["--expected-status", "204"],
    ],
    /expected_status.*accepted_statuses/,
  ],
  [
    ["cluster", "health-check", "set", "-i", "w", "--mode", "tcp", "--accepted-statuses", "any"],
    /accepted_statuses.*mode TCP/,
  ],
  [
    ["cluster", "health-check", "set", "-i", "w", "--mode", "tcp", "--expected-status", "200"],
    /expected_status.*mode TCP/,
  ],
  [
    ["cluster", "health-check", "set", "-i", "w", "-u", "/", "--healthy-threshold", "0"],
    /--healthy-threshold 0/,
  ],
  [
    ["cluster", "health-check", "set", "-i", "w", "-u", "/", "--unhealthy-threshold", "0"],
    /--unhealthy-threshold 0/,
  ],
];

const SYNTAX_ERRORS: [line: string[], message: RegExp][] = [
  [["cluster", "health-check", "set", "-i", "w", "-u", "/", "--interval", "-1"], /whole number/],
  [["cluster", "health-check", "set", "-i", "w", "--accepted-statuses", "2xx,600"], /'200-399'/],
  [["cluster", "health-check", "set", "-i", "w", "--mode", "udp"], /http, tcp/],
  [
    ["cluster", "health-check", "set", "-i", "w", "-u", "/", "--interval", "4294967296"],
    /4294967295/,
  ],
];

Deno.test("sozu cluster health-check turns its arguments into requests", async () => {
  for (const [line, request] of ACCEPTED) {
    const parsed = await parseLine(line);
    assert.deepEqual([parsed.problem, parsed.stderr], [null, ""], line.join(" "));
    assert.deepEqual(parsed.request, request, line.join(" "));
  }
});

Deno.test("sozu cluster health-check refuses arguments that do not make sense, saying what is accepted", async () => {
  for (const [line, message] of PROBLEMS) {
    const parsed = await parseLine(line);
    assert.match(parsed.problem ?? "", message, line.join(" "));
    assert.equal(parsed.request, null);
  }
  for (const [line, message] of SYNTAX_ERRORS) {
    const parsed = await parseLine(line);
    assert.match(parsed.stderr, message, line.join(" "));
    assert.equal(parsed.request, null);
  }
});

Deno.test("sozu cluster health-check set keeps --probe-timeout apart from the global --timeout", async () => {
  const set = ["cluster", "health-check", "set", "-i", "web"];
  const probe = await parseLine([...set, "--probe-timeout", "7"]);
  assert.equal(probe.options?.timeoutMs, undefined);
  for (const line of [["--timeout", "250", ...set], [...set, "--timeout", "250"]]) {
    const parsed = await parseLine(line);
    assert.equal(parsed.options?.timeoutMs, 250, line.join(" "));
    const value = { cluster_id: "web", config: { ...CHECK, uri: "/" } };
    assert.deepEqual(parsed.request, { kind: "set_health_check", value });
  }
});

Deno.test("sozu cluster health-check set warns when probes may overlap", async () => {
  const set = ["cluster", "health-check", "set", "-i", "web", "-u", "/", "--interval", "5"];
  assert.equal((await parseLine([...set, "--probe-timeout", "5"])).warnings.length, 1);
  assert.equal((await parseLine([...set, "--probe-timeout", "4"])).warnings.length, 0);
});

/** A client that answers the question for support so, and what it was asked. */
function clientThatSays(answer: Partial<Response> | ClientError) {
  const asked: string[] = [];
  const connect = () =>
    Promise.resolve({
      send: ({ request_type }: Request) => {
        asked.push(request_type?.kind ?? "");
        if (answer instanceof ClientError) return Promise.reject(answer);
        return Promise.resolve({ status: ResponseStatus.OK, message: "", ...answer });
      },
    } as unknown as CommandClient);
  return { asked, connect };
}

function capability(phase = 0, cluster_id = "", version = 0n): Partial<Response> {
  const value = { phase, cluster_id, version };
  return { content: { content_type: { kind: "protected_health_check_reply", value } } };
}

const SET_HEADERS = [
  ...["cluster", "health-check", "set", "-i", "web", "--header-file", "X-Key=key"],
  ...["--header-file", "X-Two=two"],
];

Deno.test("sozu cluster health-check set sends header values from files, to a sozu that protects them", async () => {
  const { asked, connect } = clientThatSays(capability());
  const files = { key: "s3cret\r\n", two: "a\tb" };
  const parsed = await parseLine(SET_HEADERS, { connect, files });
  assert.equal(parsed.problem, null);
  assert.deepEqual(asked, ["query_protected_health_check_support"]);
  const headers = ["X-Key", "X-Two"].map((name) => ({ name, fingerprint: "" }));
  const values = [["X-Key", "s3cret"], ["X-Two", "a\tb"]] as const;
  assert.deepEqual(parsed.request, {
    kind: "set_protected_health_check",
    value: {
      cluster_id: "web",
      config: { ...CHECK, uri: "/", headers },
      values: values.map(([name, text]) => ({ name, value: new TextEncoder().encode(text) })),
    },
  });
});

Deno.test("sozu cluster health-check set reads no file for a sozu that does not say it protects values", async () => {
  const answers: [Partial<Response> | ClientError, RegExp][] = [
    [{ status: ResponseStatus.FAILURE, message: "not here" }, /^not here$/],
    [{}, /something else/],
    [capability(1), /something else/],
    [capability(0, "web"), /something else/],
    [capability(0, "", 1n), /something else/],
    [new ClientError("timeout", "no answer"), /no answer/],
    [new ClientError("closed", "gone"), /gone/],
  ];
  for (const [answer, reason] of answers) {
    const { connect } = clientThatSays(answer);
    // There is no file: reading one would be another problem.
    const { problem, request } = await parseLine(SET_HEADERS, { connect });
    assert.match(problem ?? "", reason);
    assert.equal(request, null);
  }
});

Deno.test("sozu cluster health-check set refuses header files that cannot be sent, and repeats no value", async () => {
  const { connect } = clientThatSays(capability());
  const values: [Record<string, string>, RegExp][] = [
    [{ key: "s3cret" }, /Cannot read "two"/],
    [{ key: "s3cret\n\n", two: "a" }, /control character/],
    [{ key: " s3cret", two: "a" }, /blank/],
    [{ key: "s3cret".repeat(1500), two: "a" }, /bytes/],
  ];
  for (const [files, reason] of values) {
    const { problem } = await parseLine(SET_HEADERS, { connect, files });
    assert.match(problem ?? "", reason);
    assert.ok(!problem?.includes("s3cret"));
  }
  const set = ["cluster", "health-check", "set", "-i", "web"];
  const lines: [string[], RegExp][] = [
    [["--header-file", "Host=key"], /RFC 9110/],
    [["--header-file", "a=key", "--header-file", "A=key"], /once/],
    [["--header-file", "a=key", "--mode", "tcp"], /mode TCP/],
  ];
  for (const [more, reason] of lines) {
    // Nothing is asked for a line that is wrong by itself.
    assert.match((await parseLine([...set, ...more])).problem ?? "", reason);
  }
  for (const text of ["a", "=key", "a="]) {
    assert.match((await parseLine([...set, "--header-file", text])).stderr, /NAME=PATH/);
  }
  const twice = await parseLine([...set, "--header-file", "a=-", "--header-file", "b=-"]);
  assert.match(twice.stderr, /one header only/);
});
