import assert from "node:assert/strict";
import { certificates } from "./queries.ts";
import {
  COMMON_NAME_ONLY,
  HOSTILE_TEXTS,
  TWO_ALTERNATIVE_NAMES,
} from "../../tests/support/config/certificates.ts";
import { readRecords, writeRecord } from "../codec/saved_state.ts";
import {
  accept,
  address,
  certificate,
  refuse,
  stateWith,
} from "../../tests/support/config/state.ts";
import type { Verb } from "./verbs.ts";

const AT = address("127.0.0.1:443");
const ELSEWHERE = address("127.0.0.2:443");

Deno.test("AddCertificate is found by fingerprint and by name", () => {
  const state = stateWith({
    kind: "add_certificate",
    value: { address: AT, certificate: certificate(TWO_ALTERNATIVE_NAMES.pem) },
  });
  const { fingerprint } = TWO_ALTERNATIVE_NAMES;
  assert.deepEqual([...certificates(state.tables, { fingerprint }).certs.keys()], [fingerprint]);
  assert.deepEqual([...certificates(state.tables, { domain: "*.b.example" }).certs.keys()], [
    fingerprint,
  ]);
  assert.equal(certificates(state.tables, { domain: "cn.example", fingerprint }).certs.size, 0);
  assert.equal(
    certificates(state.tables, { fingerprint: fingerprint.toUpperCase() }).certs.size,
    0,
  );
  const [stored] = certificates(state.tables, {}).certs.values();
  assert.deepEqual(stored?.names, ["a.example", "*.b.example"]);
});

Deno.test("AddCertificate keeps given names and takes the common name as the last resort", () => {
  const state = stateWith(
    {
      kind: "add_certificate",
      value: { address: AT, certificate: certificate(COMMON_NAME_ONLY.pem) },
    },
    {
      kind: "add_certificate",
      value: { address: ELSEWHERE, certificate: certificate(HOSTILE_TEXTS.pem, ["given"]) },
    },
  );
  assert.deepEqual(certificates(state.tables, { domain: "only-cn.example" }).certs.size, 1);
  assert.deepEqual([...certificates(state.tables, { domain: "given" }).certs.keys()], [
    HOSTILE_TEXTS.fingerprint,
  ]);
});

Deno.test("AddCertificate of a known fingerprint is accepted and changes nothing", () => {
  const first = { address: AT, certificate: certificate(COMMON_NAME_ONLY.pem) };
  const state = stateWith({ kind: "add_certificate", value: first });
  const before = state.clone();
  const second = { ...first, certificate: certificate(COMMON_NAME_ONLY.pem, ["other"]) };
  accept(state, { kind: "add_certificate", value: { ...second, expired_at: 5n } });
  assert.ok(state.equals(before));
});

Deno.test("certificates() finds what a name is served: the name itself first, else its wildcard", () => {
  const { pem, fingerprint } = TWO_ALTERNATIVE_NAMES;
  const wildcard: Verb = {
    kind: "add_certificate",
    value: { address: AT, certificate: certificate(pem) },
  };
  const state = stateWith(wildcard);
  const found = (domain: string) => [...certificates(state.tables, { domain }).certs.keys()];
  assert.deepEqual(found("q.b.example"), [fingerprint]);
  assert.deepEqual(found("Q.B.example."), [fingerprint]);
  assert.deepEqual(found("A.example"), [fingerprint]);
  for (
    const other of ["b.example", "x.q.b.example", ".b.example", "q.a.example", "*.example", ""]
  ) {
    assert.deepEqual(found(other), [], other);
  }
  const own = certificate(COMMON_NAME_ONLY.pem, ["q.b.example"]);
  accept(state, { kind: "add_certificate", value: { address: AT, certificate: own } });
  assert.deepEqual(found("q.b.example"), [COMMON_NAME_ONLY.fingerprint]);
  assert.deepEqual(found("other.b.example"), [fingerprint]);
});

Deno.test("AddCertificate refuses what is not a certificate", () => {
  const state = stateWith();
  for (const pem of ["", "garbage", COMMON_NAME_ONLY.pem.replace("MII", "XII")]) {
    const value = { address: AT, certificate: certificate(pem) };
    assert.equal(refuse(state, { kind: "add_certificate", value }), "certificate");
  }
});

