// Records of the access log for tests.

import { encode } from "../../../config/codec/protobuf.ts";
import { parseAddress } from "../../../config/values/address.ts";
import { SocketAddress } from "../../../config/schema/messages.ts";
import { loggedAddress, loggedName, loggedTags } from "../../../src/observe/access/names.ts";
import {
  AccessRecord,
  type ByteSlice,
  type LoggedAddress,
} from "../../../src/observe/access/record.ts";

const encoder = new TextEncoder();

export const SESSION_ID = "01JF3Z5CYRA9BKMQ7N2XV8WD4E";
export const REQUEST_ID = "01JF3Z5CYSB0CKMQ7N2XV8WD4F";

export function bytes(text: string): Uint8Array {
  return encoder.encode(text);
}

export function address(text: string): LoggedAddress {
  const parsed = parseAddress(text);
  if (parsed === null) throw new Error(`Not an address: ${text}`);
  return loggedAddress(text, encode(SocketAddress, parsed));
}

/** Puts bytes into the middle of a larger buffer, as those of a request are. */
export function fill(slice: ByteSlice, content: string | Uint8Array): void {
  const inner = typeof content === "string" ? bytes(content) : content;
  const outer = new Uint8Array(inner.length + 20).fill(0x21);
  outer.set(inner, 10);
  slice.set(outer, 10, 10 + inner.length);
}

/** A request with everything a line can tell. */
export function fullRecord(): AccessRecord {
  const record = new AccessRecord();
  record.timeMicros = 1_700_000_000_123_456;
  record.startMicros = 1_700_000_000_120_000;
  record.session = {
    id: bytes(SESSION_ID),
    client: address("192.0.2.7:51234"),
    tls: {
      version: loggedName("TLSv1.3"),
      cipher: loggedName("TLS13_AES_128_GCM_SHA256"),
      sni: loggedName("shop.test"),
      client: null,
      alpn: loggedName("http/1.1"),
    },
  };
  record.requestId = bytes(REQUEST_ID);
  record.cluster = loggedName("shop");
  record.backend = loggedName("shop-1");
  record.backendAddress = address("[2001:db8::1]:8080");
  record.requestTime = 12_345.6;
  record.serviceTime = 9.5;
  record.responseTime = 11_000;
  record.bytesIn = 321;
  record.bytesOut = 5_000_000_000;
  record.tags = loggedTags(new Map([["team", "edge"], ["env", "prod"]]));
  record.trace = {
    traceId: bytes("4bf92f3577b34da6a3ce929d0e0e4736"),
    spanId: bytes("00f067aa0ba902b7"),
    parentId: bytes("b7ad6b7169203331"),
    hasParent: true,
    sampled: true,
  };
  record.protocol = bytes("https");
  fill(record.method, "GET");
  fill(record.authority, "shop.test:8443");
  fill(record.path, "/cart?id=1");
  record.status = 200;
  record.message = bytes("H1::Complete");
  fill(record.userAgent, "Mozilla/5.0 (X11; Linux) [test]");
  fill(record.requestIdHeader, "req-1");
  fill(record.forwardedFor, "198.51.100.1, 192.0.2.7");
  return record;
}

/** A tunnel of which nothing is known. */
export function emptyRecord(): AccessRecord {
  const record = new AccessRecord();
  record.timeMicros = 1_700_000_000_000_001;
  record.protocol = bytes("TCP");
  record.isHttp = false;
  return record;
}
