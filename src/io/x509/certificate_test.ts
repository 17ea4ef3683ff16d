import assert from "node:assert/strict";
import * as fc from "fast-check";
import {
  COMMON_NAME_ONLY,
  HOSTILE_TEXTS,
  TWO_ALTERNATIVE_NAMES,
} from "../../../tests/support/config/certificates.ts";
import { certificateFor } from "../../../tests/support/tls/test_certificates.ts";
import { parseCertificate } from "./certificate.ts";
import { certificateNames } from "./names.ts";

Deno.test("parseCertificate() takes dNSName entries and leaves out the common name", () => {
  const facts = parseCertificate(TWO_ALTERNATIVE_NAMES.pem);
  assert.deepEqual(facts, {
    fingerprint: TWO_ALTERNATIVE_NAMES.fingerprint,
    names: ["a.example", "*.b.example"],
    notAfter: 2_110_606_287,
  });
});

Deno.test("parseCertificate() names a common name once that is among the dNSName entries", () => {
  const names = ["a.test", "b.test", "*.c.test", "d.test"];
  const facts = parseCertificate(certificateFor(names, { commonName: "b.test" }).certificate);
  assert.ok("names" in facts);
  assert.deepEqual(facts.names, names);
});

Deno.test("parseCertificate() takes the common name when there is no dNSName", () => {
  const facts = parseCertificate(COMMON_NAME_ONLY.pem);
  assert.deepEqual(facts, {
    fingerprint: COMMON_NAME_ONLY.fingerprint,
    names: ["only-cn.example"],
    notAfter: 2_110_606_287,
  });
});

Deno.test("parseCertificate() is not misled by texts that look like names", () => {
  const facts = parseCertificate(HOSTILE_TEXTS.pem);
  assert.ok("names" in facts);
  assert.deepEqual(facts.names, ["two.example", "second, CN=fake.example"]);
});

Deno.test("parseCertificate() reads the first block of several", () => {
  const facts = parseCertificate(`note\n${COMMON_NAME_ONLY.pem}${TWO_ALTERNATIVE_NAMES.pem}`);
  assert.ok("fingerprint" in facts);
  assert.equal(facts.fingerprint, COMMON_NAME_ONLY.fingerprint);
});

Deno.test("parseCertificate() says what is wrong with anything else", () => {
  const begin = "-----BEGIN CERTIFICATE-----";
  const texts = ["", begin, `${begin}\nAAAA\n-----END CERTIFICATE-----`, "x".repeat(1_000_001)];
  for (const text of texts) {
    const facts = parseCertificate(text);
    assert.ok("problem" in facts && facts.problem !== "", text.slice(0, 40));
  }
});

Deno.test("certificateNames() ends on any bytes without throwing", () => {
  const body = TWO_ALTERNATIVE_NAMES.pem.replaceAll(/-----[A-Z ]+-----|\s/g, "");
  const der = Uint8Array.fromBase64(body);
  assert.deepEqual(certificateNames(der), ["a.example", "*.b.example"]);
  fc.assert(
    fc.property(fc.nat(der.length - 1), fc.nat(255), fc.nat(der.length), (at, byte, cut) => {
      const damaged = der.slice();
      damaged[at] = byte;
      certificateNames(damaged);
      certificateNames(damaged.subarray(0, cut));
    }),
    { numRuns: 1000 },
  );
  fc.assert(fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
    certificateNames(bytes);
  }));
});
