import assert from "node:assert/strict";
import { type Fields, fieldsOf, latin1 } from "../../../../tests/support/h2/blocks.ts";
import {
  Endpoint,
  openClient,
  openServer,
  type Stream,
} from "../../../../tests/support/h2/endpoint.ts";
import {
  data,
  frame,
  framesIn,
  goaway,
  headers,
  ping,
  priorityUpdate,
  reset,
  settings,
  windowUpdate,
} from "../../../../tests/support/h2/frames.ts";
import { testLimits } from "../../../../tests/support/h2/limits.ts";
import { requestHead } from "../../../../tests/support/h2/heads.ts";
import { ErrorCode } from "../frames/error_code.ts";
import { FrameFlag, FrameType } from "../frames/frame.ts";
import { MAX_STREAM_ID } from "../streams/stream_state.ts";
import { DataSender } from "./data_sender.ts";
import { Drain } from "./drain.ts";
import { HeadTools } from "./head_tools.ts";
import { Link, Phase, Role } from "./link.ts";
import { MessageWriter } from "./message_writer.ts";
import { StreamGuards } from "./stream_guards.ts";

const NO_LINES = new Uint8Array(0);

function ask(client: Endpoint, method = "GET", ends = true): Stream | null {
  const head = requestHead(method, "/x", "a.test", []);
  return client.connection.open(null, head, "http", NO_LINES, 0, 0, ends);
}

function asked(client: Endpoint, method = "GET", ends = true): Stream {
  const stream = ask(client, method, ends);
  assert.ok(stream !== null);
  return stream;
}

const response = (id: number, status: string, ends = true, more: Fields = []) =>
  headers(id, [[":status", status], ...more], ends);

Deno.test("a client asks, is answered and asks again", () => {
  const client = openClient();
  const stream = asked(client, "POST", false);
  assert.ok(client.connection.sendData(stream, new Uint8Array(10), 0, 10, true));
  asked(client);
  assert.deepEqual(client.written(), ["HEADERS 1", "HEADERS 3 end", "DATA 1 10 end"]);
  client.feed(response(1, "103", false), response(1, "200", false), data(1, 5));
  client.feed(headers(1, [["grpc-status", "0"]]), response(3, "204"));
  assert.deepEqual(client.told(), [
    "sent 1",
    "interim 1 103",
    "head 1 HTTP/1.1 200 FromH2",
    "data 1 5",
    "trailers 1 1",
    "head 3 HTTP/1.1 204 FromH2 end",
  ]);
  assert.equal(client.connection.streams, 0);
});

Deno.test("a client obeys the server's limit at once", () => {
  const client = openClient({}, [3, 1]);
  asked(client);
  assert.equal(ask(client), null);
  client.feed(response(1, "200"));
  assert.ok(ask(client) !== null);
});

Deno.test("responses without content complete at END_STREAM and hold no DATA", () => {
  for (const status of ["204", "304"]) {
    const client = openClient();
    asked(client);
    client.feed(response(1, status));
    assert.equal(client.connection.streams, 0);
    asked(client);
    client.feed(response(3, status, false, [["content-length", "55"]]));
    client.feed(data(3, 0, true));
    assert.equal(client.told().at(-1), "data 3 0 end");
    asked(client);
    client.feed(response(5, status, false), data(5, 1));
    assert.equal(client.told().at(-1), "ended 5 PROTOCOL 1");
    assert.ok(client.written().includes("RST_STREAM 5 1"));
  }
});

Deno.test("DATA on a response to HEAD is dropped and credited", () => {
  const client = openClient();
  asked(client, "HEAD");
  client.feed(
    response(1, "200", false, [["content-length", "5"]]),
    data(1, 16_000),
    data(1, 1, true),
  );
  assert.deepEqual(client.told(), ["head 1 HTTP/1.1 200 FromH2", "data 1 0 end"]);
  asked(client, "HEAD");
  client.feed(response(3, "200", true, [["content-length", "55"]]));
  assert.equal(client.connection.streams, 0);
});

Deno.test("a response that is none resets its stream", () => {
  const bad: [string, Uint8Array][] = [
    ["101", response(1, "101", false)],
    ["interim and end", response(1, "103")],
    ["DATA before the head", data(1, 1)],
    ["a request", headers(1)],
    ["no status", headers(1, [["x", "1"]])],
    ["a length and an end", response(1, "200", true, [["content-length", "5"]])],
  ];
  for (const [name, bytes] of bad) {
    const client = openClient();
    asked(client);
    client.written();
    client.feed(bytes);
    assert.equal(client.told().at(-1), "ended 1 PROTOCOL 1", name);
    assert.deepEqual(client.written(), ["RST_STREAM 1 1"], name);
  }
});

