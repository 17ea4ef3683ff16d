import assert from "node:assert/strict";
import protobuf from "protobufjs";
import * as fc from "fast-check";
import { decode, DECODE_DEPTH_LIMIT, DecodeError, encode } from "./protobuf.ts";
import { equalMessages } from "../schema/message_values.ts";
import { ALL_TYPES, arbitraryMessage } from "../../tests/support/config/arbitrary_messages.ts";
import type { MessageType } from "../schema/message_type.ts";
import * as messages from "../schema/messages.ts";

const { AddBackend, Cluster, FilteredMetrics, HttpListenerConfig, IpAddress, Request } = messages;
const { FilteredTimeSerie, Response, ResponseContent, SocketAddress, WorkerRequest } = messages;

function bytes(hex: string): Uint8Array {
  return Uint8Array.fromHex(hex.replaceAll(" ", ""));
}

function decoded<T>(type: MessageType<T>, hex: string): T {
  const value = decode(type, bytes(hex));
  assert.ok(!(value instanceof DecodeError), value instanceof DecodeError ? value.message : "");
  return value;
}

Deno.test("encode() gives the documented bytes", () => {
  assert.deepEqual(
    encode(Request, { request_type: { kind: "status", value: {} } }),
    bytes("62 00"),
  );
  assert.deepEqual(encode(Response, { status: 0, message: "" }), bytes("08 00 12 00"));
  assert.deepEqual(encode(Request, { request_type: null }), bytes(""));
});

Deno.test("encode() writes IPv4 as a little-endian fixed32 of the big-endian number", () => {
  const loopback = { inner: { kind: "v4" as const, value: 0x7f000001 } };
  assert.deepEqual(encode(IpAddress, loopback), bytes("0d 01 00 00 7f"));
});

Deno.test("encode() writes required fields at their defaults, and present optional zeros", () => {
  const backend = { ...AddBackend.empty(), backup: false, sticky_id: "" };
  assert.deepEqual(encode(AddBackend, backend), bytes("0a00 1200 1a04 0a00 1000 2200 3000"));
});

Deno.test("encode() writes repeated scalars unpacked and negative int32 in ten bytes", () => {
  const serie = { last_second: 0, last_minute: [1, 2], last_hour: [] };
  assert.deepEqual(encode(FilteredTimeSerie, serie), bytes("0800 1001 1002"));
  const event = { ...messages.WorkerInfo.empty(), pid: -1 };
  assert.deepEqual(
    encode(messages.WorkerInfo, event),
    bytes("0800 10ffffffffffffffffff01 1800"),
  );
});

Deno.test("encode() writes maps by rising key, whatever their order", () => {
  const cluster = (...keys: string[]) =>
    encode(Cluster, { ...Cluster.empty(), answers: new Map(keys.map((key) => [key, "x"])) });
  assert.deepEqual(cluster("503", "404"), cluster("404", "503"));
});

Deno.test("decode() accepts packed and unpacked repeated scalars", () => {
  const expected = { last_second: 0, last_minute: [1, 300, 2], last_hour: [] };
  assert.deepEqual(decoded(FilteredTimeSerie, "1001 1203ac0202"), expected);
});

Deno.test("decode() gives missing required fields their defaults, messages included", () => {
  const listener = decoded(HttpListenerConfig, "");
  assert.deepEqual(listener.address, { ip: { inner: null }, port: 0 });
  assert.equal(listener.front_timeout, 60);
  assert.equal(listener.request_timeout, 10);
  assert.equal("elide_x_real_ip" in listener, false);
  assert.deepEqual(decoded(WorkerRequest, ""), { id: "", content: { request_type: null } });
  assert.equal(decoded(Response, "").status, messages.ResponseStatus.FAILURE);
});

Deno.test("decode() skips unknown fields of every wire type, groups included", () => {
  const unknown = "f80601 f9060102030405060708 fa060161 fb06 0801 fc06 fd0601020304";
  assert.deepEqual(decoded(SocketAddress, `${unknown} 1050`).port, 80);
});

Deno.test("decode() lets the last member of a oneof win and merges the same message", () => {
  assert.deepEqual(decoded(FilteredMetrics, "0801 1002").inner, { kind: "count", value: 2n });
  assert.deepEqual(decoded(IpAddress, "12020801 12021002").inner, {
    kind: "v6",
    value: { low: 1n, high: 2n },
  });
});

Deno.test("decode() keeps unknown enum values", () => {
  assert.equal(decoded(Response, "08e807").status, 1000);
});

Deno.test("decode() keeps all 64 bits", () => {
  const most = decoded(FilteredMetrics, "08ffffffffffffffffff01").inner;
  assert.deepEqual(most, { kind: "gauge", value: 2n ** 64n - 1n });
  const minus = decoded(FilteredMetrics, "10ffffffffffffffffff01").inner;
  assert.deepEqual(minus, { kind: "count", value: -1n });
});

