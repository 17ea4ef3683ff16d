import assert from "node:assert/strict";
import { openClient, openServer } from "../../../../tests/support/h2/endpoint.ts";
import { headers, ping, post, settings } from "../../../../tests/support/h2/frames.ts";
import { requestHead } from "../../../../tests/support/h2/heads.ts";
import { FrameType } from "../frames/frame.ts";

const LARGE = new Uint8Array(70_000);
const NO_LINES = new Uint8Array(0);

Deno.test("what acknowledges is told apart from what was sent unasked", () => {
  const server = openServer();
  server.feed(settings(), ping(), ping());
  server.connection.ping();
  server.written();
  const { counters } = server;
  assert.equal(counters.framesSent[FrameType.SETTINGS], 3);
  assert.equal(counters.settingsAcknowledged, 2);
  assert.equal(counters.framesSent[FrameType.PING], 3);
  assert.equal(counters.pingsAnswered, 2);
});

Deno.test("a window that is shut is counted once a stall, and apart for servers", () => {
  const server = openServer({}, [4, 0]);
  server.feed(post(1));
  server.respond(1, 200, LARGE);
  server.written();
  server.written();
  assert.deepEqual([server.counters.flowControlStalls, server.counters.uploadsStalled], [1, 0]);

  const client = openClient({}, [4, 0]);
  const head = requestHead("POST", "/x", "a.test", []);
  const stream = client.connection.open(null, head, "http", NO_LINES, 0, 0, false);
  assert.ok(stream !== null);
  client.connection.sendData(stream, LARGE, 0, LARGE.length, true);
  client.written();
  assert.deepEqual([client.counters.flowControlStalls, client.counters.uploadsStalled], [1, 1]);
});

Deno.test("connections that end are counted when a client had streams on them", () => {
  const idle = openServer();
  idle.connection.lost();
  assert.equal(idle.counters.endedWithStreams, 0);
  const busy = openServer();
  busy.feed(headers(1), post(3));
  busy.connection.lost();
  assert.equal(busy.counters.endedWithStreams, 1);
  const broken = openServer();
  broken.feed(headers(1), headers(2));
  assert.equal(broken.counters.endedWithStreams, 1);
});
