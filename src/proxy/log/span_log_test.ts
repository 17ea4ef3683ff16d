import assert from "node:assert/strict";
import { shopListener } from "../../../tests/support/session/http_sessions.ts";
import { MessageHead } from "../../protocol/http/message_head.ts";
import { ULID_LENGTH } from "../../protocol/http/ids/ulid.ts";
import { SPAN_ID_LENGTH, TRACE_ID_LENGTH } from "../../protocol/http/ids/trace_context.ts";
import { RequestAccount } from "../../session/http/account.ts";
import type { WireProtocol } from "../../session/http/stream_end.ts";
import { WallClock } from "../wall_clock.ts";
import { SpanLog } from "./span_log.ts";

/** The attributes of the span of a request whose client speaks `protocol`. */
function attributesOf(protocol: WireProtocol): Map<string, unknown> {
  const spans: string[] = [];
  const log = new SpanLog((span) => void spans.push(span), new WallClock(() => 0, () => 0));
  const account = new RequestAccount(
    new MessageHead(new Uint8Array()),
    new Uint8Array(ULID_LENGTH).fill(0x30),
  );
  account.begin(0);
  account.endedAt = 1;
  account.protocol = protocol;
  account.trace = {
    traceId: new Uint8Array(TRACE_ID_LENGTH).fill(0x31),
    spanId: new Uint8Array(SPAN_ID_LENGTH).fill(0x32),
    parentId: new Uint8Array(SPAN_ID_LENGTH),
    hasParent: false,
    sampled: true,
  };
  const peer = { ip: "192.0.2.1", port: 1 };
  log.requestEnded(account, { peer, tls: null, logged: null, listener: shopListener() });
  const { attributes } = JSON.parse(spans[0] ?? "null") as {
    attributes: { key: string; value: unknown }[];
  };
  return new Map(attributes.map(({ key, value }) => [key, value]));
}

Deno.test("a span tells the HTTP version of its client where it is not the usual one", () => {
  assert.equal(attributesOf("h1").has("network.protocol.version"), false);
  assert.deepEqual(attributesOf("h2").get("network.protocol.version"), { stringValue: "2" });
});
