import assert from "node:assert/strict";
import {
  decodeInto,
  type Fields,
  fieldsOf,
  GET,
  literals,
  SECTION_LIMITS,
  textOf,
} from "../../../../tests/support/h2/blocks.ts";
import { HeaderKind } from "../../http/header_kind.ts";
import { BodyFraming, MessageHead } from "../../http/message_head.ts";
import { HpackDecoder } from "../hpack/hpack_decoder.ts";
import { problemName } from "./head_problem.ts";
import { Pseudo, RequestHeadBuilder } from "./request_head_builder.ts";

const NO_BYTES = new Uint8Array(0);

function build(
  fields: Fields,
  { ends = true, room = 16_393, limits = SECTION_LIMITS, connectProtocol = false } = {},
): { head: MessageHead; builder: RequestHeadBuilder; problem: string } {
  const builder = new RequestHeadBuilder();
  builder.connectProtocol = connectProtocol;
  const head = new MessageHead(NO_BYTES);
  builder.begin(head, new Uint8Array(room), 0, limits);
  assert.ok(decodeInto(builder, literals(fields, true)));
  assert.equal(builder.finish(ends), builder.problem === 0);
  return { head, builder, problem: problemName(builder.problem) };
}

function without(name: string): Fields {
  return GET.filter(([known]) => known !== name);
}

function replaced(name: string, value: string): Fields {
  return GET.map(([known, old]) => [known, known === name ? value : old]);
}

Deno.test("RequestHeadBuilder writes request line and Host first, whatever the order", () => {
  const { head } = build([...GET].reverse().concat([["accept", "*/*"], ["x-b", ""]]));
  assert.equal(
    textOf(head),
    "GET / HTTP/1.1\r\nHost: example.com\r\naccept: */*\r\nx-b: \r\n\r\n",
  );
  assert.equal(head.framing, BodyFraming.LENGTH);
  assert.equal(head.contentLength, 0);
});

Deno.test("RequestHeadBuilder refuses malformed requests with the reason that metrics have", () => {
  const cases: [Fields, string][] = [
    [[[":method", "GET"]], "missing_pseudo"],
    ...GET.map(([name]): [Fields, string] => [without(name), "missing_pseudo"]),
    ...GET.map((field): [Fields, string] => [[...GET, field], "duplicate_pseudo"]),
    ...GET.map(([name]): [Fields, string] => [replaced(name, ""), "empty_pseudo"]),
    [[...without(":path"), ["a", "b"], [":path", "/"]], "missing_pseudo"],
    [[...GET, ["a", "b"], [":path", "/"]], "pseudo_after_regular"],
    [[...GET, [":status", "200"]], "unknown_pseudo"],
    [[...GET, [":protocol", "websocket"]], "unknown_pseudo"],
    [[...GET, [":", "x"]], "unknown_pseudo"],
    [replaced(":method", "G T"), "invalid_method"],
    [replaced(":method", "G\tT"), "oversized_pseudo_value"],
    ...["javascript", "file", "ftp", "wss", "HTTP"].map((scheme): [Fields, string] => [
      replaced(":scheme", scheme),
      "invalid_scheme",
    ]),
    [replaced(":path", "/a#b"), "invalid_path"],
    [replaced(":path", "/a b HTTP/1.1"), "invalid_path"],
    [replaced(":path", "/\xe9"), "invalid_path"],
    [replaced(":path", "/a\r\nX: y"), "oversized_pseudo_value"],
    [replaced(":path", "api/users"), "path_form"],
    [replaced(":path", "*"), "path_form"],
    [replaced(":path", "http://example.com/"), "path_form"],
    [replaced(":method", "CONNECT"), "path_form"],
    [[[":method", "CONNECT"], [":authority", "a:1"]], "missing_pseudo"],
    [replaced(":authority", "a\r\nX: y"), "oversized_pseudo_value"],
    [replaced(":authority", "user@a"), "authority"],
    [replaced(":authority", "a:0"), "authority"],
    [replaced(":authority", "a/b"), "authority"],
    [[...GET, ["X-Bad", "1"]], "invalid_name_byte"],
    [[...GET, ["", "1"]], "invalid_name_byte"],
    [[...GET, ["a b", "1"]], "invalid_name_byte"],
    [[...GET, ["a\r\nb", "1"]], "invalid_name_byte"],
    [[...GET, ["a:b", "1"]], "invalid_name_byte"],
    ...["connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade"].map((
      name,
    ): [Fields, string] => [[...GET, [name, "x"]], "connection_specific_header"]),
    [[...GET, ["te", "gzip"]], "te_not_trailers"],
    [[...GET, ["te", "trailers, gzip"]], "te_not_trailers"],
    [[...GET, ["te", " trailers"]], "te_not_trailers"],
    [[...GET, ["x", "a\r\nb: c"]], "crlf_in_value"],
    [[...GET, ["x", "a\x7f"]], "crlf_in_value"],
    [[...GET, ["cookie", "a\0"]], "nul_in_value"],
    [[...GET, ["host", "evil.com"]], "host_conflict"],
    [[...GET, ["host", "example.com"], ["host", "example.com"]], "host_conflict"],
    [[...GET, ["content-length", "42"]], "body_length"],
  ];
  for (const [fields, problem] of cases) {
    assert.equal(build(fields).problem, problem, JSON.stringify(fields));
  }
});

