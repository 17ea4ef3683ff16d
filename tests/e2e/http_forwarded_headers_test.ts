// Which headers about the client a listener adds: each choice, over both versions of HTTP, and changed while it
// serves.

import assert from "node:assert/strict";
import { ForwardedHeaders } from "../../config/schema/messages.ts";
import { getFields, H2Client } from "../support/h2/h2_client.ts";
import { startOrigin } from "../support/http/origin.ts";
import { request } from "../support/http/raw_client.ts";
import { logAccess } from "../support/observe/access_log.ts";
import { socketAddress, startProxy } from "../support/session/proxy.ts";

const CLIENT: readonly (readonly [string, string])[] = [
  ["x-forwarded-for", "203.0.113.9"],
  ["x-forwarded-proto", "https"],
  ["x-forwarded-port", "443"],
  ["x-forwarded-host", "other.test"],
  ["forwarded", "for=203.0.113.9"],
];

/** What the backend is told about the client, in order, without ports that nobody knows before. */
function aboutClient(text: string): string[] {
  return text.split("\r\n").filter((line) => /^(?:x-forwarded-|forwarded)/i.test(line))
    .map((line) => line.toLowerCase().replace(/127\.0\.0\.1:\d+/g, "127.0.0.1:0"));
}

const OWN = 'proto=http;for="127.0.0.1:0";by=127.0.0.1';

/** What is told without and with what the client says, by choice. */
function expected(port: number): Readonly<Record<number, readonly [string[], string[]]>> {
  const said = CLIENT.map(([name, value]) => `${name}: ${value}`);
  const [, proto = "", clientPort = "", host = "", forwarded = ""] = said;
  const rest = [`x-forwarded-port: ${port}`, "x-forwarded-proto: http"];
  const continued = "x-forwarded-for: 203.0.113.9, 127.0.0.1";
  return {
    [ForwardedHeaders.FORWARDED_HEADERS_BOTH]: [
      ["x-forwarded-for: 127.0.0.1", `forwarded: ${OWN}`, ...rest],
      [continued, proto, clientPort, host, `${forwarded}, ${OWN}`],
    ],
    [ForwardedHeaders.FORWARDED_HEADERS_X_FORWARDED]: [
      ["x-forwarded-for: 127.0.0.1", ...rest],
      [continued, proto, clientPort, host, forwarded],
    ],
    [ForwardedHeaders.FORWARDED_HEADERS_RFC7239]: [
      [`forwarded: ${OWN}`],
      [`${forwarded}, ${OWN}`],
    ],
    [ForwardedHeaders.FORWARDED_HEADERS_NONE]: [[], said],
  };
}

Deno.test("backends are told about clients by the headers the listener chooses, also once it changes", async () => {
  await using origin = startOrigin({ kind: "echo" });
  await using proxy = await startProxy({
    backends: [origin.address],
    listener: { h2c_prior_knowledge: true },
  });
  const address = socketAddress(`127.0.0.1:${proxy.port}`);
  const said = CLIENT.map(([name, value]) => `${name}: ${value}\r\n`).join("");
  for (const [family, [plain, spoken]] of Object.entries(expected(proxy.port))) {
    await proxy.apply({
      kind: "update_http_listener",
      value: { address, answers: new Map(), forwarded_headers: Number(family) },
    });
    const ask = async (lines: string) =>
      aboutClient(
        (await request(proxy.port, `GET / HTTP/1.1\r\nHost: app.test\r\n${lines}\r\n`)).text,
      );
    assert.deepEqual(await ask(""), plain, family);
    assert.deepEqual(await ask(said), spoken, family);
    await using client = await H2Client.open(proxy.port, "clear");
    assert.deepEqual(aboutClient((await client.ask(1, getFields("/"))).text), plain, family);
    assert.deepEqual(
      aboutClient((await client.ask(3, getFields("/", CLIENT))).text),
      spoken,
      family,
    );
  }
  // Two of the four choices believe what clients say, and twice is asked with it.
  assert.equal(proxy.count("http.trusting.x_proto"), 4);
  assert.equal(proxy.count("http.forwarded_malformed_elided"), 0);
});

Deno.test("a rewritten host is told by X-Forwarded-Host only where X-Forwarded headers are added", async () => {
  await using origin = startOrigin({ kind: "echo" });
  const { FORWARDED_HEADERS_X_FORWARDED, FORWARDED_HEADERS_RFC7239, FORWARDED_HEADERS_NONE } =
    ForwardedHeaders;
  const cases: readonly (readonly [number, string, readonly string[]])[] = [
    [FORWARDED_HEADERS_X_FORWARDED, "x: y", ["x-forwarded-host: old.test"]],
    [FORWARDED_HEADERS_X_FORWARDED, "X-Forwarded-Host: z", ["x-forwarded-host: old.test"]],
    [FORWARDED_HEADERS_RFC7239, "X-Forwarded-Host: z", []],
    [FORWARDED_HEADERS_NONE, "X-Forwarded-Host: z", ["x-forwarded-host: z"]],
    [FORWARDED_HEADERS_NONE, "x: y", []],
  ];
  for (const [family, line, told] of cases) {
    await using proxy = await startProxy({
      backends: [origin.address],
      listener: { forwarded_headers: family },
    });
    await proxy.addFrontend("app", { hostname: "old.test", rewrite_host: "new.test" });
    const { text } = await request(
      proxy.port,
      `GET / HTTP/1.1\r\nHost: old.test\r\n${line}\r\n\r\n`,
    );
    assert.match(text, /\r\nHost: new\.test\r\n/);
    const hosts = aboutClient(text).filter((it) => it.startsWith("x-forwarded-host"));
    assert.deepEqual(hosts, told, `${family} ${line}`);
  }
});

Deno.test("lines of Forwarded that are no list go no further, and are counted", async () => {
  await using origin = startOrigin({ kind: "echo" });
  await using proxy = await startProxy({ backends: [origin.address] });
  const ask = async (...lines: string[]) => {
    const head = ["GET / HTTP/1.1", "Host: app.test", ...lines, "", ""].join("\r\n");
    const told = aboutClient((await request(proxy.port, head)).text);
    return told.filter((line) => line.startsWith("forwarded"));
  };
  assert.deepEqual(await ask("Forwarded: for=1.2.3.4:80"), [`forwarded: ${OWN}`]);
  assert.equal(proxy.count("http.forwarded_malformed_elided"), 1);
  assert.deepEqual(await ask('Forwarded: for="a', "Forwarded: for=b", "Forwarded: for=[::1]"), [
    `forwarded: for=b, ${OWN}`,
  ]);
  assert.equal(proxy.count("http.forwarded_malformed_elided"), 3);
});

Deno.test("the former X-Forwarded-For stays in the access log where backends do not see it", async () => {
  await using origin = startOrigin({ kind: "echo" });
  await using proxy = await startProxy({
    backends: [origin.address],
    listener: { forwarded_headers: ForwardedHeaders.FORWARDED_HEADERS_RFC7239 },
  });
  await using log = logAccess(proxy);
  const head = "GET / HTTP/1.1\r\nHost: app.test\r\nX-Forwarded-For: 203.0.113.9\r\n\r\n";
  assert.deepEqual(aboutClient((await request(proxy.port, head)).text), [`forwarded: ${OWN}`]);
  assert.equal((await log.lines(1))[0]?.x_forwarded_for, "203.0.113.9");
});
