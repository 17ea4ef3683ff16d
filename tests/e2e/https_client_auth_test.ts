// Certificates of clients over real handshakes: who gets in, who does not and what they see, and that neither an
// old session nor a change of the listener lets anybody pass.

import assert from "node:assert/strict";
import { ClientAuthMode, type HttpsListenerConfig } from "../../config/schema/messages.ts";
import { startOrigin } from "../support/http/origin.ts";
import { readResponse } from "../support/http/raw_client.ts";
import { ClientFiles } from "../support/tls/client_files.ts";
import { type HttpsProxy, startHttpsProxy } from "../support/tls/https_proxy.ts";
import { OPENSSL, opensslClient } from "../support/tls/openssl.ts";
import { TestAuthority, withForgedKey } from "../support/tls/test_authority.ts";
import { certificateFor } from "../support/tls/test_certificates.ts";
import { connectSecure, getSecure } from "../support/tls/tls_client.ts";

const APP = certificateFor(["app.test"]);
const ROOT = new TestAuthority("client root");
const REQUEST = "GET / HTTP/1.1\r\nHost: app.test\r\nConnection: close\r\n\r\n";
const SERVED = /from the backend/;
const VERSIONS = ["1_2", "1_3"] as const;
const { CLIENT_AUTH_NONE, CLIENT_AUTH_OPTIONAL, CLIENT_AUTH_REQUIRED } = ClientAuthMode;

/** A listener that asks for certificates of {@link ROOT}. */
function asking(client_auth: ClientAuthMode, ...lists: string[]): Partial<HttpsListenerConfig> {
  return { client_auth, client_ca_certificates: [ROOT.certificate], client_ca_crls: lists };
}

/** What openssl sees when it asks with these options. */
async function ask(proxy: HttpsProxy, version: string, options: readonly string[] = []) {
  const args = [`-tls${version}`, "-servername", "app.test", ...options];
  return (await opensslClient(proxy.httpsPort, args, REQUEST)).text;
}

async function patch(proxy: HttpsProxy, mode: ClientAuthMode, cas: string[], lists: string[] = []) {
  await proxy.updateHttps({
    client_auth_policy: { client_auth: mode, client_ca_certificates: cas, client_ca_crls: lists },
  });
}

Deno.test({
  name:
    "openssl: a required certificate is verified; whoever has none or a bad one does not get in",
  ignore: OPENSSL === null,
  async fn() {
    using files = new ClientFiles();
    const middle = new TestAuthority("middle", ROOT);
    const [good, revoked, below] = [ROOT.issue(), ROOT.issue(), middle.issue()];
    const foreign = new TestAuthority("client root").issue();
    const self = certificateFor(["self.test"]);
    const server = ROOT.issue({ purposes: ["1.3.6.1.5.5.7.3.1"] });
    const show = {
      good: files.openssl("good", good),
      below: files.openssl("below", below, [middle.certificate]),
      revoked: files.openssl("revoked", revoked),
      expired: files.openssl("expired", ROOT.issue({ days: [-9, -1] })),
      early: files.openssl("early", ROOT.issue({ days: [1, 9] })),
      foreign: files.openssl("foreign", foreign),
      self: files.openssl("self", self),
      server: files.openssl("server", server),
      old: files.openssl("old", ROOT.issue({ version: 1 })),
      forged: files.openssl("forged", { ...good, key: withForgedKey(good) }),
    };
    const lists = [ROOT.list({ revoked: [revoked] }), middle.list()];
    await using origin = startOrigin({ kind: "fixed", body: "from the backend" });
    const options = { backends: [origin.address], certificates: [APP] };
    await using proxy = await startHttpsProxy({
      ...options,
      https: asking(CLIENT_AUTH_REQUIRED, ...lists),
    });
    for (const version of VERSIONS) {
      assert.match(await ask(proxy, version, show.good), SERVED);
      assert.match(await ask(proxy, version, show.below), SERVED);
    }
    const before = origin.requests.length;
    // TLS 1.3 clients learn it after their own part of the handshake, as the end of the connection.
    const alerts: [keyof typeof show, RegExp][] = [
      ["revoked", /alert certificate revoked/],
      ["expired", /alert certificate expired/],
      ["early", /alert bad certificate/],
      ["foreign", /alert unknown ca/],
      ["self", /alert unknown ca/],
      ["server", /alert unsupported certificate/],
      ["old", /alert bad certificate/],
    ];
    for (const [name, alert] of alerts) {
      assert.match(await ask(proxy, "1_2", show[name]), alert, name);
      const late = await ask(proxy, "1_3", show[name]);
      assert.doesNotMatch(late, SERVED, name);
      assert.doesNotMatch(late, /New Session Ticket arrived/i, name);
    }
    assert.equal(proxy.count("tls.handshake.failed.invalid_certificate"), 2 * alerts.length);
    for (const version of VERSIONS) {
      assert.match(
        await ask(proxy, version, show.forged),
        /alert (?:bad certificate|decrypt error)/,
      );
      assert.match(await ask(proxy, version), /alert certificate required/);
    }
    assert.equal(proxy.count("tls.handshake.failed.no_certificates_present"), 2);
    assert.equal(origin.requests.length, before);
  },
});

