import assert from "node:assert/strict";
import {
  COMMON_NAME_ONLY,
  TWO_ALTERNATIVE_NAMES,
} from "../../../tests/support/config/certificates.ts";
import type { QueryCertificatesFilters } from "../../schema/messages.ts";
import {
  address,
  certificate,
  httpsListener,
  stateWith,
} from "../../../tests/support/config/state.ts";
import { servedCertificates } from "./served_certificates.ts";

const FIRST = "127.0.0.1:443";
const SECOND = "127.0.0.1:8443";

const STATE = stateWith(
  { kind: "add_https_listener", value: httpsListener({ address: address(FIRST) }) },
  { kind: "add_https_listener", value: httpsListener({ address: address(SECOND) }) },
  {
    kind: "add_certificate",
    value: { address: address(FIRST), certificate: certificate(TWO_ALTERNATIVE_NAMES.pem) },
  },
  {
    kind: "add_certificate",
    value: { address: address(SECOND), certificate: certificate(COMMON_NAME_ONLY.pem) },
  },
);

/** `address: name=fingerprint …` for each listener. */
function ask(filters: QueryCertificatesFilters): string[][] {
  const answer = servedCertificates(STATE.tables, filters);
  assert.ok(typeof answer !== "string" && answer.kind === "certificates_by_address");
  return answer.value.certificates.map(({ address: { port }, certificate_summaries }) => [
    String(port),
    ...certificate_summaries.map(({ domain, fingerprint }) =>
      `${domain} ${fingerprint.slice(0, 4)}`
    ),
  ]);
}

Deno.test("servedCertificates() lists every name of every HTTPS listener", () => {
  assert.deepEqual(ask({}), [
    ["443", "a.example 60dd", "*.b.example 60dd"],
    ["8443", "only-cn.example 1993"],
  ]);
});

Deno.test("servedCertificates() finds what a domain is served, by exact name or wildcard", () => {
  assert.deepEqual(ask({ domain: "a.example" }), [["443", "a.example 60dd"], ["8443"]]);
  assert.deepEqual(ask({ domain: "X.B.example" }), [["443", "*.b.example 60dd"], ["8443"]]);
  assert.deepEqual(ask({ domain: "b.example" }), [["443"], ["8443"]]);
  assert.deepEqual(ask({ domain: "x.y.b.example" }), [["443"], ["8443"]]);
});

Deno.test("servedCertificates() finds a certificate by fingerprint in either case, or says it has none", () => {
  const byFingerprint = (fingerprint: string) => servedCertificates(STATE.tables, { fingerprint });
  const found = byFingerprint(COMMON_NAME_ONLY.fingerprint.toUpperCase());
  assert.ok(typeof found !== "string" && found.kind === "certificates_with_fingerprints");
  assert.deepEqual([...found.value.certs.keys()], [COMMON_NAME_ONLY.fingerprint]);
  assert.equal(typeof byFingerprint("00"), "string");
});
