// What must hold for every head that the proxy sends to a backend, whatever the client sent: that it
// can be read in one way only, and reads as the request the proxy has routed.

import assert from "node:assert/strict";
import { latin1Bytes, readRequest, whole } from "../support/h1_reading.ts";
import type { Relayed } from "../support/h1_relay.ts";
import { BodyReader } from "../../src/protocol/h1/body_reader.ts";
import { ReadStatus } from "../../src/protocol/h1/field_reader.ts";
import { BodyFraming, MessageHead } from "../../src/protocol/http/message_head.ts";

/** Origin-form, `*` or the authority of CONNECT: never the absolute form, never a fragment. */
const REQUEST_LINE =
  /^(?:[!#$%&'*+\-.^_`|~0-9A-Za-z]+ \/[\x21\x22\x24-\x7e]*|OPTIONS \*|CONNECT [\w.\-:[\]]+) HTTP\/1\.[01]$/i;
const CANONICAL_LINE =
  /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+: (?:[\x21-\x7e\x80-\xff](?:[\t\x20-\x7e\x80-\xff]*[\x21-\x7e\x80-\xff])?)?$/;

/** Asserts that the forwarded head of an accepted request is unambiguous. */
export function assertUnambiguous(relayed: Relayed): void {
  const { forwarded } = relayed;
  assert.ok(forwarded.endsWith("\r\n\r\n"));
  const [requestLine = "", ...lines] = forwarded.slice(0, -4).split("\r\n");
  assert.match(requestLine, REQUEST_LINE);
  for (const line of lines) assert.match(line, CANONICAL_LINE);
  const values = (name: string) =>
    lines.filter((line) => line.toLowerCase().startsWith(`${name}: `))
      .map((line) => line.slice(name.length + 2));
  assert.deepEqual(values("host"), [relayed.authority]);
  assert.ok(lines[0]?.toLowerCase().startsWith("host: "), "Host comes first");
  const framing = [...values("content-length"), ...values("transfer-encoding")];
  assert.ok(framing.length <= 1, `one field frames the body, not ${framing}`);
  const reread = readRequest(whole(forwarded));
  assert.equal(reread.status, ReadStatus.DONE);
  assert.equal(reread.length, forwarded.length);
  assert.equal(reread.framing, relayed.framing);
  assert.equal(reread.contentLength, relayed.contentLength);
  assert.equal(reread.authority, relayed.authority);
}

/** Asserts that what was let through of a whole chunked body reads the same, with nothing to be cut. */
export function assertCanonicalBody({ framing, body, status }: Relayed): void {
  if (framing !== BodyFraming.CHUNKED || status !== 0) return;
  const head = new MessageHead(new Uint8Array(0));
  head.framing = BodyFraming.CHUNKED;
  const reader = new BodyReader();
  reader.begin(head);
  assert.equal(reader.follow(latin1Bytes(body), 0, body.length), body.length);
  assert.ok(reader.done && !reader.extended, body);
}
