import assert from "node:assert/strict";
import { exchangeOf, respond, textWritten } from "../../../../tests/support/session/exchanges.ts";
import { shopListener } from "../../../../tests/support/session/http_sessions.ts";
import { testWorkerContext } from "../../../../tests/support/session/worker_context.ts";
import { asciiBytes } from "../../../bytes/ascii.ts";
import { compileHeaderEdits, type HeaderEdits } from "../../../protocol/http/header_edits.ts";
import { renderHsts } from "../../../protocol/http/hsts.ts";
import type { Exchange } from "../exchange.ts";
import { writeInterim, writeRequest, writeResponse } from "../h1/heads.ts";
import { Tracer } from "../tracer.ts";
import { editRequest } from "./edit.ts";
import { matchRoute } from "./match.ts";
import { beginTrace } from "./trace.ts";

const GET = "GET / HTTP/1.1\r\nHost: a.test";
const OK = "HTTP/1.1 200 OK\r\nContent-Length: 2";

const KEEPS = { persists: true, dechunks: false };
const CLOSES = { persists: false, dechunks: false };

function edits(list: readonly (readonly [string, string])[]): HeaderEdits {
  const compiled = compileHeaderEdits(list.map(([name, value]) => ({ name, value })));
  assert.ok(compiled !== null && typeof compiled !== "string");
  return compiled;
}

/** The lines of the request that is sent on. */
function sent(exchange: Exchange, upgrade: readonly string[] | null = null): string[] {
  return linesOf(textWritten((out) => writeRequest(exchange, upgrade, out)));
}

/** The lines of the response that is sent on. */
function answered(exchange: Exchange, form = KEEPS): string[] {
  return linesOf(textWritten((out) => writeResponse(exchange, form, out)));
}

function linesOf(text: string | null): string[] {
  assert.ok(text !== null && text.endsWith("\r\n\r\n"));
  return text.slice(0, -4).split("\r\n");
}

Deno.test("a request is sent on without what belongs to its connection, with who its client is", () => {
  const exchange = exchangeOf(`${GET}\r\nConnection: keep-alive, x-own\r\nX-Own: 1\r\nA: b`);
  const lines = sent(exchange);
  assert.deepEqual(lines.slice(0, 3), ["GET / HTTP/1.1", "Host: a.test", "A: b"]);
  assert.ok(lines.includes("X-Forwarded-For: 192.0.2.1"));
  assert.ok(lines.some((line) => line.startsWith("Sozu-Id: ")));
  assert.ok(!lines.some((line) => /^(connection|x-own)/i.test(line)));
});

Deno.test("a request that is sent again is edited once", () => {
  const exchange = exchangeOf(`${GET}\r\nX-Forwarded-For: 198.51.100.7`);
  const first = sent(exchange);
  assert.deepEqual(sent(exchange), first);
  assert.ok(first.includes("X-Forwarded-For: 198.51.100.7, 192.0.2.1"));
});

Deno.test("a request on a used record is edited as the first was", () => {
  const exchange = exchangeOf(GET);
  editRequest(exchange, false);
  exchange.enter(6);
  exchange.begin(exchange.client);
  assert.equal(exchange.edited, false);
});

Deno.test("a request keeps the upgrade it asks for, named by our own Connection", () => {
  const asking = `${GET}\r\nConnection: Upgrade\r\nUpgrade: websocket`;
  assert.deepEqual(sent(exchangeOf(asking), ["websocket"]).slice(2, 4), [
    "Upgrade: websocket",
    "Connection: upgrade",
  ]);
  assert.ok(!sent(exchangeOf(asking)).some((line) => /upgrade/i.test(line)));
});

Deno.test("a request is sent on in the trace it has", () => {
  const exchange = exchangeOf(`${GET}\r\ntraceparent: 00-${"a".repeat(32)}-${"b".repeat(16)}-01`);
  const worker = testWorkerContext();
  beginTrace(exchange, new Tracer((into) => void into.fill(7), 1));
  const lines = sent(exchange).filter((line) => /^traceparent/i.test(line));
  assert.equal(lines.length, 1);
  assert.match(lines[0] ?? "", new RegExp(`00-${"a".repeat(32)}-07{0,1}`));
  assert.ok(exchange.account.trace !== null);
  assert.equal(worker.tracer, null);
});

Deno.test("a request that has no room in the buffer is not sent", () => {
  const exchange = exchangeOf(`${GET}\r\nA: ${"x".repeat(500)}`);
  assert.equal(textWritten((out) => writeRequest(exchange, null, out), 600), null);
});

Deno.test("a response says of the connection what is true of it", () => {
  const told = (request: string, form: typeof KEEPS) => {
    const exchange = exchangeOf(request);
    respond(exchange, `${OK}\r\nConnection: close`);
    return answered(exchange, form).filter((line) => line.startsWith("Connection"));
  };
  assert.deepEqual(told(GET, KEEPS), []);
  assert.deepEqual(told(GET, CLOSES), ["Connection: close"]);
  assert.deepEqual(told(GET.replace("1.1", "1.0"), KEEPS), ["Connection: keep-alive"]);
});

Deno.test("a response gets the edits, the HSTS header and the sticky cookie of its route", () => {
  const listener = shopListener();
  const exchange = exchangeOf(GET, { listener });
  assert.equal(matchRoute(exchange), 0);
  const { cluster } = exchange;
  assert.ok(cluster !== null);
  cluster.settings = { ...cluster.settings, sticky: true };
  exchange.serving = cluster.backends.pick(0);
  exchange.hsts = renderHsts({ enabled: true, max_age: 5 });
  exchange.ownExtras().responseEdits = edits([["X-Added", "1"], ["Server", ""], ["Sozu-Id", ""]]);
  respond(exchange, `${OK}\r\nServer: secret`);
  const lines = answered(exchange);
  assert.ok(lines.includes("X-Added: 1"));
  assert.ok(lines.some((line) => /^Strict-Transport-Security: max-age=5/i.test(line)));
  assert.ok(lines.some((line) => line.startsWith("Set-Cookie: sticky=")));
  assert.ok(!lines.some((line) => /^(server|sozu-id)/i.test(line)));
});

Deno.test("a response that is sent as payload to HTTP/1.0 names no chunks", () => {
  const exchange = exchangeOf(GET.replace("1.1", "1.0"));
  respond(exchange, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked");
  const lines = answered(exchange, { persists: false, dechunks: true });
  assert.ok(!lines.some((line) => line.startsWith("Transfer-Encoding")));
});

Deno.test("a 2xx to CONNECT has no framing and no Connection", () => {
  const exchange = exchangeOf("CONNECT a.test:443 HTTP/1.1\r\nHost: a.test:443");
  respond(exchange, OK);
  const lines = answered(exchange, CLOSES);
  assert.ok(!lines.some((line) => /^(content-length|connection)/i.test(line)));
});

Deno.test("an interim response is passed on without what belongs to its connection", () => {
  const exchange = exchangeOf(GET);
  respond(exchange, "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\nConnection: x");
  const text = textWritten((out) => writeInterim(exchange, out));
  assert.equal(text, "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n");
  assert.equal(asciiBytes(text).length, text.length);
});