Deno.test("decode() refuses what is malformed", () => {
  const refused: [MessageType<unknown>, string][] = [
    [AddBackend, "0a05 6162"], // cut short
    [AddBackend, "0a02 c328"], // not UTF-8
    [AddBackend, "0d 00000000"], // wrong wire type
    [AddBackend, "0b 0c"], // a group where a text is wanted
    [AddBackend, "00 00"], // field number 0
    [AddBackend, "0c"], // end of a group that never started
    [AddBackend, "1a02 1080 01"], // a varint that reaches past its message
    [Cluster, "4a03 0a0561"], // a map entry cut short
    [Response, "08ffffffffffffffffffff01"], // a varint of eleven bytes
  ];
  for (const [type, hex] of refused) {
    assert.ok(decode(type, bytes(hex)) instanceof DecodeError, `${type.name} ${hex}`);
  }
});

Deno.test("decode() bounds nesting", () => {
  const nest = (levels: number) => {
    let inner = new Uint8Array(0);
    for (let level = 0; level < levels; level++) {
      const entry = new protobuf.Writer().uint32(0x12).bytes(inner).finish();
      const map = new protobuf.Writer().uint32(0x0a).bytes(entry).finish();
      inner = new Uint8Array(new protobuf.Writer().uint32(0x1a).bytes(map).finish());
    }
    return inner;
  };
  assert.ok(!(decode(ResponseContent, nest(10)) instanceof DecodeError));
  assert.ok(decode(ResponseContent, nest(DECODE_DEPTH_LIMIT)) instanceof DecodeError);
  assert.ok(decode(ResponseContent, nest(2_000)) instanceof DecodeError);
  const groups = new Uint8Array(200_000).fill(0x7b);
  assert.ok(decode(ResponseContent, groups) instanceof DecodeError);
});

Deno.test("decode() keeps unknown fields for who wants to send the message back, at every depth", () => {
  // Field 4000 of a cluster, and field 1999 of its health check, both of a version that is not written yet.
  const check = encode(messages.HealthCheckConfig, messages.HealthCheckConfig.empty());
  const later = Uint8Array.of(0xfa, 0x7c, 1, 7);
  const inner = Uint8Array.of(...check, ...later);
  const outer = Uint8Array.of(0x82, 0xfa, 0x01, 2, 1, 2);
  const bytes = Uint8Array.of(
    ...encode(Cluster, Cluster.empty()),
    15 << 3 | 2,
    inner.length,
    ...inner,
    ...outer,
    ...outer,
  );
  const kept = decode(Cluster, bytes, "kept");
  assert.ok(!(kept instanceof DecodeError));
  const changed = encode(Cluster, { ...kept, http2: true });
  const hex = changed.toHex();
  assert.ok(hex.endsWith((outer.toHex()).repeat(2)), hex);
  assert.ok(hex.includes(later.toHex()), hex);
  const plain = decode(Cluster, bytes);
  assert.ok(!(plain instanceof DecodeError));
  assert.ok(!encode(Cluster, plain).toHex().includes(later.toHex()));
});

Deno.test("decode() reverses encode() for every type", () => {
  for (const type of ALL_TYPES) {
    fc.assert(
      fc.property(arbitraryMessage(type), (message) => {
        const back = decode(type, encode(type, message));
        assert.deepEqual(back, message);
        assert.ok(equalMessages(type, back, message));
      }),
      { numRuns: 20 },
    );
  }
});

Deno.test("decode() never throws on random or damaged bytes", () => {
  const request = arbitraryMessage(WorkerRequest).map((each) => encode(WorkerRequest, each));
  const damaged = fc.tuple(request, fc.nat(), fc.nat(255), fc.nat()).map(
    ([good, at, byte, cut]) => {
      const bad = good.slice(0, 1 + cut % (good.length + 1));
      bad[at % bad.length] = byte;
      return bad;
    },
  );
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array({ maxLength: 200 }), damaged), (input) => {
      for (const type of [WorkerRequest, Request, Response, messages.ServerConfig]) {
        const value = decode<unknown>(type, new Uint8Array(input));
        if (!(value instanceof DecodeError)) encode<unknown>(type, value);
      }
    }),
    { numRuns: 500 },
  );
});

Deno.test("encode() agrees with protobufjs's own codec", async () => {
  const text = await Deno.readTextFile(new URL("../schema/schema.proto", import.meta.url));
  const reference = protobuf.parse(text, { keepCase: true }).root.lookupType(
    "command.HttpListenerConfig",
  );
  fc.assert(
    fc.property(
      arbitraryMessage(HttpListenerConfig, 2),
      ({ forwarded_headers: _, ...listener }) => {
        // The other codec drops numbers of enums that it has no name for.
        const ours = encode(HttpListenerConfig, listener);
        const theirs = reference.encode(reference.decode(ours)).finish();
        assert.deepEqual(decode(HttpListenerConfig, theirs), listener);
      },
    ),
    { numRuns: 200 },
  );
});
