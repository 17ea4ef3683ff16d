import assert from "node:assert/strict";
import fc from "fast-check";
import { parseAddress } from "../../../config/values/address.ts";
import { decode, DecodeError } from "../../../config/codec/protobuf.ts";
import { ProtobufAccessLog } from "../../../config/schema/messages.ts";
import { loggedTags } from "./names.ts";
import { ProtobufAccessFormat } from "./protobuf.ts";
import type { AccessRecord } from "./record.ts";
import {
  bytes,
  emptyRecord,
  fill,
  fullRecord,
  REQUEST_ID,
  SESSION_ID,
} from "../../../tests/support/observe/access_records.ts";

function write(record: AccessRecord): Uint8Array {
  const format = new ProtobufAccessFormat({ tag: "WRK-00" });
  const bound = format.bound(record);
  const target = new Uint8Array(bound + 7);
  const end = format.write(record, target, 7);
  assert.ok(end - 7 <= bound, `${end - 7} bytes, announced ${bound}`);
  return target.slice(7, end);
}

/** The message in a framed record. */
function read(framed: Uint8Array): ProtobufAccessLog {
  let length = 0;
  let at = 0;
  for (let shift = 0;; shift += 7) {
    const byte = framed[at++] as number;
    length += (byte & 0x7f) << shift;
    if (byte < 0x80) break;
  }
  assert.deepEqual([...framed.subarray(at + length)], [0, 0]);
  const message = decode(ProtobufAccessLog, framed.subarray(at, at + length));
  assert.ok(!(message instanceof DecodeError), String(message));
  return message;
}

/** What readers of these records expect of a ULID: its upper half in `low`. */
function uint128(id: string): { low: bigint; high: bigint } {
  const letters = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
  const value = [...id].reduce((sum, letter) => sum * 32n + BigInt(letters.indexOf(letter)), 0n);
  return { low: BigInt.asUintN(64, value >> 64n), high: BigInt.asUintN(64, value) };
}

Deno.test("ProtobufAccessFormat writes every field of the schema", () => {
  assert.deepEqual(read(write(fullRecord())), {
    message: "H1::Complete",
    request_id: uint128(REQUEST_ID),
    cluster_id: "shop",
    backend_id: "shop-1",
    session_address: parseAddress("192.0.2.7:51234"),
    backend_address: parseAddress("[2001:db8::1]:8080"),
    protocol: "https",
    endpoint: {
      inner: {
        kind: "http",
        value: { method: "GET", authority: "shop.test:8443", path: "/cart?id=1", status: 200 },
      },
    },
    service_time: 9n,
    bytes_in: 321n,
    bytes_out: 5_000_000_000n,
    user_agent: "Mozilla/5.0 (X11; Linux) [test]",
    tags: new Map([["env", "prod"], ["team", "edge"]]),
    tag: "WRK-00",
    time: { low: 1_700_000_000_123_456_000n, high: 0n },
    request_time: 12_345n,
    response_time: 11_000n,
    otel: {
      trace_id: "4bf92f3577b34da6a3ce929d0e0e4736",
      span_id: "00f067aa0ba902b7",
      parent_span_id: "b7ad6b7169203331",
    },
    session_id: uint128(SESSION_ID),
    x_request_id: "req-1",
    tls_version: "TLSv1.3",
    tls_cipher: "TLS13_AES_128_GCM_SHA256",
    tls_sni: "shop.test",
    tls_alpn: "http/1.1",
    xff_chain: "198.51.100.1, 192.0.2.7",
    start_time: { low: 1_700_000_000_120_000_000n, high: 0n },
  });
});

Deno.test("ProtobufAccessFormat writes what is required of a tunnel nothing is known of", () => {
  const record = emptyRecord();
  record.session = { id: bytes(SESSION_ID), client: null, tls: null };
  const message = read(write(record));
  assert.deepEqual(message.endpoint, { inner: { kind: "tcp", value: {} } });
  assert.deepEqual(message.request_id, uint128(SESSION_ID));
  assert.equal("otel" in message || "start_time" in message || "cluster_id" in message, false);
});

Deno.test("ProtobufAccessFormat says why we answered ourselves", () => {
  const record = fullRecord();
  record.reason = bytes("no_route");
  const { inner } = read(write(record)).endpoint;
  assert.equal(inner?.kind === "http" && inner.value.reason, "no_route");
});

Deno.test("any ULID and any text survive the wire", () => {
  const letter = fc.constantFrom(..."0123456789ABCDEFGHJKMNPQRSTVWXYZ");
  const id = fc.tuple(
    fc.constantFrom(..."01234567"),
    fc.array(letter, { minLength: 25, maxLength: 25 }),
  ).map(([first, rest]) => first + rest.join(""));
  const text = fc.string({ unit: "binary", minLength: 1, maxLength: 300 })
    .filter((value) => value.isWellFormed());
  const times = fc.integer({ min: 1, max: 4_000_000_000_000_000 });
  fc.assert(
    fc.property(id, text, text, times, (ulid, agent, tag, time) => {
      const record = fullRecord();
      record.requestId = bytes(ulid);
      fill(record.userAgent, agent);
      record.tags = loggedTags(new Map([[tag, agent]]));
      record.timeMicros = time;
      const message = read(write(record));
      assert.deepEqual(message.request_id, uint128(ulid));
      assert.equal(message.user_agent, agent);
      assert.deepEqual([...message.tags], [[tag, agent]]);
      assert.equal(message.time.low, BigInt(time) * 1000n);
    }),
    { numRuns: 1_000 },
  );
});

Deno.test("bytes that are no UTF-8 do not make a record unreadable", () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 100 }), (content) => {
      const record = fullRecord();
      for (const slice of [record.path, record.userAgent, record.forwardedFor]) {
        fill(slice, content);
      }
      const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(content);
      const message = read(write(record));
      assert.equal(message.user_agent, text);
      assert.equal(message.xff_chain, text);
    }),
  );
});
