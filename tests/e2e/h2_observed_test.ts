// What logs and metrics say of clients that speak HTTP/2.

import assert from "node:assert/strict";
import { H2Client } from "../support/h2/h2_client.ts";
import { getFields, requestFields } from "../support/h2/request_fields.ts";
import { HOST, startFront } from "../support/h2/front.ts";
import { data, headers, ping, reset, settings, windowUpdate } from "../support/h2/frames.ts";
import { type Answer, startOrigin } from "../support/http/origin.ts";
import { get } from "../support/http/raw_client.ts";
import { logAccess } from "../support/observe/access_log.ts";
import { StatsdReceiver } from "../support/observe/statsd_receiver.ts";
import { freePort } from "../support/ports.ts";
import { measured } from "../support/observe/metrics.ts";
import { startProxy, type TestProxy } from "../support/session/proxy.ts";
import { startHttpsProxy } from "../support/tls/https_proxy.ts";
import { certificateFor } from "../support/tls/test_certificates.ts";
import { pause, waitFor } from "../support/wait.ts";

const CANCEL = 8;
const INITIAL_WINDOW = 4;

function startClear(
  answer: Answer | ((request: { readonly target: string }) => Answer),
  keys: Record<string, number> = {},
) {
  const origin = startOrigin(answer);
  const listener = { h2c_prior_knowledge: true, ...keys };
  return { origin, proxy: startProxy({ backends: [origin.address], listener }) };
}

/** Names of the metrics of HTTP/2 that have been counted. */
function counted(proxy: TestProxy): string[] {
  const { proxy: own } = measured(proxy.plane.measurements);
  return [...own.keys()].filter((name) => name.startsWith("h2.") && proxy.count(name) > 0);
}

Deno.test("a request of an HTTP/2 client leaves the line of any request, and says how its stream ended", async () => {
  const site = certificateFor([HOST]);
  await using origin = startOrigin({ kind: "fixed", body: "ok" });
  await using proxy = await startHttpsProxy({
    backends: [origin.address],
    certificates: [site],
    https: { alpn_protocols: [] },
  });
  await using log = logAccess(proxy);
  await using client = await H2Client.open(proxy.httpsPort, "TLS", { ca: site.certificate });
  await client.ask(1, getFields("/x?y=1", [["user-agent", "probe"]]));
  await client.ask(3, getFields("/", [], "nowhere.test"));
  const [served, lost] = await log.lines(2);
  assert.equal(served?.message, "H2::Complete");
  assert.deepEqual(
    [served?.protocol, served?.method, served?.authority, served?.path, served?.status],
    ["https", "GET", HOST, "/x?y=1", 200],
  );
  assert.deepEqual(
    [served?.level, served?.cluster_id, served?.user_agent, served?.tls_alpn],
    ["INFO", "app", "probe", "h2"],
  );
  assert.deepEqual([lost?.message, lost?.status], ["H2::Complete", 421]);
  assert.equal(lost?.session_id, served?.session_id);
  assert.deepEqual([proxy.count("http.alpn.h2"), proxy.count("http.alpn.http11")], [1, 0]);
  assert.deepEqual([proxy.count("http.e2e.h2"), proxy.count("http.e2e.http11")], [2, 0]);
});

