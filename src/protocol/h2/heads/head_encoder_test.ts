import assert from "node:assert/strict";
import { latin1 } from "../../../../tests/support/h2/blocks.ts";
import { TextSink } from "../../../../tests/support/h2/text_sink.ts";
import { headerKind } from "../../http/header_kind.ts";
import { FieldFlag, MessageHead } from "../../http/message_head.ts";
import { HpackDecoder } from "../hpack/hpack_decoder.ts";
import { BLOCK_TOO_LARGE, EncodingRoom, HeadEncoder } from "./head_encoder.ts";

const NO_LINES = new Uint8Array(0);

/** A head as a reader of HTTP/1 leaves it. */
function headOf(method: string, target: string, authority: string, lines: readonly string[]) {
  const text = `${method}${target}${authority}`;
  const bytes = latin1(text + lines.join("\r\n") + "\r\n");
  const head = new MessageHead(bytes);
  head.reset(bytes, 0);
  head.methodStart = 0;
  head.targetStart = head.methodEnd = method.length;
  head.authorityStart = head.targetEnd = head.targetStart + target.length;
  head.authorityEnd = text.length;
  let at = text.length;
  for (const line of lines) {
    const nameEnd = at + line.indexOf(":");
    const end = at + line.length;
    head.push(at, nameEnd, nameEnd + 2, end, end + 2, headerKind(bytes, at, nameEnd));
    at = end + 2;
  }
  return head;
}

function decoded(encoder: HeadEncoder, length: number, decoder = new HpackDecoder(4096)): string[] {
  const sink = new TextSink();
  assert.ok(decoder.decode(encoder.block, 0, length, sink));
  return sink.fields.map(([name, value]) => `${name}=${value}`);
}

Deno.test("HeadEncoder writes a request in the order of pseudo-fields, fields and lines", () => {
  const encoder = new HeadEncoder(new EncodingRoom());
  const head = headOf("POST", "/a?b", "example.com:8080", [
    "Host: example.com:8080",
    "User-Agent: x",
    "Connection: keep-alive, x-hop",
    "Keep-Alive: 5",
    "Proxy-Connection: close",
    "Transfer-Encoding: chunked",
    "Upgrade: h2c",
    "HTTP2-Settings: AAA",
    "Trailer: x",
    "TE: gzip",
    "TE: Trailers",
    "Cookie: a=1; b=2;; c ;",
    "Accept: */*",
    "X-Gone: 1",
  ]);
  head.flag(13, FieldFlag.DROP);
  head.addSuffix(1, latin1("-y"));
  head.replaceValue(12, latin1("text/html"));
  const lines = latin1("..X-Forwarded-For: 1.2.3.4\r\nCONNECTION: close\r\nX-Empty:\r\nX-B:b \r\n");
  assert.deepEqual(decoded(encoder, encoder.request(head, "https", lines, 2, lines.length)), [
    ":method=POST",
    ":authority=example.com:8080",
    ":path=/a?b",
    ":scheme=https",
    "user-agent=x-y",
    "te=Trailers",
    "cookie=a=1",
    "cookie=b=2",
    "cookie=c",
    "accept=text/html",
    "x-forwarded-for=1.2.3.4",
    "x-empty=",
    "x-b=b",
  ]);
});

Deno.test("HeadEncoder sends what routing made of authority and target", () => {
  const encoder = new HeadEncoder(new EncodingRoom());
  const head = headOf("GET", "http://a/x", "a", []);
  head.sendsPath = true;
  head.pathStart = head.targetEnd - 2;
  head.pathEnd = head.targetEnd;
  const fields = () => decoded(encoder, encoder.request(head, "http", NO_LINES, 0, 0));
  assert.deepEqual(fields(), [":method=GET", ":authority=a", ":path=/x", ":scheme=http"]);
  head.targetOverride = latin1("/y");
  head.authorityOverride = latin1("b");
  assert.deepEqual(
    decoded(encoder, encoder.request(head, "http", NO_LINES, 0, 0)).slice(1, 3),
    [":authority=b", ":path=/y"],
  );
});

Deno.test("HeadEncoder writes CONNECT as the RFCs have it", () => {
  const encoder = new HeadEncoder(new EncodingRoom());
  const plain = headOf("CONNECT", "a:1", "a:1", []);
  assert.deepEqual(decoded(encoder, encoder.request(plain, "http", NO_LINES, 0, 0)), [
    ":method=CONNECT",
    ":authority=a:1",
  ]);
  const upgrade = headOf("GET", "/chat", "a", [
    "Upgrade: websocket",
    "Connection: Upgrade",
    "Sec-WebSocket-Key: x",
    "Sec-WebSocket-Version: 13",
  ]);
  const block = encoder.request(upgrade, "https", NO_LINES, 0, 0, true);
  assert.deepEqual(decoded(encoder, block), [
    ":method=CONNECT",
    ":protocol=websocket",
    ":authority=a",
    ":path=/chat",
    ":scheme=https",
    "sec-websocket-version=13",
  ]);
});

Deno.test("HeadEncoder gives up blocks that are too large, and the tables stay in step", () => {
  const encoder = new HeadEncoder(new EncodingRoom());
  const decoder = new HpackDecoder(4096);
  const lines = latin1("X-Same: same\r\n");
  const small = () => encoder.response(200, null, lines, 0, lines.length);
  for (let i = 0; i < 3; i++) decoded(encoder, small(), decoder);
  const large = latin1(
    "X-Same: other\r\nX-Same: other\r\n" + `X-Large: ${"~".repeat(600)}\r\n`.repeat(200),
  );
  assert.equal(encoder.response(200, null, large, 0, large.length), BLOCK_TOO_LARGE);
  for (let i = 0; i < 3; i++) {
    assert.deepEqual(decoded(encoder, small(), decoder), [":status=200", "x-same=same"]);
  }
});

Deno.test("HeadEncoder writes trailers from lines of HTTP/1", () => {
  const encoder = new HeadEncoder(new EncodingRoom());
  const lines = latin1("grpc-status:0\r\nX-Sum: \t5 \r\n");
  assert.deepEqual(decoded(encoder, encoder.trailers(null, lines, 0, lines.length)), [
    "grpc-status=0",
    "x-sum=5",
  ]);
});
