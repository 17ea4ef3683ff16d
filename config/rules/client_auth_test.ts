import assert from "node:assert/strict";
import { ClientAuthMode, UpdateHttpsListenerConfig } from "../schema/messages.ts";
import type { Verb } from "../state/verbs.ts";
import { address, httpListener, httpsListener } from "../../tests/support/config/state.ts";
import { servable } from "./admission.ts";
import { missingFeature } from "./missing_features.ts";

const { CLIENT_AUTH_NONE, CLIENT_AUTH_OPTIONAL, CLIENT_AUTH_REQUIRED } = ClientAuthMode;
const AT = address("127.0.0.1:443");

const patch = (client_auth: number): Verb => ({
  kind: "update_https_listener",
  value: {
    ...UpdateHttpsListenerConfig.empty(),
    address: AT,
    client_auth_policy: {
      client_auth: client_auth as ClientAuthMode,
      client_ca_certificates: ["CA"],
      client_ca_crls: [],
    },
  },
});
const addition = (client_auth: number): Verb => ({
  kind: "add_https_listener_with_client_auth",
  value: httpsListener({
    client_auth: client_auth as ClientAuthMode,
    client_ca_certificates: ["CA"],
  }),
});

Deno.test("every verb that states a policy has it checked, with the field and the cause", () => {
  const asked: unknown[] = [];
  const admit = servable(() => null, (texts) => {
    asked.push(texts.required);
    return "client_ca_crls: entry 1 is malformed";
  });
  for (const make of [patch, addition]) {
    assert.equal(admit(make(CLIENT_AUTH_NONE)), null);
    for (const mode of [CLIENT_AUTH_OPTIONAL, CLIENT_AUTH_REQUIRED]) {
      const refusal = admit(make(mode));
      assert.equal(refusal?.field, "client_ca_crls");
      assert.equal(
        refusal?.message,
        "failed to configure client certificate authentication (mTLS): " +
          "client_ca_crls: entry 1 is malformed",
      );
    }
    // Never taken for none.
    assert.equal(admit(make(9))?.kind, "unknown_enum_value");
  }
  assert.deepEqual(asked, [false, true, false, true]);
});

Deno.test("a listener on a network device is refused with the reason and what to do", () => {
  const verbs: Verb[] = [
    { kind: "add_http_listener", value: httpListener({ interface: "eth0" }) },
    { kind: "add_https_listener", value: httpsListener({ interface: "eth0" }) },
    {
      kind: "activate_listener",
      value: { address: AT, proxy: 0, from_scm: false, interface: "e" },
    },
    { kind: "remove_listener", value: { address: AT, proxy: 1, interface: "e" } },
  ];
  for (const verb of verbs) {
    const refusal = missingFeature(verb);
    assert.equal(refusal?.field, "interface", verb.kind);
    assert.match(refusal?.message ?? "", /SO_BINDTODEVICE.*listen on an IP address of that device/);
  }
  assert.equal(missingFeature({ kind: "add_http_listener", value: httpListener({}) }), null);
});