Deno.test("streams that end early say why", async () => {
  const held = Promise.withResolvers<void>();
  const { origin, proxy: starting } = startClear(
    ({ target }) =>
      target === "/broken"
        ? { kind: "break-off", announced: 100, sent: 10 }
        : target === "/large"
        ? { kind: "fixed", body: "x".repeat(100_000) }
        : { kind: "fixed", body: "late", after: held.promise },
    { h2_stream_idle_timeout_seconds: 1 },
  );
  await using proxy = await starting;
  await using log = logAccess(proxy);
  await using client = await H2Client.open(proxy.port, "clear", { credits: false });
  await client.request(1, getFields("/cancelled"));
  await waitFor("the request", () => origin.requests.length === 1);
  await client.send(reset(1, CANCEL));
  await client.ask(3, getFields("/broken"));
  await client.send(headers(5, requestFields("POST", "/idle"), false));
  // The client takes a byte now and then of what is left: the stream is not idle, and yet it stalls.
  await client.request(7, getFields("/large"));
  while (!client.reply(7).over) {
    await client.send(windowUpdate(0, 1), windowUpdate(7, 1));
    await pause(50);
  }
  assert.equal((await client.finished(5)).reset, CANCEL);
  assert.equal((await client.finished(7)).reset, CANCEL);
  const lines = await log.lines(4);
  const said = new Map(lines.map(({ path, message, level }) => [path, `${level} ${message}`]));
  assert.deepEqual(Object.fromEntries(said), {
    "/cancelled": "ERROR H2::ResetFrame",
    "/broken": "ERROR H2::Reset",
    "/large": "ERROR H2::WindowStall",
    "/idle": "ERROR H2::IdleTimeout",
  });
  assert.equal(proxy.count("http.errors"), 4);
  assert.equal(proxy.count("h2.streams.reaped.window_stall"), 1);
  assert.equal(proxy.count("h2.streams.reaped.stall_budget"), 1);
  assert.equal(proxy.count("h2.streams.reaped.idle_timeout"), 1);
  assert.equal(proxy.count("h2.rst_stream.received.cancel"), 1);
  assert.equal(proxy.count("h2.rst_stream.received.pre_response_start"), 1);
  assert.equal(proxy.count("h2.rst_stream.sent.cancel"), 2);
  held.resolve();
  await origin.stop();
});

Deno.test("what HTTP/2 counts is told once it has happened, and levels go back to zero", async () => {
  const held = Promise.withResolvers<void>();
  const { origin, proxy: starting } = startClear({
    kind: "fixed",
    body: "ok",
    after: held.promise,
  });
  await using proxy = await starting;
  assert.deepEqual(counted(proxy), []);
  const other = get(proxy.port, HOST);
  {
    await using client = await H2Client.open(proxy.port, "clear", {
      settings: [[INITIAL_WINDOW, 1]],
      credits: false,
    });
    await client.send(settings(), ping("12345678"));
    await client.request(1);
    await client.settle();
    assert.equal(proxy.count("h2.connection.active_streams"), 1);
    assert.equal(proxy.count("h2.connection.window_bytes"), 65_535);
    held.resolve();
    await client.see(/^DATA 1 1$/);
    assert.equal(proxy.count("h2.flow_control_stall"), 1);
    await client.send(reset(1, CANCEL), data(9, 1));
    assert.equal(await client.goaway(), 1);
    await client.gone();
  }
  await waitFor("the connection to end", () => proxy.count("h2.connection.window_bytes") === 0);
  assert.equal(proxy.count("h2.connection.active_streams"), 0);
  assert.deepEqual(counted(proxy).sort(), [
    "h2.flow_control_stall",
    "h2.frames.rx.data",
    "h2.frames.rx.headers",
    "h2.frames.rx.ping",
    "h2.frames.rx.rst_stream",
    "h2.frames.rx.settings",
    "h2.frames.tx.data",
    "h2.frames.tx.goaway",
    "h2.frames.tx.headers",
    "h2.frames.tx.ping_ack",
    "h2.frames.tx.settings",
    "h2.frames.tx.window_update",
    "h2.goaway.sent.protocol_error",
    "h2.rst_stream.received.cancel",
  ]);
  // Our settings, without the two acknowledgements.
  assert.equal(proxy.count("h2.frames.tx.settings"), 1);
  assert.equal(proxy.count("h2.frames.tx.ping_ack"), 2);
  assert.equal((await other).text, "ok");
  assert.equal(proxy.count("http.e2e.http11"), 1);
  await origin.stop();
});

