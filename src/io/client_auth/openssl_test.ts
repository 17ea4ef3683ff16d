// Certificates and revocation lists as openssl makes them, with every kind of key and signature that is accepted.

import assert from "node:assert/strict";
import { OPENSSL, runProgram } from "../../../tests/support/tls/openssl.ts";
import { pemBytes } from "../x509/pem.ts";
import { ClientAuthPolicy } from "./policy.ts";

const CONFIG = `[ca]
default_ca = own
[own]
database = index.txt
crlnumber = number
default_md = sha256
default_crl_days = 2
[req]
distinguished_name = dn
[dn]
[root]
basicConstraints = critical,CA:true
keyUsage = critical,keyCertSign,cRLSign
[client]
basicConstraints = critical,CA:false
keyUsage = critical,digitalSignature
extendedKeyUsage = clientAuth
subjectAltName = DNS:client.test,IP:10.1.2.3,email:me@client.test
`;

const PSS = ["-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:32"];
const KINDS:
  readonly (readonly [name: string, key: readonly string[], options: readonly string[]])[] = [
    ["RSA", ["rsa:2048"], ["-sha384"]],
    ["RSASSA-PSS", ["rsa:2048"], ["-sha256", ...PSS]],
    ["P-384", ["ec", "-pkeyopt", "ec_paramgen_curve:P-384"], ["-sha384"]],
    ["P-256 with SHA-512", ["ec", "-pkeyopt", "ec_paramgen_curve:P-256"], ["-sha512"]],
    ["Ed25519", ["ed25519"], []],
  ];

for (const [name, key, options] of KINDS) {
  Deno.test({
    name: `judge() verifies what openssl has signed with ${name}, and its revocation list`,
    ignore: OPENSSL === null,
    async fn() {
      const folder = await Deno.makeTempDir();
      const file = (name: string) => `${folder}/${name}`;
      const run = async (...args: string[]) => {
        const { text, code } = await runProgram(OPENSSL as string, args, "", 30_000);
        assert.equal(code, 0, text);
      };
      try {
        const config = CONFIG.replaceAll(
          /(index.txt|= number)/g,
          (it) => it.startsWith("=") ? `= ${file("number")}` : file(it),
        );
        await Deno.writeTextFile(file("cnf"), config);
        await Deno.writeTextFile(file("index.txt"), "");
        await Deno.writeTextFile(file("number"), "01\n");
        const root = [...["-CA", file("root.pem"), "-CAkey", file("root.key")], "-CAcreateserial"];
        await run(
          ...["req", "-config", file("cnf"), "-x509", "-newkey", ...key, "-nodes", "-days", "2"],
          ...["-subj", "/O=Own/CN=root", "-extensions", "root", ...options],
          ...["-keyout", file("root.key"), "-out", file("root.pem")],
        );
        for (const client of ["good", "bad"]) {
          await run(
            ...["req", "-config", file("cnf"), "-newkey", "ec", "-pkeyopt"],
            ...["ec_paramgen_curve:P-256", "-nodes", "-subj", `/O=Own/CN=${client}`],
            ...["-keyout", file(`${client}.key`), "-out", file(`${client}.csr`)],
          );
          await run(
            ...["x509", "-req", "-in", file(`${client}.csr`), ...root, "-days", "2", ...options],
            ...["-extfile", file("cnf"), "-extensions", "client", "-out", file(`${client}.pem`)],
          );
        }
        const authority = [
          ...["-config", file("cnf"), "-cert", file("root.pem"), "-keyfile", file("root.key")],
          ...options.filter((option) => !option.startsWith("-sha")),
        ];
        await run("ca", ...authority, "-revoke", file("bad.pem"), "-crl_reason", "keyCompromise");
        await run("ca", ...authority, "-gencrl", "-out", file("crl.pem"));
        const policy = ClientAuthPolicy.create({
          required: true,
          authorities: [await Deno.readTextFile(file("root.pem"))],
          lists: [await Deno.readTextFile(file("crl.pem"))],
        }, Date.now);
        assert.ok(policy instanceof ClientAuthPolicy, String(policy));
        const judged = async (client: string) => {
          const text = await Deno.readTextFile(file(`${client}.pem`));
          const block = text.slice(text.indexOf("-----BEGIN"));
          return policy.judge({ chain: [pemBytes(block) as Uint8Array], problem: "" });
        };
        const good = await judged("good");
        assert.ok(good !== null && "subject" in good, JSON.stringify(good));
        assert.equal(good.subject, "CN=good,O=Own");
        assert.equal(good.names, "DNS:client.test,IP:10.1.2.3,EMAIL:me@client.test");
        const bad = await judged("bad");
        assert.ok(bad !== null && "kind" in bad && bad.kind === "revoked", JSON.stringify(bad));
      } finally {
        await Deno.remove(folder, { recursive: true });
      }
    },
  });
}
