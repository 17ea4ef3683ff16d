import assert from "node:assert/strict";
import { openServer } from "../../../../tests/support/h2/endpoint.ts";
import {
  data,
  headers,
  padded,
  post,
  reset,
  settings,
  windowUpdate,
} from "../../../../tests/support/h2/frames.ts";
import { ErrorCode } from "../frames/error_code.ts";

const LARGE = new Uint8Array(200_000);

Deno.test("DATA goes out as far as both windows allow, in whole frames", () => {
  const server = openServer();
  server.feed(headers(1));
  server.respond(1, 200, LARGE);
  // The head takes its place in the first buffer.
  const rest = ["DATA 1 16374", "DATA 1 9"];
  const frames = ["HEADERS 1", ...Array(3).fill("DATA 1 16384"), ...rest];
  assert.deepEqual(server.written(), frames);
  server.feed(windowUpdate(1, 10_000));
  assert.deepEqual(server.written(), []);
  server.feed(windowUpdate(0, 5_000));
  assert.deepEqual(server.written(), ["DATA 1 5000"]);
  server.feed(windowUpdate(0, 500_000));
  assert.deepEqual(server.written(), ["DATA 1 5000"]);
  server.feed(windowUpdate(1, 500_000));
  assert.equal(server.written().at(-1), "DATA 1 9777 end");
  assert.equal(server.connection.streams, 0);
});

Deno.test("one write holds no more than the buffer, and the next one goes on", () => {
  const server = openServer({ outputBytes: 20_000 }, [4, 1_000_000]);
  server.feed(headers(1), windowUpdate(0, 1_000_000));
  server.respond(1, 200, LARGE);
  let sent = 0;
  for (let bytes = server.write(); bytes !== null; bytes = server.write()) {
    assert.ok(bytes.length <= 20_000);
    sent += bytes.length;
  }
  assert.ok(sent > LARGE.length);
  assert.deepEqual(server.told().at(-1), "sent 1");
});

Deno.test("a stream whose window shrank below nothing waits until it is open again", () => {
  const server = openServer({}, [4, 100]);
  server.feed(headers(1));
  server.respond(1, 200, LARGE);
  server.written();
  server.feed(settings([4, 50]));
  server.feed(windowUpdate(1, 50));
  assert.deepEqual(server.written(), ["SETTINGS ack"]);
  server.feed(windowUpdate(1, 1));
  assert.deepEqual(server.written(), ["DATA 1 1"]);
});

Deno.test("an empty end needs no window", () => {
  const server = openServer({}, [4, 0]);
  server.feed(headers(1), headers(3));
  server.respond(1, 200, new Uint8Array(0));
  assert.deepEqual(server.written(), ["HEADERS 1", "DATA 1 0 end"]);
  server.connection.sendHead(server.stream(3), 200, null, LARGE, 0, 0, false);
  server.connection.sendTrailers(server.stream(3), null, LARGE, 0, 0);
  assert.deepEqual(server.written(), ["HEADERS 3", "DATA 3 0 end"]);
});

Deno.test("the credit of a padded body is that of all its bytes", () => {
  const server = openServer();
  server.feed(post(1), padded(1, 100, 50), padded(1, 100, 50));
  assert.deepEqual(server.written(), ["WINDOW_UPDATE 1 302"]);
  server.feed(data(1, 5, true));
  assert.deepEqual(server.written(), []);
});

Deno.test("credit is given back when the owner has passed the bytes on, and for padding at once", () => {
  const server = openServer();
  server.releases = false;
  server.feed(post(1), padded(1, 100, 50), data(1, 100));
  assert.deepEqual(server.written(), ["WINDOW_UPDATE 1 51"]);
  server.connection.release(server.stream(1), 30);
  server.connection.release(server.stream(1), 20);
  assert.deepEqual(server.written(), ["WINDOW_UPDATE 1 50"]);
  server.connection.release(server.stream(1), 1_000_000);
  assert.deepEqual(server.written(), ["WINDOW_UPDATE 1 150"]);
});

