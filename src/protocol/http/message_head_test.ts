import assert from "node:assert/strict";
import { asciiBytes, asciiText } from "../../bytes/ascii.ts";
import { HeaderKind } from "./header_kind.ts";
import { BodyFraming, Field, FieldFlag, MessageHead } from "./message_head.ts";

function headOf(...kinds: number[]): MessageHead {
  const head = new MessageHead(new Uint8Array(0));
  head.reset(new Uint8Array(1000), 10);
  kinds.forEach((kind, i) => head.push(i, i + 1, i + 2, i + 3, i + 4, kind));
  return head;
}

Deno.test("MessageHead keeps every field that is pushed, however many", () => {
  const kinds = Array.from({ length: 1000 }, (_, i) => i % 20);
  const head = headOf(...kinds);
  assert.equal(head.count, 1000);
  for (const [i, kind] of kinds.entries()) {
    const stored = Array.from({ length: Field.STRIDE }, (_, slot) => head.at(i, slot));
    assert.deepEqual(stored, [i, i + 1, i + 2, i + 3, i + 4, kind]);
  }
});

Deno.test("MessageHead does not keep the room of an unusually large head", () => {
  const head = headOf(...Array.from({ length: 4000 }, () => 0));
  head.reset(head.bytes, 0);
  assert.ok(head.fields.length <= 256 * Field.STRIDE, `${head.fields.length}`);
  const usual = headOf(...Array.from({ length: 100 }, () => 0));
  const { fields } = usual;
  usual.reset(usual.bytes, 0);
  assert.equal(usual.fields, fields);
});

Deno.test("MessageHead.has() and isKind() see through flags", () => {
  const head = headOf(HeaderKind.HOST | FieldFlag.REWRITE, HeaderKind.OTHER);
  head.flag(1, FieldFlag.DROP);
  assert.ok(head.has(HeaderKind.HOST) && !head.has(HeaderKind.COOKIE));
  assert.ok(head.isKind(0, HeaderKind.HOST) && !head.isKind(1, HeaderKind.HOST));
  assert.ok(head.isKind(1, HeaderKind.OTHER));
  assert.equal(head.at(1, Field.KIND), FieldFlag.DROP);
});

Deno.test("MessageHead.lastOf() finds the last field of a kind, or -1", () => {
  const head = headOf(HeaderKind.COOKIE, HeaderKind.OTHER, HeaderKind.COOKIE, HeaderKind.OTHER);
  assert.equal(head.lastOf(HeaderKind.COOKIE), 2);
  assert.equal(head.lastOf(HeaderKind.HOST), -1);
});

Deno.test("MessageHead.addSuffix() marks the field for rewriting", () => {
  const head = headOf(HeaderKind.OTHER, HeaderKind.FORWARDED);
  const suffix = asciiBytes(", x");
  head.addSuffix(1, suffix);
  assert.equal(
    head.at(1, Field.KIND),
    HeaderKind.FORWARDED | FieldFlag.REWRITE | FieldFlag.SUFFIX,
  );
  assert.deepEqual([head.suffixFields, head.suffixes], [[1], [suffix]]);
});

Deno.test("MessageHead.replaceValue() marks the field for rewriting without its value", () => {
  const head = headOf(HeaderKind.COOKIE);
  const value = asciiBytes("a=b");
  head.replaceValue(0, value);
  assert.equal(
    head.at(0, Field.KIND),
    HeaderKind.COOKIE | FieldFlag.REWRITE | FieldFlag.REPLACE,
  );
  assert.deepEqual([head.suffixFields, head.suffixes], [[0], [value]]);
});

Deno.test("MessageHead.reset() forgets the previous message", () => {
  const head = headOf(HeaderKind.HOST);
  head.addSuffix(0, asciiBytes("x"));
  Object.assign(head, {
    status: 404,
    version: 10,
    framing: BodyFraming.CHUNKED,
    contentLength: 7,
    connectionClose: true,
    connectionKeepAlive: true,
    connectionUpgrade: true,
    connectionNames: true,
    connectionOptions: 4,
    hostField: 0,
    authorityEnd: 9,
    authorityOverride: asciiBytes("a"),
    targetOverride: asciiBytes("/"),
  });
  const bytes = new Uint8Array(5);
  head.reset(bytes, 3);
  const fresh = new MessageHead(bytes);
  fresh.reset(bytes, 3);
  assert.deepEqual({ ...head, fields: [] }, { ...fresh, fields: [] });
  assert.deepEqual([head.start, head.end, head.fieldsStart], [3, 3, 3]);
});

Deno.test("MessageHead.relocate() moves every offset", () => {
  const head = headOf(HeaderKind.HOST, HeaderKind.OTHER);
  const names = [
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
    "reasonStart",
    "reasonEnd",
  ] as const;
  names.forEach((name, i) => head[name] = 100 + i);
  const target = new Uint8Array(3);
  head.relocate(target, -10);
  assert.equal(head.bytes, target);
  names.forEach((name, i) => assert.equal(head[name], 90 + i, name));
  for (const i of [0, 1]) {
    const stored = Array.from({ length: Field.STRIDE }, (_, slot) => head.at(i, slot));
    assert.deepEqual(stored, [i - 10, i - 9, i - 8, i - 7, i - 6, i === 0 ? HeaderKind.HOST : 0]);
  }
  // An offset that is added to the class must be added here and to relocate().
  const offsets = Object.keys(head).filter((name) => /(?:[sS]tart|[eE]nd)$/.test(name));
  assert.deepEqual(offsets.sort(), [...names].sort());
});

Deno.test("MessageHead.insertBeforePath() completes a path, and the copy follows the head around", () => {
  const text = "GET http://b.test:8?q HTTP/1.1\r\nHost: b.test\r\n\r\n";
  const bytes = asciiBytes(`..${text}`);
  const untouched = bytes.slice();
  const head = new MessageHead(bytes);
  head.reset(bytes, 2);
  head.end = bytes.length;
  head.authorityStart = head.hostStart = 2 + "GET http://".length;
  head.hostEnd = head.authorityStart + "b.test".length;
  head.authorityEnd = head.pathStart = head.hostEnd + ":8".length;
  head.pathEnd = head.pathStart + "?q".length;
  head.insertBeforePath(0x2f);
  const part = (start: number, end: number) => asciiText(head.bytes, start, end);
  const parts = () => [
    part(head.authorityStart, head.authorityEnd),
    part(head.hostStart, head.hostEnd),
    part(head.pathStart, head.pathEnd),
    part(head.pathEnd, head.end),
  ];
  const expected = ["b.test:8", "b.test", "/?q", " HTTP/1.1\r\nHost: b.test\r\n\r\n"];
  assert.deepEqual(parts(), expected);
  for (const shift of [-2, 5, 0, -5]) {
    head.relocate(new Uint8Array(200).fill(0xee), shift);
    assert.deepEqual(parts(), expected);
  }
  assert.deepEqual(bytes, untouched);
  head.reset(bytes, 2);
  const elsewhere = new Uint8Array(100);
  head.relocate(elsewhere, 1);
  assert.equal(head.bytes, elsewhere, "a head that is not a copy lies where it is said to lie");
});
