import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { certificateFor } from "../../../tests/support/tls/test_certificates.ts";
import { readKeyBlock } from "./pem.ts";
import { TlsCredentials } from "../tls/credentials.ts";

const CURVE = { namedCurve: "prime256v1" };

/** Why a text is no private key. */
function problemOf(text: string): string {
  const block = readKeyBlock(text);
  assert.ok(typeof block !== "string", "it was taken for a key");
  const { certificate } = certificateFor(["a.test"]);
  assert.equal(
    TlsCredentials.create({ certificate, certificate_chain: [], key: text }),
    block.problem,
  );
  return block.problem;
}

Deno.test("readKeyBlock() says that a key is encrypted, in each of the forms", () => {
  const { privateKey } = generateKeyPairSync("ec", CURVE);
  const cipher = { cipher: "aes-256-cbc", passphrase: "secret" };
  const pkcs8 = String(privateKey.export({ type: "pkcs8", format: "pem", ...cipher }));
  const sec1 = String(privateKey.export({ type: "sec1", format: "pem" }))
    .replace("KEY-----\n", "KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00\n\n");
  for (const text of [pkcs8, sec1, sec1.replaceAll("\n", "\r\n"), `text before\n${pkcs8}`]) {
    assert.match(problemOf(text), /^the private key is encrypted.*openssl pkey/);
  }
});

Deno.test("readKeyBlock() says what a text holds that is no private key", () => {
  const { certificate } = certificateFor(["a.test"]);
  assert.equal(problemOf(" \n"), "empty key");
  assert.match(
    problemOf("secret text"),
    /^empty key: it holds no PEM block, accepted: 'PRIVATE KEY'/,
  );
  assert.match(problemOf(certificate), /^empty key: it holds a block 'CERTIFICATE', accepted/);
  assert.doesNotMatch(problemOf("secret text"), /secret/);
});

Deno.test("readKeyBlock() takes the key from a text that holds a certificate as well", () => {
  const { certificate, key } = certificateFor(["a.test"]);
  assert.match(String(readKeyBlock(certificate + key)), /^-----BEGIN .*PRIVATE KEY-----\n/);
});
