import assert from "node:assert/strict";
import fc from "fast-check";
import {
  alpn,
  clientHello,
  extension,
  GROUPS,
  helloMessage,
  type HelloParts,
  nameEntry,
  record,
  records,
  serverName,
  vector,
} from "../../../tests/support/tls/client_hello.ts";
import { concat } from "../../../tests/support/http/raw_client.ts";
import { type HelloStep, MAX_RECORDS, parseClientHello } from "./client_hello.ts";

const MAX_SIZE = 16_393;
const LATER = new TextEncoder().encode("early data, or whatever follows");

function parse(bytes: Uint8Array): HelloStep {
  return parseClientHello(bytes, MAX_SIZE);
}

function helloOf(bytes: Uint8Array) {
  const step = parse(bytes);
  assert.ok(step.kind === "done", JSON.stringify(step));
  return step.hello;
}

function reasonOf(bytes: Uint8Array): string {
  const step = parse(bytes);
  assert.ok(step.kind === "error", JSON.stringify(step));
  return step.reason;
}

const hello = (parts: HelloParts) => records(helloMessage(parts));

Deno.test("parseClientHello() reads server name and protocols and leaves what follows alone", () => {
  const expected = {
    serverName: "www.example.test",
    alpn: ["h2", "http/1.1"],
    encrypted: false,
  };
  assert.deepEqual(helloOf(hello({})), expected);
  assert.deepEqual(helloOf(concat([hello({}), LATER])), expected);
});

Deno.test("parseClientHello() lower-cases the name and drops a dot at its end", () => {
  const named = (name: string) => helloOf(hello({ extensions: [serverName(name)] })).serverName;
  assert.equal(named("WWW.Example.TEST."), "www.example.test");
  assert.equal(named("a_b-c.test"), "a_b-c.test");
  assert.equal(named("x"), "x");
});

Deno.test("parseClientHello() reads messages without names, protocols or extensions", () => {
  const nothing = { serverName: null, alpn: [], encrypted: false };
  assert.deepEqual(helloOf(hello({ extensions: null })), nothing);
  assert.deepEqual(helloOf(hello({ extensions: [] })), nothing);
  assert.deepEqual(helloOf(hello({ extensions: [GROUPS] })), nothing);
  assert.deepEqual(helloOf(hello({ sessionId: new Uint8Array(0), extensions: [] })), nothing);
  // RFC 6066 section 3: a type of name nobody knows is stepped over.
  const strange = extension(0, vector(2, concat([nameEntry("abc", 7), nameEntry("a.test")])));
  assert.equal(helloOf(hello({ extensions: [strange] })).serverName, "a.test");
});

Deno.test("parseClientHello() notices that a name may be encrypted", () => {
  const hidden = extension(0xfe0d, new Uint8Array(8));
  const { encrypted, serverName: name } = helloOf(hello({ extensions: [hidden, serverName("a")] }));
  assert.deepEqual([encrypted, name], [true, "a"]);
});

Deno.test("parseClientHello() steps over what is there to be stepped over (GREASE, RFC 8701)", () => {
  const grease = [0x0a0a, 0x1a1a].map((type) => extension(type, Uint8Array.of(0)));
  const parts = { extensions: [grease[0], serverName("a.test"), grease[1]] as Uint8Array[] };
  assert.equal(helloOf(hello(parts)).serverName, "a.test");
});

Deno.test("parseClientHello() reads a message in records of any size", () => {
  const message = helloMessage();
  for (const size of [4, 5, 6, 7, 50, 128, message.length - 1, message.length]) {
    assert.equal(helloOf(records(message, size)).serverName, "www.example.test", `${size}`);
  }
  const short = helloMessage({
    sessionId: new Uint8Array(0),
    ciphers: Uint8Array.of(19, 1),
    extensions: null,
  });
  assert.ok(short.length < MAX_RECORDS);
  assert.equal(helloOf(records(short, 1)).serverName, null);
});

