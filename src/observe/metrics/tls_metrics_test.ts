import assert from "node:assert/strict";
import { DEFAULT_CIPHERS } from "../../../config/defaults.ts";
import { Counter, Counters } from "./counters.ts";
import { classifyHandshakeFailure, HANDSHAKE_FAILURES } from "./tls_metrics.ts";

Deno.test("classifyHandshakeFailure() knows every class by its words, and nothing else", () => {
  const cases: [string, string][] = [
    ["received fatal alert: UnknownCA", "alert_received"],
    ["peer is incompatible: Tls12NotOfferedOrEnabled", "peer_incompatible"],
    ["peer misbehaved: TooManyEmptyFragments", "peer_misbehaved"],
    ["TLS accept error: received corrupt message of type InvalidContentType", "invalid_message"],
    ["received unexpected message: got Handshake when expecting X", "inappropriate_message"],
    [
      "received unexpected handshake message: got Finished when expecting ClientHello",
      "inappropriate_handshake_message",
    ],
    ["peer sent excess record size", "oversized_record"],
    ["peer doesn't support any known protocol", "no_alpn"],
    ["invalid peer certificate: Expired", "invalid_certificate"],
    ["cannot decrypt peer's message", "decrypt_error"],
    ["peer sent no certificates", "no_certificates_present"],
    ["No SecureContext available", "other"],
  ];
  for (const [message, expected] of cases) {
    assert.equal(classifyHandshakeFailure(message), expected, message);
  }
  assert.deepEqual(cases.map(([, name]) => name).sort(), [...HANDSHAKE_FAILURES].sort());
});

Deno.test("Counters have a metric of its own for every class, version and cipher", () => {
  const counters = new Counters();
  counters.addHandshakeFailure("no_alpn");
  counters.addHandshake("TLSv1.3", DEFAULT_CIPHERS[1] ?? null, true);
  counters.addHandshake("TLSv1.2", "something else", false);
  counters.addHandshake(null, null, false);
  const values = new Map(counters.entries().map(({ name, value }) => [name, value]));
  assert.equal(values.get("tls.handshake.failed.no_alpn"), 1);
  assert.equal(values.get("tls.handshake.failed.other"), 0);
  assert.equal(values.get("tls.version.TLSv1_3"), 1);
  assert.equal(values.get("tls.version.TLSv1_2"), 1);
  assert.equal(values.get("tls.version.Unknown"), 1);
  assert.equal(values.get("tls.cipher.TLS13_AES_128_GCM_SHA256"), 1);
  assert.equal(values.get("tls.cipher.Unsupported"), 2);
  assert.equal(values.get("tls.handshake.resumed"), 1);
  const names = counters.entries().map(({ name }) => name);
  assert.equal(new Set(names).size, names.length);
  assert.ok(Math.max(...Object.values(Counter)) < counters.values.length);
});
