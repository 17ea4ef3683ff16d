// The law between the protocol versions: whatever the builders of HTTP/2 heads accept, the readers of HTTP/1
// read back identically. So no request of HTTP/2 can be two of HTTP/1.

import assert from "node:assert/strict";
import fc from "fast-check";
import { asciiText } from "../../src/bytes/ascii.ts";
import { ReadStatus } from "../../src/protocol/h1/field_reader.ts";
import {
  type HeadReader,
  requestHeadReader,
  responseHeadReader,
} from "../../src/protocol/h1/head_reader.ts";
import { Problem } from "../../src/protocol/h1/problem.ts";
import { TrailerReader } from "../../src/protocol/h1/trailer_reader.ts";
import { RequestHeadBuilder } from "../../src/protocol/h2/heads/request_head_builder.ts";
import { ResponseHeadBuilder } from "../../src/protocol/h2/heads/response_head_builder.ts";
import { TrailerBuilder } from "../../src/protocol/h2/heads/trailer_builder.ts";
import { HpackDecoder } from "../../src/protocol/h2/hpack/hpack_decoder.ts";
import { framingLine } from "../../src/protocol/http/framed_body.ts";
import {
  BodyFraming,
  Field,
  FieldFlag,
  Framed,
  MessageHead,
} from "../../src/protocol/http/message_head.ts";
import {
  decodeInto,
  type Fields,
  latin1,
  literals,
  SECTION_LIMITS,
  textOf,
} from "../support/h2/blocks.ts";

const RUNS = 6_000;

const OFFSETS = [
  "start",
  "end",
  "fieldsStart",
  "methodStart",
  "methodEnd",
  "targetStart",
  "targetEnd",
  "authorityStart",
  "authorityEnd",
  "hostStart",
  "hostEnd",
  "pathStart",
  "pathEnd",
  "sendsPath",
  "status",
  "version",
  "connectionClose",
  "connectionKeepAlive",
  "connectionUpgrade",
  "connectionNames",
  "connectionOptions",
  "hostField",
  "count",
  "seen",
] as const;

const RESPONSE_OFFSETS = ["reasonStart", "reasonEnd"] as const;

/** Texts that are near the borders of the rules. */
const byteText = fc.array(
  fc.oneof(
    fc.constantFrom(...Array.from(" \t\r\n\0:;=,/#?*%@[]aZ.-_\x7f\x80\xff5")),
    fc.constantFrom("a", "b", "0", "1", "GET", "http", "chunked", "example.com", " HTTP/1.1\r\n"),
  ),
  { maxLength: 6 },
).map((parts) => parts.join(""));

const name = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom("accept", "x-a", "cookie", "priority", "te", "trailer") },
  {
    weight: 4,
    arbitrary: fc.constantFrom(
      "host",
      "content-length",
      "expect",
      "forwarded",
      "content-type",
      "range",
      "x-forwarded-host",
      "authorization",
    ),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom("connection", "upgrade", "transfer-encoding", "Host", "X", ":path"),
  },
  { weight: 1, arbitrary: byteText },
);

const value = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom("v", "", "5", "0", "trailers", "a=1; b=2", "u=1") },
  { weight: 2, arbitrary: fc.constantFrom(" v", "v\t", "example.com", "EXAMPLE.com:80") },
  { weight: 1, arbitrary: byteText },
);

const fields = fc.array(fc.tuple(name, value), { maxLength: 8 });

const pseudo = fc.tuple(
  fc.oneof(
    {
      weight: 6,
      arbitrary: fc.constantFrom("GET", "POST", "OPTIONS", "HEAD", "CONNECT", "options"),
    },
    { weight: 1, arbitrary: byteText },
  ),
  fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom("/", "/a?b", "*", "//x", "/a b", "/%00", "http://a/") },
    { weight: 1, arbitrary: byteText },
  ),
  fc.oneof(
    {
      weight: 6,
      arbitrary: fc.constantFrom("example.com", "example.com:80", "[::1]:443", "a@b", "a:0", "x."),
    },
    { weight: 1, arbitrary: byteText },
  ),
  fc.constantFrom("http", "https", "https", "ftp"),
  fc.constantFrom<string | null>(null, null, null, "websocket", "h2c", "a b"),
  fc.array(fc.nat(100), { minLength: 5, maxLength: 5 }),
).map(([method, path, authority, scheme, protocol, order]): Fields => {
  const all: [string, string][] = [
    [":method", method],
    [":path", path],
    [":authority", authority],
    [":scheme", scheme],
  ];
  if (protocol !== null) all.push([":protocol", protocol]);
  return all.map((field, i) => ({ field, rank: order[i] as number }))
    .sort((a, b) => a.rank - b.rank).map(({ field }) => field);
});

/** What HTTP/1 reads of the built head and the line that its mark stands for. */
function readBack(head: MessageHead, reader: HeadReader): MessageHead {
  const line = framingLine(head);
  const bytes = new Uint8Array(head.end + line.length);
  bytes.set(head.bytes.subarray(0, head.end - 2));
  bytes.set(line, head.end - 2);
  bytes.set([0x0d, 0x0a], bytes.length - 2);
  reader.begin(bytes, head.start);
  assert.equal(reader.read(bytes.length), ReadStatus.DONE, `${reader.problem}: ${textOf(head)}`);
  return reader.head;
}

