// What an HTTP/2 client may not send: requests that end their stream, frames that end the connection, and that none of
// it reaches a backend or costs another request its place.

import assert from "node:assert/strict";
import { ErrorCode } from "../../src/protocol/h2/frames/error_code.ts";
import { FrameFlag, FrameType } from "../../src/protocol/h2/frames/frame.ts";
import { type Fields, literals } from "../support/h2/blocks.ts";
import {
  data,
  frame,
  goaway,
  headers,
  ping,
  priorityUpdate,
  reset,
  settings,
  uint32,
  windowUpdate,
} from "../support/h2/frames.ts";
import { getFields, requestFields } from "../support/h2/request_fields.ts";
import { Gate } from "../support/gate.ts";
import { startH2Proxy } from "../support/h2/h2_proxy.ts";
import { startOrigin } from "../support/http/origin.ts";
import { connectSecure } from "../support/tls/tls_client.ts";
import { CERTIFICATE, HOST } from "../support/h2/front.ts";

const { PROTOCOL_ERROR, FLOW_CONTROL_ERROR, FRAME_SIZE_ERROR, STREAM_CLOSED } = ErrorCode;
const { COMPRESSION_ERROR, ENHANCE_YOUR_CALM } = ErrorCode;

/** Fields with one of them replaced, or left out when `value` is null. */
function changed(name: string, value: string | null): Fields {
  return getFields().flatMap(([key, old]) =>
    key !== name ? [[key, old] as const] : value === null ? [] : [[key, value] as const]
  );
}

const plus = (...more: Fields): Fields => getFields("/", more);

/** Header sections that are malformed requests. */
const MALFORMED: Readonly<Record<string, Fields>> = {
  "no :method": changed(":method", null),
  "no :scheme": changed(":scheme", null),
  "no :path": changed(":path", null),
  "no :authority": changed(":authority", null),
  "a host instead of :authority": [...changed(":authority", null), ["host", HOST]],
  "only :method": [[":method", "GET"]],
  "two :method": [[":method", "GET"], ...getFields()],
  "a method with a blank": changed(":method", "GET /x"),
  "a method with CR LF": changed(":method", "GET\r\nX: 1"),
  "scheme javascript": changed(":scheme", "javascript"),
  "scheme ftp": changed(":scheme", "ftp"),
  "an empty path": changed(":path", ""),
  "a path without a slash": changed(":path", "evil.com/foo"),
  "a path with a fragment": changed(":path", "/api#fragment"),
  "a path with a blank and a version": changed(":path", "/ HTTP/1.1\r\nX: y"),
  "path * of a GET": changed(":path", "*"),
  "an authority with CR LF": changed(":authority", `${HOST}\r\nX-Injected: 1`),
  "an unknown pseudo-field": [[":protocol", "websocket"], ...getFields()],
  ":status in a request": [[":status", "200"], ...getFields()],
  "a pseudo-field behind a field": [["x", "1"], ...getFields()],
  "an upper-case name": plus(["X-Bad", "1"]),
  "an empty name": plus(["", "1"]),
  "a name with a blank": plus(["x bad", "1"]),
  "a name with a colon": plus(["x:y", "1"]),
  "a name with CR LF": plus(["x\r\ny", "1"]),
  connection: plus(["connection", "close"]),
  "keep-alive": plus(["keep-alive", "timeout=5"]),
  "proxy-connection": plus(["proxy-connection", "close"]),
  "transfer-encoding": plus(["transfer-encoding", "chunked"]),
  upgrade: plus(["upgrade", "websocket"]),
  "te that is not trailers": plus(["te", "gzip"]),
  "a value with CR LF": plus(["x", "1\r\nX-Injected: 1"]),
  "a value with LF": plus(["x", "1\nX-Injected: 1"]),
  "a value with NUL": plus(["x", "1\0"]),
  "a cookie with NUL": plus(["cookie", "a=\0"]),
  "a host that is not the authority": plus(["host", "evil.test"]),
  "two hosts": plus(["host", HOST], ["host", HOST]),
  "a length with a sign": plus(["content-length", "+10"]),
  "a length behind a blank": plus(["content-length", " 5"]),
  "a hexadecimal length": plus(["content-length", "0x10"]),
  "a length with a letter": plus(["content-length", "10a"]),
  "a negative length": plus(["content-length", "-1"]),
  "a list of lengths": plus(["content-length", "0,0"]),
  "an empty length": plus(["content-length", ""]),
  "a length that is too large": plus(["content-length", "99999999999999999999"]),
  "two different lengths": plus(["content-length", "10"], ["content-length", "20"]),
  "a length and no body": plus(["content-length", "42"]),
};

