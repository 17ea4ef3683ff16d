import assert from "node:assert/strict";
import { exchangeOf } from "../../../tests/support/session/exchanges.ts";
import { FakeDownstream, FakeUpstream } from "../../../tests/support/session/relay_ends.ts";
import { waitFor } from "../../../tests/support/wait.ts";
import { MessageHead } from "../../protocol/http/message_head.ts";
import { Outcome } from "./account.ts";
import { BodyEnd } from "./body.ts";
import { ExchangePhase, Interruption } from "./exchange.ts";
import { matchRoute } from "./phases/match.ts";
import { pickBackend } from "./phases/connect.ts";
import { relay, Relayed } from "./relay.ts";
import { HeadEnd } from "./upstream.ts";

const GET = "GET / HTTP/1.1\r\nHost: a.test";
const POST = "POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 6";
const OK = "HTTP/1.1 200 OK\r\nContent-Length: 6";

/** An exchange whose ends the test plays; `upload` says that more comes of its request. */
function setUp(head: string, upload = false, trailers: MessageHead | null = null) {
  const exchange = exchangeOf(head);
  assert.equal(matchRoute(exchange), 0);
  const { cluster } = exchange;
  assert.ok(cluster !== null);
  const backend = pickBackend(exchange, cluster);
  assert.ok(backend !== null);
  const down = new FakeDownstream();
  const up = new FakeUpstream(exchange, backend);
  if (!upload) down.body.ended = BodyEnd.COMPLETE;
  down.body.trailers = trailers;
  return { exchange, backend, down, up, running: relay(exchange, down, up) };
}

Deno.test("relay() moves a whole response, and gives credit for each piece that was taken", async () => {
  const { exchange, backend, down, up, running } = setUp(GET);
  assert.equal(backend.activeRequests, 1);
  up.answer(OK);
  up.body.feed("one", "two", BodyEnd.COMPLETE);
  assert.equal(await running, Relayed.COMPLETE);
  assert.ok(up.sent && up.sentEnds);
  assert.deepEqual(down.heads, [200]);
  assert.ok(down.sink.complete && !down.sink.aborted);
  assert.equal(down.sink.text, "onetwo");
  assert.deepEqual([up.body.handedOut, up.body.credit], [6, 6]);
  assert.deepEqual([exchange.account.outcome, exchange.account.status], [Outcome.COMPLETE, 200]);
});

Deno.test("relay() reads no more of a response than its client takes", async () => {
  const { down, up, running } = setUp(GET);
  down.sink.shut();
  up.answer(OK);
  up.body.feed("one", "two", BodyEnd.COMPLETE);
  await waitFor("the first piece", () => up.body.handedOut === 3);
  await new Promise((resolve) => setTimeout(resolve, 0));
  assert.deepEqual([up.body.handedOut, up.body.credit], [3, 0]);
  down.sink.open();
  assert.equal(await running, Relayed.COMPLETE);
});

Deno.test("relay() reads no more of a request than its backend takes", async () => {
  const { down, up, running } = setUp(POST, true);
  up.sink.shut();
  down.body.feed("one", "two", BodyEnd.COMPLETE);
  await waitFor("the first piece", () => down.body.handedOut === 3);
  await new Promise((resolve) => setTimeout(resolve, 0));
  assert.deepEqual([down.body.handedOut, down.body.credit], [3, 0]);
  up.sink.open();
  up.answer("HTTP/1.1 204 No Content");
  up.body.feed(BodyEnd.COMPLETE);
  assert.equal(await running, Relayed.COMPLETE);
  assert.equal(await down.upload, true);
  assert.equal(up.sink.text, "onetwo");
});

Deno.test("relay() passes interim heads on before the final one, and trailers behind the body", async () => {
  const { down, up, running } = setUp(GET);
  const trailers = new MessageHead(new Uint8Array(0));
  up.answer("HTTP/1.1 100 Continue", "HTTP/1.1 103 Early Hints", OK);
  up.body.trailers = trailers;
  up.body.feed("abcdef", BodyEnd.COMPLETE);
  assert.equal(await running, Relayed.COMPLETE);
  assert.deepEqual(down.heads, [100, 103, 200]);
  assert.equal(down.sink.trailers, trailers);
});