Deno.test("RequestHeadBuilder takes lengths that are digits and agree", () => {
  const lengths = [
    "+10",
    " 5",
    "\t5",
    "5 ",
    "0x10",
    "10a",
    "",
    "0,",
    "0,0",
    "-1",
    "99999999999999999999",
  ];
  for (const length of lengths) {
    const { problem } = build([...GET, ["content-length", length]], { ends: false });
    assert.equal(problem, "duplicate_cl", length);
  }
  const twice = (a: string, b: string) =>
    build([...GET, ["content-length", a], ["content-length", b]], { ends: false });
  assert.equal(twice("10", "20").problem, "cl_te_conflict");
  const { head } = twice("10", "10");
  assert.equal(head.contentLength, 10);
  assert.equal(fieldsOf(head).length, 2);
});

Deno.test("RequestHeadBuilder lets a Host that agrees vanish", () => {
  const pairs = [
    ["example.com", "EXAMPLE.com"],
    ["example.com:8443", "example.com"],
    ["example.com", "example.com:443"],
    ["[::1]:80", "[::1]"],
  ];
  for (const [authority = "", host = ""] of pairs) {
    const { head, problem } = build([...replaced(":authority", authority), ["host", host]]);
    assert.equal(problem, "none", host);
    assert.deepEqual(fieldsOf(head), [["Host", authority]]);
  }
  for (const host of ["example.com:81", "example.com.", "xexample.com", "[::1]", ""]) {
    const { problem } = build([...replaced(":authority", "example.com:80"), ["host", host]]);
    assert.equal(problem, "host_conflict", host);
  }
});

Deno.test("RequestHeadBuilder takes * for OPTIONS and obs-text where the listener does", () => {
  const fields = replaced(":path", "*").map(([name, value]): [string, string] => [
    name,
    name === ":method" ? "OPTIONS" : value,
  ]);
  const { head } = build([...fields, ["te", "Trailers"], ["x", "\xe9"]]);
  assert.match(textOf(head), /^OPTIONS \* HTTP\/1\.1\r\n/);
  assert.equal(head.count, 3);
});

Deno.test("RequestHeadBuilder joins cookies at the place of the first", () => {
  const crumbs = (...names: string[]): Fields =>
    names.map((name) => name === "x" ? ["x", "1"] : ["cookie", name]);
  const text = (...names: string[]) => {
    const { head, problem } = build([...GET, ...crumbs(...names)]);
    assert.equal(problem, "none");
    return fieldsOf(head).slice(1).map(([name, value]) => `${name}=${value}`).join("|");
  };
  assert.equal(text("a=1", "b=2", "c=3"), "cookie=a=1; b=2; c=3");
  assert.equal(text("a=1", "x", "b=2", "x", "c=3"), "cookie=a=1; b=2; c=3|x=1|x=1");
  assert.equal(
    text("x", "a=1", "b=2", "x", "c=3", "d=4", "x"),
    "x=1|cookie=a=1; b=2; c=3; d=4|x=1|x=1",
  );
  assert.equal(text("", "a=1", " ", "b=2 ", "x"), "cookie=a=1; b=2|x=1");
});

