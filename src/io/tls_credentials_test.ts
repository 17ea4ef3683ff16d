import assert from "node:assert/strict";
import { certificateFor } from "../../tests/support/test_certificates.ts";
import { TlsCredentials } from "./tls_credentials.ts";

const LEAF = certificateFor(["leaf.test"]);
const [ONE, TWO] = ["one", "two"].map((name) => certificateFor([name]).certificate);

/** The certificates that are sent, in order; fails when the texts are refused. */
function sent(certificate: string, certificate_chain: readonly string[]): string[] {
  const credentials = TlsCredentials.create({ certificate, certificate_chain, key: LEAF.key });
  assert.ok(typeof credentials !== "string", String(credentials));
  return credentials.chain.match(/-----BEGIN[^]+?END CERTIFICATE-----\n/g) ?? [];
}

Deno.test("TlsCredentials sends the leaf once, wherever the chain repeats it", () => {
  const leaf = LEAF.certificate;
  assert.deepEqual(sent(leaf, []), [leaf]);
  assert.deepEqual(sent(leaf, [leaf]), [leaf]);
  assert.deepEqual(sent(leaf, [leaf, `${ONE}`, leaf, `${TWO}`]), [leaf, ONE, TWO]);
});

Deno.test("TlsCredentials takes several certificates from one text of the chain, in order", () => {
  const leaf = LEAF.certificate;
  assert.deepEqual(sent(leaf, [leaf + ONE + TWO]), [leaf, ONE, TWO]);
  assert.deepEqual(sent(leaf, ["\n", `${TWO}\n\n${ONE}`, " "]), [leaf, TWO, ONE]);
  // Of the certificate's own text only the first block counts, as in sozu.
  assert.deepEqual(sent(leaf + ONE, []), [leaf]);
});

Deno.test("TlsCredentials refuses a chain of which a part is no certificate", () => {
  for (const chain of ["nothing", `${ONE}`.replace(/MII../, "!!!!!")]) {
    const refused = TlsCredentials.create({ ...LEAF, certificate_chain: [`${ONE}`, chain] });
    assert.match(String(refused), /^error parsing (pem|x509)/);
  }
});