Deno.test("parseClientHello() needs more at every cut, and never more than is missing", () => {
  const message = helloMessage();
  for (const bytes of [records(message), records(message, 40), records(message, 4)]) {
    for (let end = 0; end < bytes.length; end++) {
      const step = parse(bytes.subarray(0, end));
      assert.ok(step.kind === "need_more", `cut at ${end}: ${JSON.stringify(step)}`);
      assert.ok(step.atLeast >= 1 && step.atLeast <= bytes.length - end, `cut at ${end}`);
    }
  }
});

Deno.test("parseClientHello() refuses what is no handshake at the first byte", () => {
  assert.match(reasonOf(new TextEncoder().encode("G")), /record has type 71, 22/);
  assert.match(reasonOf(Uint8Array.of(0x80, 0x2e, 1)), /record has type 128/);
  assert.match(reasonOf(Uint8Array.of(22, 2)), /record has version 2, 3/);
  assert.match(reasonOf(Uint8Array.of(22, 3, 1, 0, 0)), /record of the handshake is empty/);
  assert.match(reasonOf(Uint8Array.of(22, 3, 1, 0x40, 1)), /record has 16385 bytes, at most 16384/);
  assert.match(reasonOf(record(Uint8Array.of(2))), /message has type 2, 1/);
});

Deno.test("parseClientHello() refuses records that do not fit together", () => {
  const message = helloMessage();
  const [first, rest] = [message.subarray(0, 30), message.subarray(30)];
  assert.match(reasonOf(concat([record(first), record(rest, 23)])), /record has type 23/);
  assert.match(reasonOf(concat([record(first), record(new Uint8Array(0))])), /is empty/);
  const more = record(concat([message, Uint8Array.of(11, 0, 0, 0)]));
  assert.match(reasonOf(more), /carries more than the message/);
  // Known from the record's length, before its bytes arrive.
  assert.match(reasonOf(more.subarray(0, 9)), /carries more than the message/);
  assert.match(reasonOf(records(message, 2)), /more than 64 records/);
});

Deno.test("parseClientHello() refuses a message above the bound as soon as its size is known", () => {
  const announced = record(Uint8Array.of(1, 0, 0x40, 0x10)).subarray(0, 9);
  assert.match(reasonOf(announced), /It has 16404 bytes, at most 16393/);
  const step = parseClientHello(hello({}), 100);
  assert.ok(step.kind === "error" && /or more, at most 100/.test(step.reason));
  const padded = helloMessage({ extensions: [extension(21, new Uint8Array(16_250))] });
  assert.equal(helloOf(records(padded)).serverName, null);
});

