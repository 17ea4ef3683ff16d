import assert from "node:assert/strict";
import fc from "fast-check";
import { asciiBytes } from "../../../bytes/ascii.ts";
import { HpackDecoder } from "./hpack_decoder.ts";
import { BLOCK_OVERHEAD, ENCODER_NO_ROOM, HpackEncoder } from "./hpack_encoder.ts";
import { TextSink } from "../../../../tests/support/h2/text_sink.ts";

type Fields = [name: string, value: string][];

function decodeHex(decoder: HpackDecoder, hex: string): Fields | null {
  const bytes = Uint8Array.fromHex(hex.replaceAll(" ", ""));
  const sink = new TextSink();
  return decoder.decode(bytes, 0, bytes.length, sink) ? sink.fields : null;
}

function encode(encoder: HpackEncoder, fields: Fields, status = 200): Uint8Array {
  const out = new Uint8Array(100_000);
  let at = encoder.status(status, out, encoder.begin(out, 0));
  for (const [name, value] of fields) {
    const bytes = asciiBytes(name + value);
    at = encoder.field(bytes, 0, name.length, name.length, bytes.length, out, at, out.length);
    assert.notEqual(at, ENCODER_NO_ROOM);
  }
  return out.slice(0, at);
}

function decode(decoder: HpackDecoder, block: Uint8Array): Fields {
  const sink = new TextSink();
  assert.ok(decoder.decode(block, 0, block.length, sink), block.toHex());
  return sink.fields;
}

Deno.test("HpackDecoder reads the requests of RFC 7541 appendix C.3 and C.4", () => {
  const first: Fields = [
    [":method", "GET"],
    [":scheme", "http"],
    [":path", "/"],
    [":authority", "www.example.com"],
  ];
  const third: Fields = [
    [":method", "GET"],
    [":scheme", "https"],
    [":path", "/index.html"],
    [":authority", "www.example.com"],
    ["custom-key", "custom-value"],
  ];
  const series = [
    [
      "828684410f7777772e6578616d706c652e636f6d",
      "828684be58086e6f2d6361636865",
      "828785bf400a637573746f6d2d6b65790c637573746f6d2d76616c7565",
    ],
    [
      "828684418cf1e3c2e5f23a6ba0ab90f4ff",
      "828684be5886a8eb10649cbf",
      "828785bf408825a849e95ba97d7f8925a849e95bb8e8b4bf",
    ],
  ];
  for (const blocks of series) {
    const decoder = new HpackDecoder(4096);
    const read = blocks.map((hex) => decodeHex(decoder, hex));
    assert.deepEqual(read, [first, [...first, ["cache-control", "no-cache"]], third]);
  }
});

Deno.test("HpackDecoder drops old entries as RFC 7541 appendix C.6 does, with a table of 256 bytes", () => {
  const decoder = new HpackDecoder(256);
  const location: [string, string] = ["location", "https://www.example.com"];
  assert.deepEqual(
    decodeHex(
      decoder,
      "488264025885aec3771a4b6196d07abe941054d444a8200595040b8166e082a62d1bff6e919d29ad171863c78f0b97c8e9ae82ae43d3",
    ),
    [
      [":status", "302"],
      ["cache-control", "private"],
      ["date", "Mon, 21 Oct 2013 20:13:21 GMT"],
      location,
    ],
  );
  assert.deepEqual(decodeHex(decoder, "4883640effc1c0bf"), [
    [":status", "307"],
    ["cache-control", "private"],
    ["date", "Mon, 21 Oct 2013 20:13:21 GMT"],
    location,
  ]);
});

Deno.test("HpackDecoder refuses what would leave the tables of the two sides different", () => {
  const bad: [string, string][] = [
    ["index 0", "80"],
    ["an index behind the tables", "be"],
    ["the name of an index behind the tables", "7f0001 61"],
    ["a size update above what we allow", "3fe21f"],
    ["a third size update", "20 20 20 82"],
    ["a size update behind a field", "82 20"],
    ["a string that is cut", "4005 6162"],
    ["a field without a value", "40 01 61"],
    ["an integer that is cut", "ff"],
    ["an integer without end", "ffffffffffffff7f"],
    ["a length of 2^32", "00 7f8180808010"],
    ["padding of Huffman that is not ones", "40 81 00 01 61"],
  ];
  for (const [what, hex] of bad) {
    assert.equal(decodeHex(new HpackDecoder(4096), hex), null, what);
  }
});