Deno.test("RequestHeadBuilder keeps HPACK in step with crumbs that are added to the table", () => {
  const decoder = new HpackDecoder(4096);
  const builder = new RequestHeadBuilder();
  const head = new MessageHead(NO_BYTES);
  const block = literals([...GET, ["cookie", "a=1"], ["cookie", "b=2"]], true);
  builder.begin(head, new Uint8Array(16_393), 0, SECTION_LIMITS);
  assert.ok(decoder.decode(block, 0, block.length, builder));
  assert.ok(builder.finish(true));
  const again = Uint8Array.of(0x80 | 67, 0x80 | 66, 0x80 | 65, 0x80 | 64, 0x80 | 62, 0x80 | 63);
  builder.begin(head, new Uint8Array(16_393), 0, SECTION_LIMITS);
  assert.ok(decoder.decode(again, 0, again.length, builder));
  assert.ok(builder.finish(true), problemName(builder.problem));
  assert.deepEqual(fieldsOf(head)[1], ["cookie", "b=2; a=1"]);
});

Deno.test("RequestHeadBuilder judges what comes out of tables as what is spelled out", () => {
  const all = literals(GET);
  const indexed: [number, string][] = [
    [57, "connection_specific_header"],
    [28, "duplicate_cl"],
    [38, "host_conflict"],
    [1, "pseudo_after_regular"],
    [32, "none"],
  ];
  for (const [index, problem] of indexed) {
    const builder = new RequestHeadBuilder();
    const head = new MessageHead(NO_BYTES);
    const block = Uint8Array.of(...all, 0x80 | 19, 0x80 | index);
    builder.begin(head, new Uint8Array(16_393), 0, SECTION_LIMITS);
    assert.ok(decodeInto(builder, block));
    builder.finish(true);
    assert.equal(problemName(builder.problem), problem);
  }
  const decoder = new HpackDecoder(4096);
  const builder = new RequestHeadBuilder();
  const head = new MessageHead(NO_BYTES);
  const read = (block: Uint8Array, room: number) => {
    builder.begin(head, new Uint8Array(room), 0, SECTION_LIMITS);
    assert.ok(decoder.decode(block, 0, block.length, builder));
    builder.finish(true);
    return problemName(builder.problem);
  };
  const more: Fields = [["x-a", " padded "], ["cookie", "a=1"], ["cookie", "b=2"], ["x-c", "3"]];
  const first = literals([...GET, ...more], true);
  assert.equal(read(first, 16_393), "none");
  const text = textOf(head);
  const again = Uint8Array.from({ length: 8 }, (_, i) => 0x80 | (69 - i));
  assert.equal(read(again, 16_393), "none");
  assert.equal(textOf(head), text);
  assert.equal(read(again, 50), "none");
  assert.equal(textOf(head), text);
  assert.equal(read(Uint8Array.of(...again, 0x80 | 69), 50), "pseudo_after_regular");
  assert.equal(read(Uint8Array.of(0x80 | 69, ...again), 50), "duplicate_pseudo");
});

Deno.test("RequestHeadBuilder never trusts a bad value because its name was good", () => {
  const decoder = new HpackDecoder(4096);
  const builder = new RequestHeadBuilder();
  const read = (...block: number[]) => {
    builder.begin(new MessageHead(NO_BYTES), new Uint8Array(16_393), 0, SECTION_LIMITS);
    assert.ok(decoder.decode(Uint8Array.from(block), 0, block.length, builder));
    builder.finish(true);
    return problemName(builder.problem);
  };
  const start = [...literals(GET)];
  assert.equal(read(...start, ...literals([["x-a", "1"]], true)), "none");
  assert.equal(read(...start, 0x80 | 62), "none");
  // The name of that entry, with a value that would be two lines.
  for (const first of [0x40 | 62, 0x80 | 62]) {
    const value = first === (0x40 | 62) ? [3, 0x0d, 0x0a, 0x61] : [];
    assert.equal(read(...start, first, ...value), "crlf_in_value");
  }
});

