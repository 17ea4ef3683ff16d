// The certificate of a client in each format of the access log.

import assert from "node:assert/strict";
import { decode } from "../../../config/codec/protobuf.ts";
import { ProtobufAccessLog } from "../../../config/schema/messages.ts";
import { fullRecord } from "../../../tests/support/observe/access_records.ts";
import { AsciiAccessFormat } from "./ascii.ts";
import { JsonAccessFormat } from "./json.ts";
import { loggedClient } from "./names.ts";
import { ProtobufAccessFormat } from "./protobuf.ts";
import type { AccessFormat, AccessRecord } from "./record.ts";

const FINGERPRINT = "ab".repeat(32);
const SUBJECT = "CN=job [7],O=A \\C3\\B6";

function recordOf(subject: string): AccessRecord {
  const record = fullRecord();
  const { session } = record;
  assert.ok(session !== null && session.tls !== null);
  const client = loggedClient(subject, FINGERPRINT);
  record.session = { ...session, tls: { ...session.tls, client } };
  return record;
}

/** What a format writes; never more than it has announced. */
function written(format: AccessFormat, record: AccessRecord): Uint8Array {
  const target = new Uint8Array(format.bound(record));
  return target.subarray(0, format.write(record, target, 0));
}

Deno.test("every format of the access log names the client, and no byte of a subject ends a field", () => {
  const facts = { tag: "WRK-00", pid: 42 };
  const long = recordOf(`CN=${"x".repeat(1000)}`);
  const record = recordOf(SUBJECT);
  const text = (format: AccessFormat) => new TextDecoder().decode(written(format, record));

  const json = JSON.parse(text(new JsonAccessFormat(facts)));
  assert.equal(json.client_certificate_subject, SUBJECT);
  assert.equal(json.client_certificate_sha256, FINGERPRINT);

  const ascii = new AsciiAccessFormat({ ...facts, colored: false });
  assert.ok(
    text(ascii).includes(`, client-cert=${FINGERPRINT}, client-subject=CN=job_{7};O=A_\\C3\\B6, `),
    text(ascii),
  );

  const protobuf = new ProtobufAccessFormat(facts);
  const bytes = written(protobuf, record);
  // The length takes two bytes here, and two zero bytes follow the message.
  const message = decode(ProtobufAccessLog, bytes.subarray(2, -2)) as ProtobufAccessLog;
  assert.equal(message.client_certificate_subject, SUBJECT);
  assert.equal(message.client_certificate_fingerprint, FINGERPRINT);
  for (const format of [new JsonAccessFormat(facts), ascii, protobuf]) {
    assert.ok(written(format, long).length > 1000);
  }
});