Deno.test({
  name: "openssl: an optional certificate may be missing, not bad",
  ignore: OPENSSL === null,
  async fn() {
    using files = new ClientFiles();
    const good = files.openssl("good", ROOT.issue());
    const foreign = files.openssl("foreign", new TestAuthority("other").issue());
    await using origin = startOrigin({ kind: "fixed", body: "from the backend" });
    await using proxy = await startHttpsProxy({
      backends: [origin.address],
      certificates: [APP],
      https: asking(CLIENT_AUTH_OPTIONAL),
    });
    for (const version of VERSIONS) {
      assert.match(await ask(proxy, version), SERVED);
      assert.match(await ask(proxy, version, good), SERVED);
      assert.doesNotMatch(await ask(proxy, version, foreign), SERVED);
    }
    assert.equal(proxy.count("tls.handshake.failed.invalid_certificate"), VERSIONS.length);
  },
});

Deno.test({
  name: "openssl: an old session opens nothing that its certificate does not open now",
  ignore: OPENSSL === null,
  async fn() {
    using files = new ClientFiles();
    const other = new TestAuthority("other");
    const client = ROOT.issue();
    const good = files.openssl("good", client);
    await using origin = startOrigin({ kind: "fixed", body: "from the backend" });
    for (const version of VERSIONS) {
      await using proxy = await startHttpsProxy({
        backends: [origin.address],
        certificates: [APP],
      });
      const session = (name: string) => files.path(`${name}${version}`);
      const anonymous = ["-sess_out", session("anonymous")];
      const known = [...good, "-sess_out", session("known")];
      assert.match(await ask(proxy, version, anonymous), SERVED);
      await patch(proxy, CLIENT_AUTH_REQUIRED, [ROOT.certificate]);
      assert.match(await ask(proxy, version, known), SERVED);

      const resumed = async (name: string) => {
        const text = await ask(proxy, version, [...good, "-sess_in", session(name)]);
        const was = proxy.count("tls.handshake.resumed");
        return { served: SERVED.test(text), was };
      };
      // The library resumes it: only then is there something to be checked here.
      assert.deepEqual(await resumed("known"), { served: true, was: 1 });
      assert.equal((await resumed("anonymous")).served, false);
      await patch(proxy, CLIENT_AUTH_REQUIRED, [other.certificate]);
      assert.equal((await resumed("known")).served, false);
      await patch(proxy, CLIENT_AUTH_REQUIRED, [ROOT.certificate], [ROOT.list()]);
      assert.equal((await resumed("known")).served, true);
      await patch(proxy, CLIENT_AUTH_REQUIRED, [ROOT.certificate], [
        ROOT.list({ revoked: [client] }),
      ]);
      assert.equal((await resumed("known")).served, false);
      await patch(proxy, CLIENT_AUTH_OPTIONAL, [ROOT.certificate], [
        ROOT.list({ revoked: [client] }),
      ]);
      assert.equal((await resumed("known")).served, false);
      assert.equal((await resumed("anonymous")).served, true);
    }
  },
});