Deno.test("what is wrong with heads, floods and refused streams is counted by its name", async () => {
  const { origin, proxy: starting } = startClear({ kind: "fixed", body: "ok" }, {
    h2_max_ping_per_window: 2,
  });
  await using proxy = await starting;
  await using log = logAccess(proxy);
  await using client = await H2Client.open(proxy.port, "clear");
  const bad = await client.ask(1, getFields("/", [["connection", "close"]]));
  assert.notEqual(bad.reset, null);
  await client.ask(3, getFields("/", [["Upper", "case"]]));
  await client.send(ping("11111111"), ping("22222222"), ping("33333333"));
  assert.equal(await client.goaway(), 0xb);
  const lines = await log.lines(2);
  for (const line of lines) assert.deepEqual([line.message, line.level], ["H2::Reset", "ERROR"]);
  assert.equal(proxy.count("h2.headers.rejected.total"), 2);
  assert.equal(proxy.count("h2.headers.rejected.connection_specific_header"), 1);
  assert.equal(proxy.count("h2.headers.rejected.invalid_name_byte"), 1);
  assert.equal(proxy.count("h2.flood.violation.ping_window"), 1);
  assert.equal(proxy.count("h2.goaway.sent.enhance_your_calm"), 1);
  await origin.stop();
});

Deno.test("a request of HTTP/2 that is refused leaves what came of its method, path and authority", async () => {
  const { origin, proxy: starting } = startClear({ kind: "fixed", body: "ok" });
  await using proxy = await starting;
  await using log = logAccess(proxy);
  const bad: [string, string] = ["connection", "close"];
  const cases: [fields: [string, string][], told: (string | undefined)[]][] = [
    [[...requestFields("PUT", "/a?b", [bad])] as [string, string][], ["PUT", "/a?b", HOST]],
    [[[":method", "GET"], bad], ["GET", undefined, undefined]],
    [[[":method", "GET"], [":path", "/x\r\ny"]], ["GET", undefined, undefined]],
    [[...getFields("/c", [], "no host")] as [string, string][], ["GET", "/c", undefined]],
    [[["x", "y"]], [undefined, undefined, undefined]],
  ];
  for (const [index, [fields]] of cases.entries()) {
    await using client = await H2Client.open(proxy.port, "clear");
    assert.equal((await client.ask(1, getFields("/before"))).text, "ok");
    const reply = await client.ask(3, fields);
    assert.ok(reply.over, String(index));
  }
  const lines = (await log.lines(cases.length * 2)).filter(({ path }) => path !== "/before");
  assert.deepEqual(
    lines.map(({ method, path, authority }) => [method, path, authority]),
    cases.map(([, told]) => told),
  );
  await origin.stop();
});

Deno.test("statsd and Prometheus are told what HTTP/2 has counted, and nothing of the rest", async () => {
  await using origin = startOrigin({ kind: "fixed", body: "ok" });
  using statsd = await StatsdReceiver.start();
  const prometheus = `127.0.0.1:${freePort()}`;
  const settings = `[metrics]
address = "${statsd.address}"
prefix = "sozu"
[prometheus]
address = "${prometheus}"
`;
  await using front = await startFront({ backend: origin.address, settings });
  await using client = await H2Client.open(front.securePort);
  assert.equal((await client.ask(1)).text, "ok");
  const names = () =>
    statsd.lines.map((line) => /\.((?:h2|http\.alpn|http\.e2e)\.[^:]+):/.exec(line)?.[1] ?? "");
  const expected = [
    "http.alpn.h2",
    "http.e2e.h2",
    "h2.frames.rx.headers",
    "h2.frames.tx.settings",
    "h2.connection.active_streams",
  ];
  await waitFor("the counts", () => expected.every((name) => names().includes(name)));
  assert.deepEqual(names().filter((name) => /goaway|flood|rejected|reaped/.test(name)), []);
  const page = await (await fetch(`http://${prometheus}/metrics`)).text();
  assert.match(page, /\nsozu_h2_frames_rx_headers_total 1\n/);
  assert.match(page, /\n# HELP sozu_h2_frames_rx_headers_total HTTP\/2 frames received: headers\n/);
  assert.match(page, /\n# TYPE sozu_h2_connection_window_bytes gauge\n/);
  assert.doesNotMatch(page, /sozu_h2_(goaway|flood|headers_rejected)/);
});