Deno.test("relay() passes the trailers of a request on", async () => {
  const { down, up, running } = setUp(POST, true);
  const trailers = new MessageHead(new Uint8Array(0));
  down.body.trailers = trailers;
  down.body.feed("abcdef", BodyEnd.COMPLETE);
  await waitFor("the upload", () => down.upload !== null);
  assert.equal(await down.upload, true);
  assert.equal(up.sink.trailers, trailers);
  up.answer(OK);
  up.body.feed(BodyEnd.COMPLETE);
  assert.equal(await running, Relayed.COMPLETE);
});

Deno.test("relay() tells a head without a body from one whose body follows", async () => {
  const { down, up, running } = setUp(GET);
  up.body.ended = BodyEnd.COMPLETE;
  up.answer("HTTP/1.1 204 No Content");
  assert.equal(await running, Relayed.COMPLETE);
  // Nothing is left to be said where the head has ended the response.
  assert.ok(down.headEnds && !down.sink.complete);
});

Deno.test("relay() ends a response whose empty body is over before anybody looks at it", async () => {
  const { down, up, running } = setUp(GET);
  up.body.ended = BodyEnd.COMPLETE;
  up.answer("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked");
  assert.equal(await running, Relayed.COMPLETE);
  assert.ok(!down.headEnds && down.sink.complete);
});

Deno.test("relay() ends a request whose empty body, or whose trailers, came before it was sent", async () => {
  const trailers = new MessageHead(new Uint8Array(0));
  const chunked = POST.replace("Content-Length: 6", "Transfer-Encoding: chunked");
  for (const [text, kept] of [[chunked, null], [POST, trailers]] as const) {
    const { down, up, running } = setUp(text, false, kept);
    up.answer("HTTP/1.1 204 No Content");
    up.body.ended = BodyEnd.COMPLETE;
    assert.equal(await running, Relayed.COMPLETE);
    assert.ok(!up.sentEnds);
    assert.equal(await down.upload, true);
    assert.ok(up.sink.complete);
    assert.equal(up.sink.trailers, kept);
  }
});

Deno.test("relay() ends with an early answer while the upload goes on", async () => {
  const { down, up, running } = setUp(POST, true);
  down.body.feed("one");
  up.answer("HTTP/1.1 413 Content Too Large\r\nContent-Length: 4");
  up.body.feed("much", BodyEnd.COMPLETE);
  assert.equal(await running, Relayed.COMPLETE);
  assert.equal(down.body.ended, BodyEnd.OPEN);
  down.body.feed("two", BodyEnd.COMPLETE);
  assert.equal(await down.upload, true);
  assert.equal(up.sink.text, "onetwo");
});

Deno.test("relay() hears a client to the end when its backend takes no more of the body", async () => {
  const { down, up, running } = setUp(POST, true);
  up.sink.refuses = true;
  down.body.feed("one", "two", BodyEnd.COMPLETE);
  await waitFor("the upload", () => down.upload !== null);
  assert.equal(await down.upload, false);
  assert.ok(down.refused);
  assert.deepEqual([down.body.credit, up.sink.text], [6, ""]);
  up.answer(OK);
  up.body.feed("answer", BodyEnd.COMPLETE);
  assert.equal(await running, Relayed.COMPLETE);
  assert.equal(down.sink.text, "answer");
});

Deno.test("relay() lets the backend notice an upload that is cut, malformed or reset", async () => {
  for (const end of [BodyEnd.CUT, BodyEnd.MALFORMED, new Error("reset")] as const) {
    const { down, up, running } = setUp(POST, true);
    down.body.feed("one", end);
    await waitFor("the upload", () => down.upload !== null);
    assert.equal(await down.upload, false);
    assert.ok(up.sink.aborted && !up.sink.complete);
    up.answer(HeadEnd.LOST);
    assert.equal(await running, Relayed.LOST);
  }
});

