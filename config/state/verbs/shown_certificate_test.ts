import assert from "node:assert/strict";
import type { AddCertificate } from "../../schema/messages.ts";
import { address, certificate } from "../../../tests/support/config/state.ts";
import { ConfigState } from "../state.ts";
import { shownCertificate } from "./shown_certificate.ts";

const AT = address("127.0.0.1:443");

/** A state in which the text of a certificate is its fingerprint; all expire at the same time. */
function stateWith(...added: readonly (readonly [string, string[], bigint?])[]): ConfigState {
  const state = new ConfigState((pem) => ({ fingerprint: pem, names: [], notAfter: 100 }));
  for (const [text, names, expiredAt] of added) {
    assert.equal(add(state, text, names, expiredAt), null);
  }
  return state;
}

function add(state: ConfigState, text: string, names: string[], expired_at?: bigint) {
  const value: AddCertificate = {
    address: AT,
    certificate: { ...certificate(text), names },
    ...(expired_at === undefined ? {} : { expired_at }),
  };
  return state.apply({ request_type: { kind: "add_certificate", value } });
}

function replace(state: ConfigState, text: string, names: string[]): void {
  const new_certificate = { ...certificate(text), names };
  const value = { address: AT, new_certificate, old_fingerprint: text };
  assert.equal(state.apply({ request_type: { kind: "replace_certificate", value } }), null);
}

function shown(state: ConfigState, domain: string): string | null {
  const found = shownCertificate([...state.tables.certificates.values()], domain);
  return found === null ? null : `${found.stored.fingerprint} ${found.name}`;
}

Deno.test("shownCertificate() is the exact name before the wildcard, whatever the life, in any spelling", () => {
  const state = stateWith(["aa", ["*.B.test"], 900n], ["bb", ["x.b.test"]]);
  assert.equal(shown(state, "X.b.TEST."), "bb x.b.test");
  assert.equal(shown(state, "y.b.test"), "aa *.b.test");
  assert.equal(shown(state, "b.test"), null);
  assert.equal(shown(state, "z.y.b.test"), null);
  assert.equal(shown(stateWith(["cc", ["*"]]), "localhost"), "cc *");
});

Deno.test("shownCertificate() is the longest-lived one, and of equals the last that was added or changed", () => {
  assert.equal(
    shown(stateWith(["aa", ["a.test"]], ["bb", ["a.test"], 50n]), "a.test"),
    "aa a.test",
  );
  const state = stateWith(["aa", ["a.test"]], ["bb", ["a.test"]]);
  assert.equal(shown(state, "a.test"), "bb a.test");
  // The same once more changes nothing, other names do.
  replace(state, "aa", ["a.test"]);
  assert.equal(shown(state, "a.test"), "bb a.test");
  replace(state, "aa", ["a.test", "more.test"]);
  assert.equal(shown(state, "a.test"), "aa a.test");
  assert.equal(shown(state, "more.test"), "aa more.test");
  // A state that is built from the dump decides alike.
  const again = stateWith();
  for (const request of state.dump()) assert.equal(again.apply(request), null);
  assert.equal(shown(again, "a.test"), "aa a.test");
});

Deno.test("a certificate with a name that cannot be found is refused by main, and nothing is stored", () => {
  const state = stateWith();
  assert.match(add(state, "aa", ["a..test"])?.message ?? "", /cannot host a certificate name/);
  assert.equal(state.tables.certificates.size, 0);
});