Deno.test("malformed requests are reset, reach no backend, and free their place at once", async () => {
  await using origin = startOrigin({ kind: "fixed", body: "ok" });
  await using proxy = await startH2Proxy([origin.address]);
  await using client = await proxy.open();
  let stream = 1;
  // Several times as many as may be open at once.
  for (let round = 0; round < 5; round++) {
    for (const [name, fields] of Object.entries(MALFORMED)) {
      const reply = await client.ask(stream, fields);
      stream += 2;
      assert.deepEqual([reply.reset, reply.sections], [PROTOCOL_ERROR, []], name);
    }
  }
  assert.ok(stream > 400);
  assert.equal(origin.requests.length, 0);
  assert.equal((await client.ask(stream)).text, "ok");
  assert.ok(!client.seen.some((each) => each.startsWith("GOAWAY")));
});

Deno.test("equal lengths, an equal host and * of OPTIONS are no mistakes", async () => {
  await using origin = startOrigin({ kind: "echo" });
  await using proxy = await startH2Proxy([origin.address]);
  await using client = await proxy.open();
  const length = [["content-length", "4"], ["content-length", "4"]] as const;
  assert.equal((await client.ask(1, requestFields("POST", "/", [...length]), "body")).status, 200);
  assert.equal((await client.ask(3, plus(["host", HOST.toUpperCase()]))).status, 200);
  assert.equal((await client.ask(5, plus(["content-length", "0"]))).status, 200);
  const options = await client.ask(7, requestFields("OPTIONS", "*"));
  assert.notEqual(options.status, 0);
  const hosts = origin.requests[1]?.headers.filter(([name]) => name === "host");
  assert.deepEqual(hosts, [["host", HOST]]);
});

Deno.test("bodies that are not as long as announced are reset and arrive as no whole request", async () => {
  await using origin = startOrigin({ kind: "fixed", body: "ok" });
  await using proxy = await startH2Proxy([origin.address]);
  await using client = await proxy.open();
  const sized = requestFields("POST", "/", [["content-length", "10"]]);
  await client.send(headers(1, sized, false), data(1, 11, true));
  assert.equal((await client.finished(1)).reset, PROTOCOL_ERROR);
  await client.send(headers(3, sized, false), data(3, 9, true));
  assert.equal((await client.finished(3)).reset, PROTOCOL_ERROR);
  await client.send(headers(5, sized, false), data(5, 9), headers(5, [["x", "1"]]));
  assert.equal((await client.finished(5)).reset, PROTOCOL_ERROR);
  await client.send(headers(7, sized, false), data(7, 4), headers(7, [[":method", "GET"]]));
  assert.equal((await client.finished(7)).reset, PROTOCOL_ERROR);
  assert.equal((await client.ask(9)).text, "ok");
  assert.deepEqual(origin.requests.map(({ method }) => method), ["GET"]);
});

/** A HEADERS frame with RFC 7540 priority: depends on `on`. */
function prioritised(stream: number, on: number, block: Uint8Array): Uint8Array {
  const flags = FrameFlag.END_HEADERS | FrameFlag.END_STREAM | FrameFlag.PRIORITY;
  return frame(FrameType.HEADERS, flags, stream, [...uint32(on), 15, ...block]);
}

Deno.test("a request that depends on itself is reset, and the header tables stay in step", async () => {
  await using origin = startOrigin({ kind: "echo" });
  await using proxy = await startH2Proxy([origin.address]);
  await using client = await proxy.open();
  await client.send(prioritised(1, 1, literals(plus(["x-kept", "in the table"]), true)));
  assert.equal((await client.finished(1)).reset, PROTOCOL_ERROR);
  // Index 62 is what was inserted last.
  const flags = FrameFlag.END_HEADERS | FrameFlag.END_STREAM;
  await client.send(frame(FrameType.HEADERS, flags, 3, [...literals(getFields()), 0x80 | 62]));
  assert.match((await client.finished(3)).text, /\r\nx-kept: in the table\r\n/);
});

