import assert from "node:assert/strict";
import fc from "fast-check";
import { JsonAccessFormat } from "./json.ts";
import { loggedName } from "./names.ts";
import type { AccessRecord } from "./record.ts";
import {
  bytes,
  emptyRecord,
  fill,
  fullRecord,
  REQUEST_ID,
  SESSION_ID,
} from "../../../tests/support/observe/access_records.ts";

function line(record: AccessRecord): string {
  const format = new JsonAccessFormat({ tag: "WRK-00", pid: 42 });
  const bound = format.bound(record);
  const target = new Uint8Array(bound + 7);
  const end = format.write(record, target, 7);
  assert.ok(end - 7 <= bound, `${end - 7} bytes, announced ${bound}`);
  return new TextDecoder("utf-8", { fatal: true }).decode(target.subarray(7, end));
}

Deno.test("JsonAccessFormat writes everything that is known", () => {
  const text = line(fullRecord());
  assert.equal(text.indexOf("\n"), text.length - 1);
  assert.deepEqual(JSON.parse(text), {
    time: "2023-11-14T22:13:20.123456Z",
    tag: "WRK-00",
    pid: 42,
    level: "INFO",
    session_id: SESSION_ID,
    request_id: REQUEST_ID,
    cluster_id: "shop",
    backend_id: "shop-1",
    client_address: "192.0.2.7:51234",
    backend_address: "[2001:db8::1]:8080",
    protocol: "https",
    method: "GET",
    authority: "shop.test:8443",
    path: "/cart?id=1",
    status: 200,
    message: "H1::Complete",
    request_time_us: 12_345,
    service_time_us: 9,
    response_time_us: 11_000,
    bytes_in: 321,
    bytes_out: 5_000_000_000,
    tags: { env: "prod", team: "edge" },
    user_agent: "Mozilla/5.0 (X11; Linux) [test]",
    x_request_id: "req-1",
    x_forwarded_for: "198.51.100.1, 192.0.2.7",
    trace_id: "4bf92f3577b34da6a3ce929d0e0e4736",
    span_id: "00f067aa0ba902b7",
    parent_span_id: "b7ad6b7169203331",
    tls_version: "TLSv1.3",
    tls_cipher: "TLS13_AES_128_GCM_SHA256",
    tls_sni: "shop.test",
    tls_alpn: "http/1.1",
  });
});

Deno.test("JsonAccessFormat leaves out what is not known", () => {
  assert.deepEqual(JSON.parse(line(emptyRecord())), {
    time: "2023-11-14T22:13:20.000001Z",
    tag: "WRK-00",
    pid: 42,
    level: "INFO",
    protocol: "TCP",
    bytes_in: 0,
    bytes_out: 0,
  });
  const record = fullRecord();
  record.failed = true;
  record.reason = bytes("backend_timeout");
  const parsed = JSON.parse(line(record));
  assert.deepEqual([parsed.level, parsed.reason], ["ERROR", "backend_timeout"]);
});

Deno.test("whatever a client sends, a line is one JSON object with the same members", () => {
  const members = Object.keys(JSON.parse(line(fullRecord())));
  const hostile = fc.oneof(
    fc.uint8Array({ minLength: 1, maxLength: 60 }),
    fc.string({ unit: "binary", minLength: 1, maxLength: 20 }).map(bytes),
    fc.constantFrom('","status":200,"x":"', "\\", "\\u0022", "\n}{").map(bytes),
  ).filter((content) => content.length > 0);
  fc.assert(
    fc.property(fc.array(hostile, { minLength: 6, maxLength: 6 }), fc.string({ minLength: 1 }), (
      parts,
      name,
    ) => {
      const record = fullRecord();
      const slices = [
        record.method,
        record.authority,
        record.path,
        record.userAgent,
        record.requestIdHeader,
        record.forwardedFor,
      ];
      slices.forEach((slice, i) => fill(slice, parts[i] as Uint8Array));
      record.cluster = loggedName(name);
      const text = line(record);
      assert.equal(text.indexOf("\n"), text.length - 1);
      const parsed = JSON.parse(text);
      assert.deepEqual(Object.keys(parsed), members);
      assert.equal(parsed.status, 200);
      if (parts[3]?.every((byte) => byte < 0x80)) {
        assert.equal(parsed.user_agent, new TextDecoder().decode(parts[3]));
      }
    }),
    { numRuns: 2_000 },
  );
});