Deno.test("relay() tells how it ended without a head, and the exchange can still be answered", async () => {
  const cases = [
    [[HeadEnd.LOST], Relayed.LOST],
    [[HeadEnd.CUT], Relayed.CUT],
    [[HeadEnd.MALFORMED], Relayed.MALFORMED],
    [["HTTP/1.1 100 Continue", HeadEnd.LOST], Relayed.CUT],
  ] as const;
  for (const [heads, expected] of cases) {
    const { exchange, up, running } = setUp(GET);
    up.answer(...heads);
    assert.equal(await running, expected);
    assert.equal(exchange.phase, ExchangePhase.AWAITING);
  }
});

Deno.test("relay() says that a head does not fit, or that the request cannot be written", async () => {
  const { exchange, down, up, running } = setUp(GET);
  down.tooSmall = true;
  up.answer(OK);
  assert.equal(await running, Relayed.MALFORMED);
  assert.equal(exchange.phase, ExchangePhase.AWAITING);

  const other = setUp(GET);
  other.up.answer(HeadEnd.LOST);
  await other.running;
  const { exchange: refused, up: full, down: client } = other;
  refused.enter(ExchangePhase.DONE);
  refused.begin(refused.client);
  full.refusal = 413;
  full.sent = false;
  assert.equal(await relay(refused, client, full), 413);
  assert.ok(!full.sent);
  assert.equal(refused.serving, null);
});

Deno.test("relay() lets the client notice a response that is cut, malformed or refused by it", async () => {
  for (const end of [BodyEnd.CUT, BodyEnd.MALFORMED] as const) {
    const { exchange, down, up, running } = setUp(GET);
    up.answer(OK);
    up.body.feed("one", end);
    assert.equal(await running, Relayed.BROKEN);
    assert.ok(down.sink.aborted && !down.sink.complete);
    assert.equal(exchange.account.outcome, Outcome.BACKEND_BROKEN);
  }
});

Deno.test("relay() does not blame the backend for a response that was interrupted", async () => {
  const { exchange, down, up, running } = setUp(GET);
  up.answer(OK);
  up.body.feed("one");
  await waitFor("the piece", () => down.sink.text === "one");
  exchange.interruption = Interruption.TIMEOUT;
  up.body.feed(BodyEnd.CUT);
  assert.equal(await running, Relayed.BROKEN);
  assert.equal(exchange.account.outcome, Outcome.CUT);
});

Deno.test("relay() ends when its client takes no more, or resets", async () => {
  const { down, up, running } = setUp(GET);
  down.sink.refuses = true;
  up.answer(OK);
  up.body.feed("one");
  assert.equal(await running, Relayed.BROKEN);

  const reset = setUp(GET);
  reset.down.sink.breaks = new Error("reset");
  reset.up.answer(OK);
  reset.up.body.feed("one");
  await assert.rejects(reset.running, /reset/);
});

Deno.test("relay() leaves a change of protocol to its caller", async () => {
  const cases = [
    [`${GET}\r\nConnection: upgrade\r\nUpgrade: x`, "HTTP/1.1 101 Switching\r\nUpgrade: x"],
  ] as const;
  for (const [request, response] of cases) {
    const { exchange, down, up, running } = setUp(request);
    up.answer("HTTP/1.1 103 Early Hints", response);
    assert.equal(await running, Relayed.SWITCHES);
    assert.deepEqual(down.heads, [103]);
    assert.equal(exchange.phase, ExchangePhase.AWAITING);
  }
});

Deno.test("relay() puts the deadline off whenever the response moves", async () => {
  const { down, up, running } = setUp(GET);
  up.answer(OK);
  up.body.feed("one");
  await waitFor("the piece", () => up.body.waited && down.sink.text === "one");
  const before = down.armed;
  up.body.feed("two");
  await waitFor("the next piece", () => down.sink.text === "onetwo");
  assert.ok(down.armed > before);
  up.body.feed(BodyEnd.COMPLETE);
  await running;
});