Deno.test("RequestHeadBuilder counts fields, crumbs and bytes against their bounds", () => {
  const many = (count: number): Fields =>
    Array.from({ length: count }, (_, i) => ["x", `${i}`] as const);
  assert.equal(build([...GET, ...many(124)]).problem, "none");
  assert.equal(build([...GET, ...many(125)]).problem, "header_fields");
  const crumbs = (count: number) => Array.from({ length: count }, (_, i) => `a=${i}`).join("; ");
  assert.equal(build([...GET, ["cookie", crumbs(124)]]).problem, "none");
  assert.equal(build([...GET, ["cookie", crumbs(125)]]).problem, "header_fields");
  const limits = { maxHeaderListSize: 4096, maxHeaderFields: 128 };
  assert.equal(build([...GET, ...many(120)], { limits }).problem, "header_list_size");
});

Deno.test("RequestHeadBuilder lets heads outgrow the buffer they were to lie in", () => {
  const long = "x".repeat(9_000);
  const fields: Fields = [...GET, ["a", long], ["b", long], ["c", long], ["d", "end"]];
  const { head } = build(fields);
  assert.deepEqual(fieldsOf(head).slice(1), fields.slice(4).map((field) => [...field]));
  const { head: longPath } = build(replaced(":path", "/" + "p".repeat(40_000)));
  assert.equal(longPath.pathEnd - longPath.pathStart, 40_001);
  assert.equal(build(replaced(":path", "/" + "p".repeat(66_000))).problem, "header_list_size");
});

Deno.test("RequestHeadBuilder keeps HPACK in step in a section that is lost", () => {
  const decoder = new HpackDecoder(4096);
  const builder = new RequestHeadBuilder();
  const head = new MessageHead(NO_BYTES);
  const limits = { maxHeaderListSize: 200, maxHeaderFields: 128 };
  const bad: Fields = [...GET, ["X", "bad"], ["y", "z".repeat(3_000)], ["late", "kept"]];
  for (const first of [bad, [...GET, ["y", "z".repeat(70_000)], ["late", "kept"]] as Fields]) {
    builder.begin(head, new Uint8Array(16_393), 0, limits);
    const block = literals(first, true);
    assert.ok(decoder.decode(block, 0, block.length, builder));
    assert.ok(!builder.finish(true));
    const block2 = Uint8Array.of(...literals(GET), 0x80 | 62);
    builder.begin(head, new Uint8Array(16_393), 0, SECTION_LIMITS);
    assert.ok(decoder.decode(block2, 0, block2.length, builder));
    assert.ok(builder.finish(true));
    assert.deepEqual(fieldsOf(head)[1], ["late", "kept"]);
  }
});

Deno.test("RequestHeadBuilder makes an upgrade of an extended CONNECT", () => {
  const fields: Fields = [
    [":method", "CONNECT"],
    [":protocol", "websocket"],
    ...without(":method"),
    ["sec-websocket-version", "13"],
  ];
  const { head, problem } = build(fields, { ends: false, connectProtocol: true });
  assert.equal(problem, "none");
  assert.match(
    textOf(head),
    /^GET \/ HTTP\/1\.1\r\nHost: example\.com\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nsec/,
  );
  assert.ok(head.connectionUpgrade && head.has(HeaderKind.UPGRADE));
  assert.equal(head.framing, BodyFraming.NONE);
  const other = fields.map((
    [name, value],
  ): [string, string] => [name, name === ":method" ? "GET" : value]);
  assert.equal(build(other, { connectProtocol: true }).problem, "path_form");
});

Deno.test("RequestHeadBuilder tells what a refused request was", () => {
  const { builder } = build([...GET, ["X", "bad"], ["y", "z".repeat(100)]]);
  assert.equal(builder.text(Pseudo.METHOD), "GET");
  assert.equal(builder.text(Pseudo.AUTHORITY), "example.com");
  assert.equal(builder.text(Pseudo.PROTOCOL), "");
});
