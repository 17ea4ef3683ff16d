import assert from "node:assert/strict";
import { ClientAuthMode } from "../../../config/schema/messages.ts";
import { parseLine } from "../../../tests/support/cli/cli.ts";

const FILES = { "ca.pem": "CA", "more.pem": "MORE", "ca.crl": "CRL" };
const AT = ["--address", "127.0.0.1:443"];
const GIVEN = [
  ...["--client-auth", "required", "--client-ca", "ca.pem", "--client-ca", "more.pem"],
  ...["--client-crl", "ca.crl", "--log-client-certificate"],
  ...["--client-header", "subject=X-Subject", "--client-header", "verified=X-Verify"],
];
const POLICY = {
  client_auth: ClientAuthMode.CLIENT_AUTH_REQUIRED,
  client_ca_certificates: ["CA", "MORE"],
  client_ca_crls: ["CRL"],
};
const TOLD = {
  client_certificate_headers: { subject: "X-Subject", verified: "X-Verify" },
  log_client_certificate: true,
};

const line = (...words: string[]) => parseLine(["listener", "https", ...words], { files: FILES });

Deno.test("listener https add and update send a whole policy, read from files", async () => {
  const added = (await line("add", ...AT, ...GIVEN)).request;
  assert.equal(added?.kind, "add_https_listener_with_client_auth");
  assert.partialDeepStrictEqual(added.value, { ...POLICY, ...TOLD });
  const patched = (await line("update", ...AT, ...GIVEN)).request;
  assert.equal(patched?.kind, "update_https_listener_with_client_auth");
  assert.partialDeepStrictEqual(patched.value, { client_auth_policy: POLICY, ...TOLD });
});

Deno.test("a policy is replaced as a whole: files need the mode, and none needs no files", async () => {
  const lost = await line("update", ...AT, "--client-ca", "ca.pem");
  assert.match(lost.problem ?? "", /Give --client-auth with --client-ca/);
  const none = (await line("update", ...AT, "--client-auth", "none")).request;
  assert.equal(none?.kind, "update_https_listener_with_client_auth");
  assert.partialDeepStrictEqual(none.value, {
    client_auth_policy: {
      client_auth: ClientAuthMode.CLIENT_AUTH_NONE,
      client_ca_certificates: [],
      client_ca_crls: [],
    },
  });
  const bad = await line("update", ...AT, "--client-header", "issuer=X");
  assert.match(bad.stderr, /subject, names, fingerprint, verified/);
  const device = await parseLine(["listener", "tcp", "add", ...AT, "--interface", "eth0"]);
  assert.partialDeepStrictEqual(device.request?.value, { interface: "eth0" });
});
