import assert from "node:assert/strict";
import { certificateFor } from "../../../tests/support/tls/test_certificates.ts";
import { OPENSSL, runProgram } from "../../../tests/support/tls/openssl.ts";
import { TlsCredentials } from "./credentials.ts";

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
});

Deno.test("TlsCredentials sends a chain that follows the certificate in its own text", () => {
  const leaf = LEAF.certificate;
  assert.deepEqual(sent(leaf + ONE, []), [leaf, ONE]);
  assert.deepEqual(sent(`${leaf}\n${ONE}`, [`${TWO}`]), [leaf, ONE, TWO]);
  // Given in both texts, it is sent once.
  assert.deepEqual(sent(leaf + ONE + TWO, [`${ONE}${TWO}`]), [leaf, ONE, TWO]);
});

/** A certificate and key made by the openssl program: `key` are the options of -newkey. */
async function made(
  key: readonly string[],
  more: readonly string[] = [],
): Promise<[string, string]> {
  const folder = await Deno.makeTempDir();
  try {
    const files = ["-keyout", `${folder}/key`, "-out", `${folder}/certificate`];
    const facts = ["-nodes", "-days", "30", "-subj", "/CN=x.test", ...more];
    const args = ["req", "-x509", "-newkey", ...key, ...files, ...facts];
    const { code, text } = await runProgram(OPENSSL as string, args);
    assert.equal(code, 0, text);
    return [Deno.readTextFileSync(`${folder}/certificate`), Deno.readTextFileSync(`${folder}/key`)];
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const ec = (curve: string) => ["ec", "-pkeyopt", `ec_paramgen_curve:${curve}`];
const CRITICAL = ["-addext", "1.2.3.4=critical,DER:0500"];

Deno.test("TlsCredentials refuses what the TLS library would not serve, and takes the rest", {
  ignore: OPENSSL === null,
}, async (t) => {
  const rows: [string, readonly string[], readonly string[], RegExp | null][] = [
    ["RSA of 1024 bits", ["rsa:1024"], [], /RSA of 1024 bits; accepted are RSA of 2048/],
    ["RSA of 2047 bits", ["rsa:2047"], [], /RSA of 2047 bits/],
    ["RSA of 2048 bits", ["rsa:2048"], [], null],
    ["RSA-PSS", ["rsa-pss", "-pkeyopt", "rsa_keygen_bits:2048"], [], /kind cannot be used/],
    ["P-224", ec("P-224"), [], /kind cannot be used/],
    ["secp256k1", ec("secp256k1"), [], /kind cannot be used/],
    ["brainpool", ec("brainpoolP256r1"), [], /invalid private key/],
    ["P-384", ec("P-384"), [], null],
    ["Ed25519", ["ed25519"], [], null],
    ["Ed448", ["ed448"], [], /kind cannot be used/],
    ["an unknown critical extension", ec("P-256"), CRITICAL, /the TLS library does not serve it/],
  ];
  for (const [what, key, more, reason] of rows) {
    await t.step(what, async () => {
      const [certificate, privateKey] = await made(key, more);
      const credentials = TlsCredentials.create({
        certificate,
        certificate_chain: [],
        key: privateKey,
      });
      if (reason === null) assert.ok(typeof credentials !== "string", String(credentials));
      else assert.match(String(credentials), reason);
    });
  }
});

Deno.test("TlsCredentials refuses a chain of which a part is no certificate", () => {
  for (const chain of ["nothing", `${ONE}`.replace(/MII../, "!!!!!")]) {
    const refused = TlsCredentials.create({ ...LEAF, certificate_chain: [`${ONE}`, chain] });
    assert.match(String(refused), /^error parsing (pem|x509)/);
  }
});