Deno.test("a change of the policy is for later handshakes and leaves open connections alone", async () => {
  await using origin = startOrigin({ kind: "fixed", body: "from the backend" });
  await using proxy = await startHttpsProxy({ backends: [origin.address], certificates: [APP] });
  using open = await connectSecure(proxy.httpsPort, "app.test", [APP.certificate]);
  const served = async () => {
    await open.write("GET / HTTP/1.1\r\nHost: app.test\r\n\r\n");
    return (await readResponse(open)).status;
  };
  assert.equal(await served(), 200);
  await patch(proxy, CLIENT_AUTH_REQUIRED, [ROOT.certificate]);
  await assert.rejects(getSecure(proxy.httpsPort, "app.test", [APP.certificate]));
  assert.equal(await served(), 200);
  // What cannot be in force changes nothing.
  await assert.rejects(patch(proxy, CLIENT_AUTH_OPTIONAL, []), /mTLS.*client_ca_certificates/);
  await assert.rejects(getSecure(proxy.httpsPort, "app.test", [APP.certificate]));
  await patch(proxy, CLIENT_AUTH_NONE, []);
  assert.equal((await getSecure(proxy.httpsPort, "app.test", [APP.certificate])).status, 200);
  assert.equal(await served(), 200);
});

Deno.test("two hundred new revocation lists under handshakes: every verdict is the right one", async () => {
  const clients = [ROOT.issue({ commonName: "even" }), ROOT.issue({ commonName: "odd" })] as const;
  await using origin = startOrigin({ kind: "fixed", body: "from the backend" });
  // The runtime's client takes a name only from the host that it connects to.
  const local = certificateFor(["localhost"]);
  const request = REQUEST.replace("app.test", "localhost");
  await using proxy = await startHttpsProxy({
    backends: [origin.address],
    certificates: [local],
    hosts: ["localhost"],
  });
  const getsIn = async ({ certificate, key }: { certificate: string; key: string }) => {
    const connection = await Deno.connectTls({
      hostname: "localhost",
      port: proxy.httpsPort,
      caCerts: [local.certificate],
      cert: certificate,
      key,
    });
    try {
      const bytes = new Uint8Array(4096);
      await connection.write(new TextEncoder().encode(request));
      return await connection.read(bytes) !== null;
    } catch {
      return false;
    } finally {
      connection.close();
    }
  };
  let wrong = 0;
  for (let round = 0; round < 200; round++) {
    const revoked = clients[round % 2] as typeof clients[0];
    const allowed = clients[(round + 1) % 2] as typeof clients[0];
    await patch(proxy, CLIENT_AUTH_REQUIRED, [ROOT.certificate], [
      ROOT.list({ revoked: [revoked] }),
    ]);
    const [bad, good] = await Promise.all([getsIn(revoked), getsIn(allowed)]);
    if (bad || !good) wrong++;
  }
  assert.equal(wrong, 0);
});

Deno.test("a listener with a certificate of its own asks clients all the same, from a patch on", async () => {
  await using origin = startOrigin({ kind: "fixed", body: "from the backend" });
  await using proxy = await startHttpsProxy({
    https: { strict_sni_binding: false, certificate: APP.certificate, key: APP.key },
    backends: [origin.address],
    certificates: [APP],
  });
  const status = async () =>
    (await getSecure(proxy.httpsPort, "app.test", [APP.certificate])).status;
  assert.equal(await status(), 200);
  await patch(proxy, CLIENT_AUTH_REQUIRED, [ROOT.certificate]);
  await assert.rejects(status());
  await patch(proxy, CLIENT_AUTH_OPTIONAL, [ROOT.certificate]);
  assert.equal(await status(), 200);
});