Deno.test("a peer is held to the window of a stream", () => {
  const server = openServer();
  server.releases = false;
  server.feed(post(1), ...Array.from({ length: 3 }, () => data(1, 16_384)), data(1, 16_383));
  assert.deepEqual(server.written(), []);
  server.feed(data(1, 1));
  assert.deepEqual(server.written(), ["RST_STREAM 1 3"]);
});

Deno.test("a peer is held to the window of the connection", () => {
  const server = openServer({ limits: { connectionWindow: 65_535 } });
  server.releases = false;
  server.feed(post(1), post(3), ...[1, 3, 1, 3].map((id) => data(id, 16_000)));
  server.feed(data(1, 1_535));
  assert.deepEqual(server.written(), []);
  server.feed(data(3, 1));
  assert.deepEqual(server.written(), ["GOAWAY 3 3"]);
});

Deno.test("the connection's credit goes back by halves, whatever became of the streams", () => {
  const server = openServer({ limits: { connectionWindow: 100_000 } });
  server.releases = false;
  server.feed(post(1), post(3), post(5), data(1, 16_000), data(3, 16_000), data(5, 16_000, true));
  server.feed(reset(1, 8));
  server.connection.reset(server.stream(3), ErrorCode.CANCEL);
  server.connection.release(server.stream(1), 16_000);
  assert.deepEqual(server.written(), ["RST_STREAM 3 8"]);
  server.feed(data(3, 1_999));
  assert.deepEqual(server.written(), []);
  server.respond(5);
  server.connection.release(server.stream(5), 16_000);
  server.feed(data(3, 1));
  assert.deepEqual(server.written(), ["HEADERS 5 end", "WINDOW_UPDATE 0 50000"]);
});

Deno.test("a finished response waits for the end of the request, whose bytes go on to come", () => {
  const server = openServer();
  server.feed(post(1), data(1, 5));
  server.respond(1, 200, new Uint8Array(3));
  server.told();
  assert.equal(server.connection.streams, 1);
  server.feed(data(1, 5), data(1, 6, true));
  assert.deepEqual(server.told(), ["sent 1", "data 1 5", "data 1 6 end"].slice(1));
  assert.equal(server.connection.streams, 1);
});

Deno.test("what was offered is forgotten with its stream, and windows know nothing of it", () => {
  const server = openServer({}, [4, 100_000]);
  server.feed(headers(1), headers(3));
  server.respond(1, 200, LARGE);
  server.feed(reset(1, 8));
  server.respond(3, 200, new Uint8Array(65_535));
  assert.deepEqual(server.told().slice(2), ["ended 1 PEER_RESET 8"]);
  assert.deepEqual(server.written().slice(2).length, 5);
  assert.ok(!server.respond(1));
});

Deno.test("silent streams and those whose window stays shut are ended", () => {
  const server = openServer({ limits: { streamIdleMs: 1_000 } }, [4, 0]);
  const pass = (ms: number) => {
    server.now += ms;
    if (server.now >= server.connection.deadlineMs) server.connection.expire(server.now);
  };
  server.feed(post(1), headers(3), post(5));
  server.respond(3, 200, LARGE);
  server.written();
  for (let i = 0; i < 15; i++) {
    pass(100);
    // Drips keep neither a stream whose window is shut nor one that sends nothing.
    server.feed(windowUpdate(3, 1), data(5, 1));
    server.written();
  }
  const ended = server.told().filter((note) => note.startsWith("ended"));
  assert.deepEqual(ended, ["ended 1 IDLE_TIMEOUT 8", "ended 3 WINDOW_STALL 8"]);
  assert.equal(server.connection.streams, 1);
});