Deno.test("a server may not push, nor open streams, nor prioritise", () => {
  const bad: [Uint8Array, number][] = [
    [frame(FrameType.PUSH_PROMISE, FrameFlag.END_HEADERS, 1, [0, 0, 0, 2]), 1],
    [response(2, "200"), 1],
    [response(3, "200"), 1],
    [data(2, 1), 1],
    [windowUpdate(3, 1), 1],
    [reset(3, 8), 1],
    [priorityUpdate(1, "u=1"), 1],
  ];
  for (const [bytes, code] of bad) {
    const client = openClient();
    asked(client);
    client.written();
    client.feed(bytes);
    assert.deepEqual(client.written(), [`GOAWAY 0 ${code}`]);
  }
  const client = openClient();
  asked(client);
  client.feed(response(1, "200"), response(1, "200"));
  assert.equal(client.written().at(-1), "GOAWAY 0 5");
});

Deno.test("GOAWAY gives back what was not processed, and leaves alone what is complete", () => {
  const client = openClient();
  for (let i = 0; i < 4; i++) asked(client, "POST", false);
  client.feed(response(7, "413"));
  client.told();
  client.feed(goaway(3, 0));
  assert.deepEqual(client.told(), ["goaway 0", "ended 5 UNPROCESSED 7"]);
  assert.ok(!client.connection.mayOpen);
  client.feed(response(1, "200"), response(3, "200"));
  for (const id of [1, 3, 7]) assert.ok(client.connection.streams > 0, `${id}`);
  client.written();
  client.connection.lost();
});

Deno.test("REFUSED_STREAM is told as it came", () => {
  const client = openClient();
  asked(client);
  client.feed(reset(1, ErrorCode.REFUSED_STREAM));
  assert.deepEqual(client.told(), ["ended 1 PEER_RESET 7"]);
});

Deno.test("a client that has used all ids opens no more, and leaves", () => {
  const owner = new Endpoint({ role: Role.CLIENT });
  const buffers = { size: 20_000, take: () => null, give: () => {} };
  const link = new Link(Role.CLIENT, testLimits(), owner, owner.counters, buffers, 0);
  link.phase = Phase.OPEN;
  link.nextId = MAX_STREAM_ID;
  const [drain, guards] = [new Drain(link), new StreamGuards(link)];
  const writer = new MessageWriter(link, new HeadTools(), new DataSender(link), drain, guards);
  const head = requestHead("GET", "/", "a.test", []);
  const stream = writer.open(null, head, "http", NO_LINES, 0, 0, true, false);
  assert.equal(stream?.id, MAX_STREAM_ID);
  assert.ok(!writer.mayOpen && drain.isClosing);
  link.reset(stream, ErrorCode.CANCEL);
  drain.finish();
  assert.equal(link.phase, Phase.ENDING);
});

Deno.test("a PING of the owner is told of when it is answered", () => {
  const client = openClient();
  client.connection.ping();
  assert.deepEqual(client.written(), ["PING"]);
  client.feed(ping("otherone", FrameFlag.ACK));
  assert.deepEqual(client.told(), []);
  client.feed(ping("sozuping", FrameFlag.ACK));
  assert.deepEqual(client.told(), ["pong"]);
});

Deno.test("an extended CONNECT is a tunnel both ways", () => {
  const server = openServer({ connectProtocol: true });
  const client = openClient({}, [8, 1]);
  assert.ok(client.connection.peer.connectProtocol);
  const lines = ["Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Key: x"];
  const head = requestHead("GET", "/chat", "a.test", lines);
  const stream = client.connection.open(null, head, "http", NO_LINES, 0, 0, false, true);
  assert.ok(stream !== null && stream.keepsIdle);
  const sent = framesIn(client.write() as Uint8Array).find(({ type }) => type === 1);
  server.feed(frame(FrameType.HEADERS, FrameFlag.END_HEADERS, 1, sent?.payload ?? []), data(1, 3));
  assert.deepEqual(server.told(), ["head 1 GET /chat HTTP/1.1", "data 1 3"]);
  const fields = fieldsOf(server.headOf.get(1) as never).map(([name]) => name);
  assert.deepEqual(fields, ["Host", "Connection", "Upgrade"]);
});

Deno.test("heads that are too large are given up, and the connection goes on", () => {
  const client = openClient({}, [1, 100]);
  const long = latin1(`X: ${"~".repeat(600)}\r\n`.repeat(200));
  const head = requestHead("GET", "/", "a.test", []);
  assert.equal(client.connection.open(null, head, "http", long, 0, long.length, true), null);
  const server = openServer();
  server.feed(headers(1), headers(3));
  const stream = server.stream(1);
  assert.ok(!server.connection.sendHead(stream, 200, null, long, 0, long.length, true));
  server.respond(3);
  assert.deepEqual(server.written(), ["RST_STREAM 1 2", "HEADERS 3 end"]);
  assert.equal(server.counters.headsOverBudget, 1);
});

Deno.test("a smaller table of the peer is told of in the next block", () => {
  const client = openClient();
  client.feed(settings([1, 0], [1, 200]));
  asked(client);
  const block = framesIn(client.write() as Uint8Array).find(({ type }) => type === 1)?.payload;
  assert.deepEqual([...block?.slice(0, 4) ?? []], [0x20, 0x3f, 0xa9, 0x01]);
});