function assertSame(built: MessageHead, read: MessageHead, slots: readonly (keyof MessageHead)[]) {
  const added = framingLine(built).length;
  if (added > 0) {
    assert.ok(read.count === built.count + 1);
    assert.ok(!built.has(3) && !built.has(4), "a mark goes without a field");
    read.seen &= ~(1 << (read.at(read.count - 1, Field.KIND) & 0xff)) | built.seen;
    read.count--;
    read.end -= added;
  }
  for (const slot of slots) assert.equal(built[slot], read[slot], `${slot}: ${textOf(built)}`);
  const length = built.count * Field.STRIDE;
  assert.deepEqual(built.fields.slice(0, length), read.fields.slice(0, length), textOf(built));
  assert.equal(built.framing, read.framing, textOf(built));
  assert.equal(built.contentLength, read.contentLength);
}

Deno.test("a request head of HTTP/2 is read back identically by the HTTP/1 reader", () => {
  const builder = new RequestHeadBuilder();
  builder.connectProtocol = true;
  let accepted = 0;
  fc.assert(
    fc.property(
      pseudo,
      fields,
      fc.boolean(),
      fc.nat(40),
      fc.boolean(),
      (start, rest, ends, at, small) => {
        const head = new MessageHead(new Uint8Array(0));
        builder.begin(head, new Uint8Array(small ? at + 60 : 20_000), at, SECTION_LIMITS);
        assert.ok(decodeInto(builder, literals([...start, ...rest], small)));
        if (!builder.finish(ends)) {
          assert.notEqual(builder.problem, 0);
          return;
        }
        accepted++;
        const read = readBack(head, requestHeadReader());
        assertSame(head, read, OFFSETS);
        assert.equal(head.version, 11);
      },
    ),
    { numRuns: RUNS },
  );
  assert.ok(accepted > RUNS / 50, `only ${accepted} were accepted`);
});

Deno.test("a request head out of the table is the one that was spelled out", () => {
  const builder = new RequestHeadBuilder();
  let accepted = 0;
  fc.assert(
    fc.property(pseudo, fields, fc.nat(9), (start, rest, at) => {
      const all = [...start, ...rest];
      const decoder = new HpackDecoder(4096);
      const read = (block: Uint8Array, room: number) => {
        const head = new MessageHead(new Uint8Array(0));
        builder.begin(head, new Uint8Array(room), at, SECTION_LIMITS);
        assert.ok(decoder.decode(block, 0, block.length, builder));
        return builder.finish(true) ? textOf(head) : builder.problem;
      };
      const spelled = read(literals(all, true), 20_000);
      const indexes = Uint8Array.from(all, (_, i) => 0x80 | (61 + all.length - i));
      for (const room of [20_000, 40]) assert.equal(read(indexes, room), spelled);
      if (typeof spelled === "string") accepted++;
    }),
    { numRuns: RUNS },
  );
  assert.ok(accepted > RUNS / 50, `only ${accepted} were accepted`);
});

Deno.test("a response head of HTTP/2 is read back identically by the HTTP/1 reader", () => {
  const builder = new ResponseHeadBuilder();
  const status = fc.oneof(
    { weight: 8, arbitrary: fc.constantFrom("200", "204", "304", "404", "103", "100", "999") },
    { weight: 1, arbitrary: fc.constantFrom("101", "20", "+200", "00200", "099", "abc") },
  );
  let accepted = 0;
  fc.assert(
    fc.property(status, fields, fc.boolean(), fc.boolean(), (code, rest, ends, toHead) => {
      const head = new MessageHead(new Uint8Array(0));
      builder.toHead = toHead;
      builder.begin(head, new Uint8Array(20_000), 0, SECTION_LIMITS);
      assert.ok(decodeInto(builder, literals([[":status", code], ...rest])));
      if (!builder.finish(ends)) return;
      accepted++;
      const reader = responseHeadReader();
      reader.head.toHead = toHead;
      assertSame(head, readBack(head, reader), [...OFFSETS, ...RESPONSE_OFFSETS]);
    }),
    { numRuns: RUNS },
  );
  assert.ok(accepted > RUNS / 50, `only ${accepted} were accepted`);
});

Deno.test("trailers of HTTP/2 pass the reader of HTTP/1 trailers", () => {
  const builder = new TrailerBuilder();
  let accepted = 0;
  fc.assert(
    fc.property(fields, fc.boolean(), (rest, ofRequest) => {
      const head = new MessageHead(new Uint8Array(0));
      builder.beginTrailers(head, new Uint8Array(9_000), 7, SECTION_LIMITS, ofRequest);
      assert.ok(decodeInto(builder, literals(rest)));
      if (!builder.finish()) return;
      accepted++;
      const reader = new TrailerReader();
      reader.begin();
      const text = textOf(head);
      assert.equal(reader.read(latin1(text), 0, text.length), text.length, text);
      assert.equal(reader.problem, Problem.NONE, text);
      assert.ok(reader.done);
    }),
    { numRuns: RUNS },
  );
  assert.ok(accepted > RUNS / 50, `only ${accepted} were accepted`);
});

Deno.test("the marks stand for the lines of HTTP/1", () => {
  const builder = new RequestHeadBuilder();
  const head = new MessageHead(new Uint8Array(0));
  const start: Fields = [[":method", "POST"], [":path", "/"], [":authority", "a"], [
    ":scheme",
    "http",
  ]];
  const marks = [[false, Framed.BODY, BodyFraming.CHUNKED], [
    true,
    Framed.EMPTY,
    BodyFraming.LENGTH,
  ]];
  for (const [ends, framed, framing] of marks) {
    builder.begin(head, new Uint8Array(20_000), 0, SECTION_LIMITS);
    decodeInto(builder, literals(start));
    assert.ok(builder.finish(ends === true));
    assert.deepEqual([head.framed, head.framing], [framed, framing]);
    const read = readBack(head, requestHeadReader());
    assert.equal(read.framing, framing);
    assert.equal((read.at(1, Field.KIND) & FieldFlag.DROP) !== 0, false);
    assert.equal(asciiText(read.bytes, 0, 4), "POST");
  }
});