Deno.test("a window that opens in drips counts as shut", () => {
  const server = openServer({ limits: { streamIdleMs: 1_000 } }, [4, 0]);
  server.feed(post(1));
  server.connection.sendHead(server.stream(1), 200, null, LARGE, 0, 0, false);
  server.connection.sendData(server.stream(1), LARGE, 0, LARGE.length, true);
  server.written();
  for (let i = 0; i < 12; i++) {
    server.now += 100;
    if (server.now >= server.connection.deadlineMs) server.connection.expire(server.now);
    server.feed(windowUpdate(1, 1), data(1, 1));
    server.written();
  }
  assert.equal(
    server.told().filter((note) => note.startsWith("ended"))[0],
    "ended 1 WINDOW_STALL 8",
  );
  assert.deepEqual([server.counters.reapedStalled, server.counters.reapedDripping], [1, 1]);
});

Deno.test("tunnels are left alone by silence", () => {
  const server = openServer({ limits: { streamIdleMs: 1_000 } });
  server.feed(post(1));
  server.stream(1).keepsIdle = true;
  server.now = 60_000;
  server.connection.expire(server.now);
  assert.deepEqual(server.written(), []);
});

Deno.test("credit that is given back in the middle of a write goes out with the next one", () => {
  const server = openServer();
  server.releases = false;
  server.feed(post(1), data(1, 10));
  server.onSent = (stream) => server.connection.release(stream, 10);
  server.connection.sendHead(server.stream(1), 200, null, LARGE, 0, 0, false);
  server.connection.sendData(server.stream(1), LARGE, 0, 5, false);
  assert.deepEqual(server.written(), ["HEADERS 1", "DATA 1 5", "WINDOW_UPDATE 1 10"]);
});

Deno.test("a response that switches protocols is none", () => {
  const server = openServer();
  server.feed(headers(1));
  assert.ok(!server.respond(1, 101));
  assert.deepEqual(server.written(), ["RST_STREAM 1 2"]);
});

Deno.test("an owner may do as it likes from within the calls it gets", () => {
  const server = openServer();
  server.feed(post(1), post(3), post(5));
  const { connection } = server;
  server.onData = (stream) => connection.reset(stream, ErrorCode.CANCEL);
  server.feed(data(1, 5), data(1, 5));
  server.onSent = (stream) => {
    if (stream.id === 3) connection.reset(server.stream(5), ErrorCode.CANCEL);
    else connection.reset(stream, ErrorCode.CANCEL);
  };
  for (const id of [3, 5]) {
    connection.sendHead(server.stream(id), 200, null, LARGE, 0, 0, false);
    connection.sendData(server.stream(id), LARGE, 0, 10, false);
  }
  assert.deepEqual(server.written(), [
    "RST_STREAM 1 8",
    "HEADERS 3",
    "HEADERS 5",
    "DATA 3 10",
    "RST_STREAM 5 8",
  ]);
  assert.ok(!connection.sendData(server.stream(5), LARGE, 0, 10, false));
  connection.release(server.stream(1), 1_000);
  connection.reset(server.stream(1), ErrorCode.CANCEL);
  assert.deepEqual(server.written(), []);
});

Deno.test("streams whose bytes nobody takes leave the rest of the connection's window to the others", () => {
  for (const last of ["held", "passed on"]) {
    const server = openServer({ limits: { connectionWindow: 100_000, maxConcurrentStreams: 9 } });
    server.releases = false;
    server.feed(post(1), post(3), post(5));
    // More than half of the window is held, and what is passed on never makes up the other half.
    if (last === "passed on") {
      server.feed(data(1, 16_384), data(1, 16_384), data(1, 16_384), data(1, 5_848));
    }
    server.feed(data(3, 16_384), data(3, 13_616));
    if (last === "passed on") server.feed(data(5, 15_000));
    server.written();
    server.connection.release(server.stream(3), 30_000);
    if (last === "held") {
      server.feed(data(1, 16_384), data(1, 16_384), data(1, 16_384), data(1, 16_383));
    }
    const updates = server.written().filter((each) => each.startsWith("WINDOW_UPDATE 0"));
    assert.deepEqual(updates, ["WINDOW_UPDATE 0 30000"], last);
  }
});
