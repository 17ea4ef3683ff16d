import assert from "node:assert/strict";
import {
  listener,
  load,
  loaded,
  only,
  refusedOnce,
  requestsOf,
} from "../../../tests/support/config/file.ts";
import { ClientAuthMode, type HttpsListenerConfig } from "../../schema/messages.ts";

const FILES = { "/etc/sozu/ca.pem": "CA", "/etc/sozu/more.pem": "MORE", "/etc/sozu/ca.crl": "CRL" };
const PATHS = 'client_ca_certificates = ["ca.pem", "more.pem"]\nclient_ca_crls = ["ca.crl"]\n';

function https(keys: string): HttpsListenerConfig {
  const config = loaded(listener("https", 1, keys), FILES);
  const [added] = requestsOf(config, "add_https_listener_with_client_auth");
  return added ?? only(requestsOf(config, "add_https_listener"));
}

Deno.test("client_auth in lower-case words carries the files along, under a verb of its own", () => {
  for (const mode of ["optional", "required"] as const) {
    const config = loaded(listener("https", 1, `client_auth = "${mode}"\n${PATHS}`), FILES);
    const added = only(requestsOf(config, "add_https_listener_with_client_auth"));
    const { client_auth, client_ca_certificates, client_ca_crls } = added;
    const number = mode === "optional"
      ? ClientAuthMode.CLIENT_AUTH_OPTIONAL
      : ClientAuthMode.CLIENT_AUTH_REQUIRED;
    assert.deepEqual([client_auth, client_ca_certificates, client_ca_crls], [
      number,
      ["CA", "MORE"],
      ["CRL"],
    ]);
  }
  assert.match(refusedOnce(listener("https", 1, 'client_auth = "REQUIRED"')).message, /required/);
});

Deno.test("client_auth absent refuses files, and none only warns of them", () => {
  for (const keys of PATHS.trim().split("\n")) {
    const { key, message } = refusedOnce(listener("https", 1, keys), FILES);
    assert.match(key, /client_ca_/);
    assert.match(message, /Needs 'client_auth', accepted: "optional" or "required"/);
  }
  // The files need not even be there.
  const result = load(listener("https", 1, `client_auth = "none"\n${PATHS}`));
  assert.ok(result.ok);
  assert.match(result.warnings.map(({ message }) => message).join(), /the files are not read/);
  const none = only(requestsOf(result.config, "add_https_listener"));
  assert.deepEqual([none.client_ca_certificates, none.client_ca_crls], [[], []]);
});

Deno.test("client_auth needs files that can be read, and a listener that speaks TLS", () => {
  const missing = refusedOnce(listener("https", 1, `client_auth = "required"\n${PATHS}`), {
    "/etc/sozu/ca.pem": "CA",
    "/etc/sozu/more.pem": "MORE",
  });
  assert.match(missing.message, /'ca.crl' of '.*client_ca_crls' cannot be read/);
  for (const protocol of ["http", "tcp", "udp"] as const) {
    const error = refusedOnce(listener(protocol, 1, 'client_auth = "required"'), FILES);
    assert.match(error.message, /Certificates of clients need TLS/);
  }
});

Deno.test("client_certificate_headers names headers of its own, on plain listeners too", () => {
  const keys = 'client_certificate_headers = { subject = "X-Subject", verified = "X-Verify" }\n';
  const wanted = { subject: "X-Subject", verified: "X-Verify" };
  const own = https(`${keys}log_client_certificate = true`);
  assert.deepEqual(own.client_certificate_headers, wanted);
  assert.equal(own.log_client_certificate, true);
  const plain = only(requestsOf(loaded(listener("http", 1, keys)), "add_http_listener"));
  assert.deepEqual(plain.client_certificate_headers, wanted);
  assert.equal(https("").client_certificate_headers, undefined);
  for (
    const [bad, reason] of [
      ['{ subject = "Host" }', /header name/],
      ['{ subject = "a b" }', /header name/],
      ['{ subject = "X_A", names = "x-a" }', /a name of its own for each header/],
      ['{ issuer = "X" }', /issuer/],
    ] as const
  ) {
    const error = refusedOnce(listener("https", 1, `client_certificate_headers = ${bad}`));
    assert.match(error.message, reason);
  }
});