Deno.test("HpackDecoder takes size updates at the beginning of a block", () => {
  const decoder = new HpackDecoder(4096);
  decodeHex(decoder, "4001610162");
  assert.deepEqual(decodeHex(decoder, "be"), [["a", "b"]]);
  assert.deepEqual(decodeHex(decoder, "20 3fe11f 82"), [[":method", "GET"]]);
  assert.equal(decodeHex(decoder, "be"), null);
});

Deno.test("HpackDecoder keeps the tables equal when fields do not fit", () => {
  const fields: Fields = [
    ["small", "1"],
    ["large", "x".repeat(6000)],
    ["repeated", "y".repeat(300)],
    ["repeated", "y".repeat(300)],
  ];
  const encoder = new HpackEncoder();
  const decoder = new HpackDecoder(4096);
  for (const room of [4200, 5000, 7000, 65_536]) {
    const block = encode(encoder, fields);
    const sink = new TextSink(room);
    assert.ok(decoder.decode(block, 0, block.length, sink));
    assert.equal(sink.overflows > 0, room < 7000, `${room}`);
  }
  assert.deepEqual(decode(decoder, encode(encoder, fields)), [[":status", "200"], ...fields]);
});

Deno.test("HpackDecoder ends on arbitrary bytes, inside the room it was given", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(80), (bytes, room) => {
    const sink = new TextSink(room);
    new HpackDecoder(4096).decode(bytes, 0, bytes.length, sink);
    assert.ok(sink.position <= room + 4);
  }));
});

Deno.test("HpackEncoder indexes what comes again, and makes names lower case", () => {
  const encoder = new HpackEncoder();
  const decoder = new HpackDecoder(4096);
  const fields: Fields = [["Server", "test/1.0"], ["X-Own", "value"], ["content-length", "12"]];
  const lower: Fields = fields.map(([name, value]) => [name.toLowerCase(), value]);
  const sizes = [1, 2, 3].map(() => {
    const block = encode(encoder, fields);
    assert.deepEqual(decode(decoder, block), [[":status", "200"], ...lower]);
    return block.length;
  });
  assert.equal(sizes[2], 4);
  assert.ok((sizes[0] as number) > 20);
});

Deno.test("HpackEncoder never indexes secrets, and says so to the next hop", () => {
  const encoder = new HpackEncoder();
  for (const name of ["set-cookie", "authorization", "Cookie", "proxy-authorization"]) {
    const blocks = [1, 2, 3].map(() => encode(encoder, [[name, "secret"]]).toHex());
    assert.equal(new Set(blocks).size, 1);
    assert.equal((Uint8Array.fromHex(blocks[0] as string)[1] as number) & 0xf0, 0x10);
  }
});

Deno.test("HpackEncoder writes every status, those of the static table in one byte", () => {
  const decoder = new HpackDecoder(4096);
  for (const status of [100, 103, 200, 204, 206, 299, 304, 400, 404, 499, 500, 503, 999]) {
    const block = encode(new HpackEncoder(), [], status);
    assert.deepEqual(decode(decoder, block), [[":status", String(status)]]);
    assert.equal(block.length, [200, 204, 206, 304, 400, 404, 500].includes(status) ? 1 : 5);
    assert.ok(block.length <= BLOCK_OVERHEAD);
  }
});

Deno.test("HpackEncoder says what the peer's limit did to its table: the smallest size, then the last", () => {
  const encoder = new HpackEncoder();
  encoder.allowTable(0);
  encoder.allowTable(100);
  assert.equal(encode(encoder, []).toHex(), "203f4588");
  assert.equal(encode(encoder, []).toHex(), "88");
  encoder.allowTable(100_000);
  assert.equal(encode(encoder, []).toHex(), "3fe11f88");
});

Deno.test("HpackEncoder stays readable after a block that was not sent", () => {
  const encoder = new HpackEncoder();
  const decoder = new HpackDecoder(4096);
  const fields: Fields = [["a", "b"], ["c", "d"]];
  for (let i = 0; i < 2; i++) decode(decoder, encode(encoder, fields));
  encode(encoder, [["c", "d"], ["lost", "1"], ["lost", "1"]]);
  encoder.forget();
  for (let i = 0; i < 3; i++) {
    assert.deepEqual(decode(decoder, encode(encoder, fields)).slice(1), fields);
  }
});