Deno.test("parseClientHello() refuses every malformed part with a reason", () => {
  const text = (value: string) => new TextEncoder().encode(value);
  const rows: [string, HelloParts, RegExp][] = [
    ["version", { version: [2, 0] }, /version begins with 2/],
    ["session id", { sessionId: new Uint8Array(33) }, /session id has 33 bytes/],
    ["no ciphers", { ciphers: new Uint8Array(0) }, /cipher suites have 0 bytes/],
    ["odd ciphers", { ciphers: new Uint8Array(3) }, /cipher suites have 3 bytes/],
    ["compression", { compression: new Uint8Array(0) }, /no compression method/],
    ["tail", { tail: new Uint8Array(2) }, /2 bytes after the extensions/],
    ["half an extensions length", { extensions: null, tail: Uint8Array.of(0) }, /its extensions/],
    [
      "extensions longer than the message",
      { extensions: null, tail: Uint8Array.of(0, 9) },
      /exten/,
    ],
    ["cut extension", { extensions: [Uint8Array.of(0, 10, 0, 9, 1)] }, /its extensions/],
    ["half a type", { extensions: [Uint8Array.of(0)] }, /its extensions/],
    ["repeated", { extensions: [GROUPS, GROUPS] }, /Extension 10 is there twice/],
    ["repeated name", { extensions: [serverName("a"), serverName("a")] }, /Extension 0 is there/],
    ["no name list", { extensions: [extension(0, text(""))] }, /server names does not fill/],
    ["empty name list", { extensions: [extension(0, vector(2, text("")))] }, /does not fill/],
    ["name list too long", { extensions: [extension(0, Uint8Array.of(0, 9, 0))] }, /does not fill/],
    [
      "name list too short",
      { extensions: [extension(0, Uint8Array.of(0, 0, 1))] },
      /does not fill/,
    ],
    [
      "cut name",
      { extensions: [extension(0, vector(2, Uint8Array.of(0, 0, 4, 97)))] },
      /its server/,
    ],
    ["two names", { extensions: [serverName("a.test", "b.test")] }, /two server names/],
    ["empty name", { extensions: [serverName("")] }, /name has 0 bytes/],
    ["long name", { extensions: [serverName("a.".repeat(127) + "b")] }, /name has 255 bytes/],
    ["NUL", { extensions: [serverName("a\0b.test")] }, /no host name/],
    ["blank", { extensions: [serverName("a b")] }, /no host name/],
    ["star", { extensions: [serverName("*.test")] }, /no host name/],
    ["two dots", { extensions: [serverName("a..test")] }, /no host name/],
    ["dot", { extensions: [serverName(".")] }, /no host name/],
    ["address", { extensions: [serverName("::1")] }, /no host name/],
    ["high byte", { extensions: [serverName(Uint8Array.of(0xe9))] }, /no host name/],
    ["no protocols", { extensions: [extension(16, vector(2, text("")))] }, /protocols does not/],
    ["cut protocol", { extensions: [extension(16, Uint8Array.of(0, 2, 9, 97))] }, /its protocols/],
    ["unnamed protocol", { extensions: [alpn("h2", "")] }, /protocol has no name/],
    [
      "protocols and more",
      { extensions: [extension(16, Uint8Array.of(0, 2, 1, 97, 0))] },
      /does not/,
    ],
  ];
  for (const [name, parts, reason] of rows) assert.match(reasonOf(hello(parts)), reason, name);
});

Deno.test("parseClientHello() refuses a message that ends anywhere before its end", () => {
  const body = helloMessage({ extensions: null }).subarray(4);
  for (let end = 0; end < body.length; end++) {
    const step = parse(record(concat([Uint8Array.of(1), vector(3, body.subarray(0, end))])));
    assert.equal(step.kind, "error", `${end}`);
  }
});

Deno.test("parseClientHello() never throws and says the same however the bytes are split", () => {
  const good = [clientHello("a.test"), records(helloMessage(), 60), hello({ extensions: [] })];
  const damaged = fc.tuple(
    fc.constantFrom(...good),
    fc.array(fc.tuple(fc.nat({ max: 250 }), fc.nat({ max: 255 })), { maxLength: 4 }),
    fc.uint8Array({ maxLength: 40 }),
  ).map(([bytes, changes, tail]) => {
    const input = concat([bytes, tail]);
    for (const [at, value] of changes) if (at < input.length) input[at] = value;
    return input;
  });
  const input = fc.oneof(damaged, fc.uint8Array({ maxLength: 300 }));
  fc.assert(
    fc.property(input, fc.integer({ min: 1, max: 80 }), (bytes, size) => {
      const whole = parse(bytes);
      let step: HelloStep = { kind: "need_more", atLeast: 1 };
      for (let end = size; step.kind === "need_more"; end += size) {
        step = parse(bytes.subarray(0, end));
        if (end >= bytes.length) break;
      }
      assert.equal(step.kind, whole.kind);
      if (step.kind === "done" && whole.kind === "done") assert.deepEqual(step.hello, whole.hello);
    }),
    { numRuns: 3000 },
  );
});