Deno.test("RemoveCertificate takes hexadecimal of either case and tolerates what is unknown", () => {
  const state = stateWith({
    kind: "add_certificate",
    value: { address: AT, certificate: certificate(COMMON_NAME_ONLY.pem) },
  });
  const fingerprint = COMMON_NAME_ONLY.fingerprint.toUpperCase();
  accept(state, { kind: "remove_certificate", value: { address: ELSEWHERE, fingerprint } });
  accept(state, { kind: "remove_certificate", value: { address: AT, fingerprint: "abcd" } });
  assert.equal(certificates(state.tables, {}).certs.size, 1);
  for (const bad of ["xyz", "abc", "ab cd"]) {
    const value = { address: AT, fingerprint: bad };
    assert.equal(refuse(state, { kind: "remove_certificate", value }), "certificate");
  }
  accept(state, { kind: "remove_certificate", value: { address: AT, fingerprint } });
  assert.equal(certificates(state.tables, {}).certs.size, 0);
});

Deno.test("ReplaceCertificate parses the new one before it lets go of the old one", () => {
  const state = stateWith({
    kind: "add_certificate",
    value: { address: AT, certificate: certificate(COMMON_NAME_ONLY.pem) },
  });
  const request = {
    address: AT,
    new_certificate: certificate(TWO_ALTERNATIVE_NAMES.pem),
    old_fingerprint: COMMON_NAME_ONLY.fingerprint,
  };
  const kind = "replace_certificate" as const;
  const garbage = { ...request, new_certificate: certificate("garbage") };
  assert.equal(refuse(state, { kind, value: garbage }), "certificate");
  assert.equal(
    refuse(state, { kind, value: { ...request, old_fingerprint: "no" } }),
    "certificate",
  );
  assert.equal(refuse(state, { kind, value: { ...request, address: ELSEWHERE } }), "not_found");
  accept(state, { kind, value: request });
  const { certs } = certificates(state.tables, {});
  assert.deepEqual([...certs.keys()], [TWO_ALTERNATIVE_NAMES.fingerprint]);
  assert.deepEqual(certs.get(TWO_ALTERNATIVE_NAMES.fingerprint)?.names, [
    "a.example",
    "*.b.example",
  ]);
  const unknown = {
    ...request,
    new_certificate: certificate(HOSTILE_TEXTS.pem),
    old_fingerprint: "00",
  };
  accept(state, { kind, value: unknown });
  assert.equal(certificates(state.tables, {}).certs.size, 2);
});

Deno.test("a certificate that replaces itself keeps its place", () => {
  const add = (pem: string) => ({
    kind: "add_certificate" as const,
    value: { address: AT, certificate: certificate(pem) },
  });
  const state = stateWith(add(COMMON_NAME_ONLY.pem), add(TWO_ALTERNATIVE_NAMES.pem));
  const before = state.dump();
  const value = {
    address: AT,
    new_certificate: certificate(COMMON_NAME_ONLY.pem),
    old_fingerprint: COMMON_NAME_ONLY.fingerprint,
  };
  accept(state, { kind: "replace_certificate", value });
  assert.deepEqual(state.dump(), before);
});

Deno.test("a given expiry is kept when a state is saved, loaded and replayed", () => {
  const expired_at = 2n ** 53n + 1n;
  const state = stateWith(
    {
      kind: "add_certificate",
      value: { address: AT, certificate: certificate(COMMON_NAME_ONLY.pem), expired_at },
    },
    {
      kind: "add_certificate",
      value: { address: ELSEWHERE, certificate: certificate(HOSTILE_TEXTS.pem) },
    },
    {
      kind: "replace_certificate",
      value: {
        address: ELSEWHERE,
        new_certificate: certificate(TWO_ALTERNATIVE_NAMES.pem),
        old_fingerprint: HOSTILE_TEXTS.fingerprint,
        new_expired_at: -1n,
      },
    },
  );
  const text = state.dump().map((content, i) => writeRecord({ id: `SAVE-${i}`, content })).join("");
  const { records } = readRecords(text);
  const replayed = records.map(({ content }) => content.request_type)
    .filter((verb) => verb?.kind === "add_certificate");
  assert.deepEqual(replayed.map((verb) => verb?.value.expired_at), [expired_at, -1n]);
  const copy = stateWith(...replayed);
  assert.ok(copy.equals(state));
});

Deno.test("a certificate without a given expiry is saved without one", () => {
  const state = stateWith({
    kind: "add_certificate",
    value: { address: AT, certificate: certificate(COMMON_NAME_ONLY.pem) },
  });
  const [request] = state.dump();
  assert.ok(request?.request_type?.kind === "add_certificate");
  assert.equal("expired_at" in request.request_type.value, false);
});