Deno.test("HpackEncoder refuses a field without room instead of writing past it", () => {
  const encoder = new HpackEncoder();
  const bytes = asciiBytes("name" + "v".repeat(50));
  const out = new Uint8Array(200);
  assert.equal(encoder.field(bytes, 0, 4, 4, bytes.length, out, 0, 60), ENCODER_NO_ROOM);
  assert.ok(out.every((byte) => byte === 0));
});

Deno.test("what HpackEncoder writes, HpackDecoder reads, however tables change in between", () => {
  const name = fc.constantFrom("server", "X-Name", "content-type", "etag", "set-cookie", "n");
  const value = fc.oneof(fc.constantFrom("a", "b", "text/html"), fc.string({ maxLength: 700 }));
  const step = fc.record({
    table: fc.option(fc.nat(6000), { nil: null, freq: 4 }),
    lost: fc.boolean(),
    fields: fc.array(fc.tuple(name, value), { maxLength: 12 }),
  });
  fc.assert(fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
    const encoder = new HpackEncoder();
    const decoder = new HpackDecoder(4096);
    for (const { table, lost, fields } of steps) {
      if (table !== null) encoder.allowTable(table);
      const ascii: Fields = fields.map(([n, v]) => [n, v.replaceAll(/[^ -~]/g, "?")]);
      const block = encode(encoder, ascii);
      if (lost) {
        encoder.forget();
        continue;
      }
      const expected = ascii.map(([n, v]) => [n.toLowerCase(), v]);
      assert.deepEqual(decode(decoder, block), [[":status", "200"], ...expected]);
    }
  }));
});

Deno.test("HpackDecoder keeps its table in step when nothing is kept, and tells how many fields there were", () => {
  const string = fc.oneof(
    fc.string({ maxLength: 20 }).map((text) => {
      const bytes = asciiBytes(text.replaceAll(/[^ -~]/g, "?"));
      return [bytes.length, ...bytes];
    }),
    fc.constant([0x82, 0x99, 0xff]),
  );
  const field = fc.oneof(
    fc.constantFrom([0x82], [0xbe], [0xc0], [0xff, 0x00]),
    fc.tuple(fc.constantFrom(0x40, 0x00, 0x10), string, string).map(([first, name, value]) => [
      first,
      ...name,
      ...value,
    ]),
    fc.tuple(fc.constantFrom(0x44, 0x04, 0x7e), string).map(([first, value]) => [first, ...value]),
  );
  fc.assert(fc.property(fc.array(field, { maxLength: 200 }), (fields) => {
    const [kept, lost] = [new HpackDecoder(512), new HpackDecoder(512)];
    const block = Uint8Array.from(fields.flat());
    const [all, none] = [new TextSink(), new TextSink()];
    none.lost = true;
    const isSound = kept.decode(block, 0, block.length, all);
    assert.equal(lost.decode(block, 0, block.length, none), isSound);
    assert.deepEqual(none.fields, []);
    if (!isSound) return;
    assert.equal(none.others, fields.length);
    for (let index = 62; index < 80; index++) {
      const reference = Uint8Array.of(0x80 | index);
      const [expected, seen] = [new TextSink(), new TextSink()];
      const isKnown = kept.decode(reference, 0, 1, expected);
      assert.equal(lost.decode(reference, 0, 1, seen), isKnown);
      assert.deepEqual(seen.fields, expected.fields);
    }
  }));
});

Deno.test("HpackDecoder refuses what is not sound where nothing is kept", () => {
  for (const hex of ["80", "82be", "ff", "ff01", "000181ff0161", "00820000", "0000", "82820020"]) {
    const block = Uint8Array.fromHex(hex);
    const sink = new TextSink();
    sink.lost = true;
    assert.ok(!new HpackDecoder(4096).decode(block, 0, block.length, sink), hex);
    assert.equal(decodeHex(new HpackDecoder(4096), hex), null, hex);
  }
});

Deno.test("HpackEncoder indexes many fields that repeat, and more than it had room for at first", () => {
  const encoder = new HpackEncoder();
  const decoder = new HpackDecoder(4096);
  const fields: Fields = Array.from({ length: 60 }, (_, i) => [`name-${i}`, `value-${i}`]);
  const sizes: number[] = [];
  for (let i = 0; i < 6; i++) {
    const block = encode(encoder, fields);
    assert.deepEqual(decode(decoder, block).slice(1), fields);
    sizes.push(block.length);
  }
  assert.ok((sizes.at(-1) as number) < (sizes[0] as number) / 2, sizes.join(" "));
});
