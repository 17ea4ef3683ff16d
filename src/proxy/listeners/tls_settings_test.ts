import assert from "node:assert/strict";
import {
  DEFAULT_ALPN_PROTOCOLS,
  DEFAULT_CIPHERS,
  DEFAULT_GROUPS,
  DEFAULT_TLS13_TICKETS,
  SIGNATURE_ALGORITHMS,
} from "../../../config/defaults.ts";
import { TlsVersion } from "../../../config/schema/messages.ts";
import { httpsListener } from "../../../tests/support/tls/https_proxy.ts";
import { announcedProtocols, unenforcedSettings, versionRange } from "./tls_settings.ts";

Deno.test("versionRange() offers what of the list is supported, both without one", () => {
  const { SSL_V3, TLS_V1_0, TLS_V1_1, TLS_V1_2, TLS_V1_3 } = TlsVersion;
  assert.deepEqual(versionRange([]), { min: "TLSv1.2", max: "TLSv1.3" });
  assert.deepEqual(versionRange([TLS_V1_3, TLS_V1_2]), { min: "TLSv1.2", max: "TLSv1.3" });
  assert.deepEqual(versionRange([TLS_V1_2, SSL_V3]), { min: "TLSv1.2", max: "TLSv1.2" });
  assert.deepEqual(versionRange([TLS_V1_3]), { min: "TLSv1.3", max: "TLSv1.3" });
  assert.match(String(versionRange([TLS_V1_0, TLS_V1_1])), /no TLS version is left/);
});

Deno.test("announcedProtocols() leaves out what is not served, but never negotiates nothing", () => {
  assert.deepEqual(announcedProtocols([]), ["h2", "http/1.1"]);
  assert.deepEqual(announcedProtocols(["http/1.1", "h2", "h3"]), ["http/1.1", "h2"]);
  // A client that offers only other protocols must fail, not fall back.
  assert.deepEqual(announcedProtocols(["h3"]), ["none"]);
});

Deno.test("unenforcedSettings() names what differs from what the runtime does", () => {
  const names = (settings: Parameters<typeof httpsListener>[1]) =>
    unenforcedSettings(httpsListener(1, settings)).map(([name]) => name);
  assert.deepEqual(names({}), []);
  assert.deepEqual(
    names({
      cipher_list: [...DEFAULT_CIPHERS],
      cipher_suites: [...DEFAULT_CIPHERS],
      groups_list: [...DEFAULT_GROUPS],
      signature_algorithms: [...SIGNATURE_ALGORITHMS],
      alpn_protocols: [...DEFAULT_ALPN_PROTOCOLS],
      send_tls13_tickets: DEFAULT_TLS13_TICKETS,
    }),
    [],
  );
  assert.deepEqual(
    names({
      cipher_list: ["TLS13_AES_128_GCM_SHA256"],
      cipher_suites: ["x"],
      groups_list: ["P-384"],
      signature_algorithms: ["RSA+SHA256"],
      send_tls13_tickets: 0n,
      versions: [TlsVersion.SSL_V3, TlsVersion.TLS_V1_3],
    }),
    [
      "cipher_list",
      "cipher_suites",
      "groups_list",
      "signature_algorithms",
      "send_tls13_tickets",
      "tls_versions",
    ],
  );
});