const HEAD_FLAGS = FrameFlag.END_STREAM;
const CONNECTION_ERRORS: Readonly<Record<string, readonly [number, ...Uint8Array[]]>> = {
  "SETTINGS on a stream": [PROTOCOL_ERROR, frame(FrameType.SETTINGS, 0, 1)],
  "SETTINGS of 7 bytes": [FRAME_SIZE_ERROR, frame(FrameType.SETTINGS, 0, 0, new Uint8Array(7))],
  "SETTINGS ACK with content": [
    FRAME_SIZE_ERROR,
    frame(FrameType.SETTINGS, FrameFlag.ACK, 0, new Uint8Array(6)),
  ],
  "100 settings in one frame": [
    FRAME_SIZE_ERROR,
    settings(...Array.from({ length: 100 }, () => [0x4, 65_535] as const)),
  ],
  "ENABLE_PUSH 2": [PROTOCOL_ERROR, settings([0x2, 2])],
  "a frame size below the least": [PROTOCOL_ERROR, settings([0x5, 16_383])],
  "an initial window of 2^31": [FLOW_CONTROL_ERROR, settings([0x4, 0x80000000])],
  "DATA on stream 0": [PROTOCOL_ERROR, data(0, 1)],
  "DATA on an idle stream": [PROTOCOL_ERROR, data(3, 1)],
  "HEADERS on stream 0": [PROTOCOL_ERROR, headers(0)],
  "HEADERS on an even stream": [PROTOCOL_ERROR, headers(2)],
  "RST_STREAM on stream 0": [PROTOCOL_ERROR, reset(0, 8)],
  "RST_STREAM on an idle stream": [PROTOCOL_ERROR, reset(3, 8)],
  "RST_STREAM of 3 bytes": [FRAME_SIZE_ERROR, frame(FrameType.RST_STREAM, 0, 1, [0, 0, 0])],
  "PING of 7 bytes": [FRAME_SIZE_ERROR, ping("1234567")],
  "GOAWAY on a stream": [PROTOCOL_ERROR, frame(FrameType.GOAWAY, 0, 1, new Uint8Array(8))],
  "GOAWAY of 7 bytes": [FRAME_SIZE_ERROR, frame(FrameType.GOAWAY, 0, 0, new Uint8Array(7))],
  "WINDOW_UPDATE by 0": [PROTOCOL_ERROR, windowUpdate(0, 0)],
  "WINDOW_UPDATE beyond the most": [FLOW_CONTROL_ERROR, windowUpdate(0, 0x7fffffff)],
  "a push promise": [PROTOCOL_ERROR, headers(1, getFields(), false), frame(0x5, 4, 1, uint32(2))],
  "CONTINUATION without HEADERS": [PROTOCOL_ERROR, frame(FrameType.CONTINUATION, 4, 1)],
  "CONTINUATION of another stream": [
    PROTOCOL_ERROR,
    frame(FrameType.HEADERS, HEAD_FLAGS, 1, literals(getFields())),
    frame(FrameType.CONTINUATION, FrameFlag.END_HEADERS, 3),
  ],
  "another frame inside of a header block": [
    PROTOCOL_ERROR,
    frame(FrameType.HEADERS, HEAD_FLAGS, 1, literals(getFields())),
    ping(),
  ],
  "a frame larger than allowed": [FRAME_SIZE_ERROR, frame(0xff, 0, 0, new Uint8Array(16_385))],
  "more padding than payload": [
    PROTOCOL_ERROR,
    headers(1, requestFields("POST", "/"), false),
    frame(FrameType.DATA, FrameFlag.PADDED, 1, [5, 1, 2, 3, 4]),
  ],
  "priority and padding without room": [
    PROTOCOL_ERROR,
    frame(FrameType.HEADERS, 0xff, 0x30001, [3, 0, 0x64, 0x6d, 0x6d, 0x6d]),
  ],
  "PRIORITY_UPDATE for stream 0": [PROTOCOL_ERROR, priorityUpdate(0, "u=1")],
  "PRIORITY_UPDATE on a stream": [PROTOCOL_ERROR, frame(0x10, 0, 1, [0, 0, 0, 1])],
  "PRIORITY_UPDATE of 3 bytes": [FRAME_SIZE_ERROR, frame(0x10, 0, 0, [0, 0, 1])],
  "an index that is not in the table": [
    COMPRESSION_ERROR,
    frame(FrameType.HEADERS, 5, 1, [0x80 | 100]),
  ],
  "a table larger than allowed": [
    COMPRESSION_ERROR,
    frame(FrameType.HEADERS, 5, 1, [0x3f, 0xe1, 0xff, 0x03, ...literals(getFields())]),
  ],
  "a lower stream than before": [STREAM_CLOSED, headers(5), headers(3)],
  "50 CONTINUATION frames": [
    ENHANCE_YOUR_CALM,
    frame(FrameType.HEADERS, HEAD_FLAGS, 1, literals(getFields())),
    ...Array.from(
      { length: 50 },
      () => frame(FrameType.CONTINUATION, 0, 1, literals([["a", "b"]])),
    ),
  ],
};

