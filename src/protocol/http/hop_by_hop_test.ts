import assert from "node:assert/strict";
import fc from "fast-check";
import { tokens } from "../../../tests/support/http/h1_messages.ts";
import { feedHead, fieldLines, whole } from "../../../tests/support/http/h1_reading.ts";
import { ReadStatus } from "../h1/field_reader.ts";
import { requestHeadReader } from "../h1/head_reader.ts";
import { dropHopByHop } from "./hop_by_hop.ts";
import { Field, FieldFlag, type MessageHead } from "./message_head.ts";

function request(lines: readonly string[], version = "1.1"): MessageHead {
  const reader = requestHeadReader();
  const text = [`GET / HTTP/${version}`, "Host: a", ...lines, "", ""].join("\r\n");
  assert.equal(feedHead(reader, whole(text)), ReadStatus.DONE, text);
  return reader.head;
}

/** The lines that are passed on, without Host. */
function kept(lines: readonly string[], keepUpgrade = false): string[] {
  const head = request(lines);
  dropHopByHop(head, keepUpgrade);
  return fieldLines(head)
    .filter((_, i) => (head.at(i, Field.KIND) & FieldFlag.DROP) === 0).slice(1);
}

Deno.test("dropHopByHop() drops the fields of one connection", () => {
  for (
    const name of [
      "Connection",
      "Keep-Alive",
      "Proxy-Connection",
      "TE",
      "Upgrade",
      "HTTP2-Settings",
    ]
  ) {
    for (const spelling of [name, name.toLowerCase(), name.toUpperCase()]) {
      assert.deepEqual(kept(["A: 1", `${spelling}: x`, "B: 2"]), ["A: 1", "B: 2"]);
    }
  }
});

Deno.test("dropHopByHop() keeps what describes the message or the client", () => {
  const lines = [
    "Content-Length: 0",
    "Trailer: x",
    "Expect: 100-continue",
    "Authorization: x",
    "Proxy-Authorization: x",
    "Proxy-Authenticate: x",
    "Cookie: a=b",
    "X-Forwarded-For: 1",
    "Via: 1.1 a",
  ];
  assert.deepEqual(kept([...lines, "Connection: close"]), lines);
  assert.deepEqual(kept(["Transfer-Encoding: chunked", "Connection: keep-alive"]), [
    "Transfer-Encoding: chunked",
  ]);
});

Deno.test("dropHopByHop() lets `TE: trailers` through and no other TE", () => {
  assert.deepEqual(kept(["TE: trailers"]), ["TE: trailers"]);
  assert.deepEqual(kept(["te: Trailers", "Connection: TE"]), ["te: Trailers"]);
  for (const value of ["trailers, gzip", "gzip", "", "trailersx", "trailers;q=1"]) {
    assert.deepEqual(kept([`TE: ${value}`]), [], value);
  }
});

Deno.test("dropHopByHop() keeps Upgrade when it is asked to", () => {
  const lines = ["Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Key: x"];
  assert.deepEqual(kept(lines, true), ["Upgrade: websocket", "Sec-WebSocket-Key: x"]);
  assert.deepEqual(kept(lines, false), ["Sec-WebSocket-Key: x"]);
});

Deno.test("dropHopByHop() drops the fields that Connection names", () => {
  assert.deepEqual(kept(["X-A: 1", "x-b: 2", "X-AB: 3", "Connection: x-a,X-B"]), ["X-AB: 3"]);
  assert.deepEqual(kept(["Connection: close, \tX-A\t, x-c", "X-A: 1", "X-C: 2"]), []);
  assert.deepEqual(kept(["Connection: x-a", "X-A: 1", "Connection: x-b", "X-B: 2", "X-A: 3"]), []);
  assert.deepEqual(kept(["Connection: keep-alive", "Close: 1", "keep: 2"]), [
    "Close: 1",
    "keep: 2",
  ]);
});

Deno.test("dropHopByHop() lets Connection remove nothing that the proxy or the backend relies on", () => {
  const lines = [
    "X-Forwarded-For: 1",
    "Forwarded: for=a",
    "X-Forwarded-Proto: https",
    "X-Forwarded-Port: 1",
    "X-Real-IP: 1",
    "X-Request-Id: 1",
    "Cookie: a=b",
    "Authorization: x",
    "Content-Length: 0",
    "Expect: x",
    "Trailer: x",
  ];
  const names = lines.map((line) => line.split(":")[0]).join(", ");
  assert.deepEqual(kept([...lines, `Connection: Host, ${names}`]), lines);
});

Deno.test("dropHopByHop() drops exactly what a set of names would", () => {
  const names = fc.array(tokens, { maxLength: 6 });
  fc.assert(fc.property(names, names, ([...fields], options) => {
    fields.push(...options.slice(0, 2));
    const plain = (name: string) => !["te", "host"].includes(name.toLowerCase());
    const lines = fields.filter(plain).map((name, i) => `${name}: ${i}`);
    const dropped = new Set(options.map((name) => name.toLowerCase()));
    const expected = lines.filter((line) =>
      !dropped.has(line.slice(0, line.indexOf(":")).toLowerCase())
    );
    assert.deepEqual(kept([...lines, `Connection: ${options.join(", ")}`]), expected);
  }));
});

Deno.test("dropHopByHop() takes a time that does not grow with the square of the head", () => {
  const looks = (fields: number) => {
    const options = Array.from({ length: 32 }, (_, i) => String.fromCharCode(0x61 + i % 26)).join();
    const lines = Array.from({ length: fields }, () => "z:");
    const head = request([`Connection: ${options}`, ...lines]);
    let count = 0;
    const { at } = head;
    head.at = (index, slot) => {
      count++;
      return at.call(head, index, slot);
    };
    dropHopByHop(head, false);
    return count;
  };
  assert.ok(looks(4000) < 10 * looks(500));
});
