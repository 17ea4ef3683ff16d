// The policy for certificates of clients in the whole program: from a file, by a reload, by requests, and through
// saved states, with a revocation list that expires meanwhile.

import assert from "node:assert/strict";
import { ClientAuthMode, ListenerType, ResponseStatus } from "../../config/schema/messages.ts";
import { writeRecord } from "../../config/codec/saved_state.ts";
import { defaultHttpsListener } from "../../config/state/listener_defaults.ts";
import { startOrigin } from "../support/http/origin.ts";
import { httpListener } from "../support/config/state.ts";
import { socketAddress } from "../support/config/commands.ts";
import { freePorts } from "../support/ports.ts";
import { SozuProcess } from "../support/process/sozu_process.ts";
import { type IssuedCertificate, TestAuthority } from "../support/tls/test_authority.ts";
import { certificateFor } from "../support/tls/test_certificates.ts";

const SITE = certificateFor(["localhost"]);
const ROOT = new TestAuthority("root");

/** Whether a client with this certificate is served. */
async function getsIn(port: number, client: IssuedCertificate | null): Promise<boolean> {
  const shown = client === null ? {} : { cert: client.certificate, key: client.key };
  const hostname = "localhost";
  const connection = await Deno.connectTls({
    hostname,
    port,
    caCerts: [SITE.certificate],
    ...shown,
  });
  try {
    const request = "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    await connection.write(new TextEncoder().encode(request));
    const bytes = new Uint8Array(4096);
    const count = await connection.read(bytes);
    return new TextDecoder().decode(bytes.subarray(0, count ?? 0)).startsWith("HTTP/1.1 200");
  } catch {
    return false;
  } finally {
    connection.close();
  }
}

Deno.test("a reload puts new revocation lists in force; one that has expired is refused where it is stated", async () => {
  const [one, two] = [ROOT.issue(), ROOT.issue()];
  await using origin = startOrigin({ kind: "fixed", body: "ok" });
  const [port, other] = freePorts(2) as [number, number];
  const config = `worker_count = 1
[[listeners]]
protocol = "https"
address = "127.0.0.1:${port}"
client_auth = "required"
client_ca_certificates = ["ca.pem"]
client_ca_crls = ["ca.crl"]
[clusters.web]
protocol = "http"
frontends = [{ address = "127.0.0.1:${port}", hostname = "localhost", certificate = "site.pem", key = "site.key" }]
backends = [{ address = "${origin.address}" }]
`;
  await using sozu = await SozuProcess.start(config, {
    files: {
      "site.pem": SITE.certificate,
      "site.key": SITE.key,
      "ca.pem": ROOT.certificate,
      "ca.crl": ROOT.list({ revoked: [two] }),
    },
  });
  const verdicts = async () => [await getsIn(port, one), await getsIn(port, two)];
  assert.deepEqual(await verdicts(), [true, false]);
  assert.equal(await getsIn(port, null), false);
  const list = `${sozu.folder}/ca.crl`;
  await Deno.writeTextFile(list, ROOT.list({ revoked: [one] }));
  await sozu.expectOk({ kind: "reload_configuration", value: "" });
  assert.deepEqual(await verdicts(), [false, true]);

  // What has expired is refused where an operator states it, and changes nothing.
  const lapsed = ROOT.list({ nextUpdateMs: -5_000 });
  await Deno.writeTextFile(list, lapsed);
  const reloaded = await sozu.request({ kind: "reload_configuration", value: "" });
  assert.equal(reloaded.status, ResponseStatus.FAILURE);
  assert.match(
    reloaded.message,
    /mTLS.*CRL #1 \(counted across client_ca_crls\) expired \d+ seconds/,
  );
  const policy = (list: string) => ({
    client_auth: ClientAuthMode.CLIENT_AUTH_REQUIRED,
    client_ca_certificates: [ROOT.certificate],
    client_ca_crls: [list],
  });
  const address = socketAddress(`127.0.0.1:${port}`);
  const patch = (list: string) => ({
    kind: "update_https_listener_with_client_auth" as const,
    value: { address, answers: new Map(), client_auth_policy: policy(list) },
  });
  const stated = await sozu.request(patch(lapsed));
  assert.equal(stated.status, ResponseStatus.FAILURE);
  assert.match(stated.message, /CRL #1/);
  assert.deepEqual(await verdicts(), [false, true]);

  // A saved state may hold it, because it was good once; it then refuses all whom it covers.
  await sozu.expectOk({ kind: "remove_listener", value: { address, proxy: ListenerType.HTTPS } });
  const saved = [
    {
      kind: "add_https_listener_with_client_auth" as const,
      value: { ...defaultHttpsListener(address), ...policy(lapsed) },
    },
    {
      kind: "activate_listener" as const,
      value: { address, proxy: ListenerType.HTTPS, from_scm: false },
    },
  ];
  const records = saved.map((request_type, at) =>
    writeRecord({ id: `SAVE-${at}`, content: { request_type } })
  );
  await Deno.writeTextFile(`${sozu.folder}/state.json`, records.join(""));
  await sozu.expectOk({ kind: "load_state", value: "state.json" });
  assert.deepEqual(await verdicts(), [false, false]);
  await sozu.expectOk(patch(ROOT.list()));
  assert.deepEqual(await verdicts(), [true, true]);

  const device = await sozu.request({
    kind: "add_http_listener",
    value: httpListener({ address: socketAddress(`127.0.0.1:${other}`), interface: "lo" }),
  });
  assert.equal(device.status, ResponseStatus.FAILURE);
  assert.match(device.message, /interface.*SO_BINDTODEVICE/);
});