for (const [name, [code, ...frames]] of Object.entries(CONNECTION_ERRORS)) {
  Deno.test(`${name}: the connection ends with GOAWAY ${code}, others go on`, async () => {
    await using origin = startOrigin({ kind: "fixed", body: "ok" });
    await using proxy = await startH2Proxy([origin.address]);
    await using client = await proxy.open();
    await client.send(...frames);
    const codes = name === "a lower stream than before" ? [STREAM_CLOSED, PROTOCOL_ERROR] : [code];
    assert.ok(codes.includes(await client.goaway() as typeof code), client.seen.join());
    await client.gone();
    await using next = await proxy.open();
    assert.equal((await next.ask(1)).text, "ok");
    const last = client.frames.filter(({ type }) => type === FrameType.GOAWAY);
    assert.equal(last.length, 1);
    for (const each of client.frames) assert.equal(each.stream >>> 31, 0);
  });
}

Deno.test("what HTTP/2 tells to ignore is ignored", async () => {
  await using origin = startOrigin({ kind: "fixed", body: "ok" });
  await using proxy = await startH2Proxy([origin.address]);
  await using client = await proxy.open();
  await client.send(
    frame(0xff, 0xff, 7, [1, 2, 3]),
    frame(0xa, 0, 0, [1]),
    settings([0x77, 1]),
    priorityUpdate(1, "u=0, i"),
    frame(FrameType.PRIORITY, 0, 9, [0, 0, 0, 0, 1]),
    headers(1, getFields()),
  );
  assert.equal((await client.finished(1)).text, "ok");
  await client.send(reset(1, 8), windowUpdate(1, 10), goaway(0, 0));
  assert.equal(await client.goaway(), 0);
});

Deno.test("a wrong preface is closed without a word, and nothing of it is served", async () => {
  await using origin = startOrigin({ kind: "fixed", body: "ok" });
  await using proxy = await startH2Proxy([origin.address]);
  for (
    const bytes of ["PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n", "GET / HTTP/1.1\r\nHost: app.test\r\n\r\n"]
  ) {
    using wire = await connectSecure(proxy.port, HOST, [CERTIFICATE.certificate], ["h2"]);
    await wire.write(bytes + "\0".repeat(40));
    const said = await wire.readToEnd();
    assert.ok(!new TextDecoder().decode(said).includes("HTTP/1"));
  }
  assert.equal(origin.requests.length, 0);
});

Deno.test("more streams than allowed are refused one by one, and again served when there is room", async () => {
  await using origin = startOrigin(() => ({ kind: "fixed", body: "ok", after: gate.passed }));
  using gate = new Gate();
  await using proxy = await startH2Proxy([origin.address], {
    https: { h2_max_concurrent_streams: 20 },
  });
  await using client = await proxy.open();
  const ids = Array.from({ length: 25 }, (_, index) => 2 * index + 1);
  await client.send(...ids.map((id) => headers(id, getFields(`/${id}`))));
  for (const id of ids.slice(20)) {
    assert.equal((await client.finished(id)).reset, ErrorCode.REFUSED_STREAM);
  }
  gate.open();
  for (const id of ids.slice(0, 20)) assert.equal((await client.finished(id)).text, "ok");
  assert.equal((await client.ask(51)).text, "ok");
  assert.ok(!client.seen.some((each) => each.startsWith("GOAWAY")));
});
