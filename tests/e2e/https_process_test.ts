// HTTPS with real processes, from a configuration file: what a browser sees, what operators see, and that
// no private key is seen by anybody.

import assert from "node:assert/strict";
import { findProgram } from "../bench/load/tools.ts";
import { socketAddress } from "../support/config/commands.ts";
import { runProgram } from "../support/tls/openssl.ts";
import { startOrigin } from "../support/http/origin.ts";
import { freePorts } from "../support/ports.ts";
import { runSozu } from "../support/cli/sozu_cli.ts";
import { SozuProcess, waitFor } from "../support/process/sozu_process.ts";
import { certificateFor, fingerprintOf } from "../support/tls/test_certificates.ts";
import { getSecure, shakeHands } from "../support/tls/tls_client.ts";

const SITE = certificateFor(["site.test"]);
const STATIC = certificateFor(["static.test"]);

/** Lines of a key that identify it wherever it turns up. */
function markersOf(...certificates: readonly { key: string }[]): string[] {
  return certificates.flatMap(({ key }) => key.split("\n").filter((line) => line.length > 60));
}

Deno.test("HTTPS from a file: served by two workers, shown without its keys", async () => {
  await using origin = startOrigin({ kind: "fixed", body: "from the backend" });
  const [port, staticPort] = freePorts(2) as [number, number];
  const frontend = (at: number, host: string) =>
    `{ address = "127.0.0.1:${at}", hostname = "${host}", certificate = "${host}.pem", ` +
    `key = "${host}.key" }`;
  const config = `worker_count = 2
[[listeners]]
protocol = "https"
address = "127.0.0.1:${port}"
[[listeners]]
protocol = "https"
address = "127.0.0.1:${staticPort}"
strict_sni_binding = false
certificate = "static.test.pem"
key = "static.test.key"
[clusters.web]
protocol = "http"
frontends = [${frontend(port, "site.test")}, ${frontend(staticPort, "static.test")}]
backends = [{ address = "${origin.address}" }]
`;
  await using sozu = await SozuProcess.start(config, {
    files: {
      "site.test.pem": SITE.certificate,
      "site.test.key": SITE.key,
      "static.test.pem": STATIC.certificate,
      "static.test.key": STATIC.key,
    },
  });
  // The kernel spreads connections: enough of them meet both workers.
  for (let i = 0; i < 10; i++) {
    const response = await getSecure(port, "site.test", [SITE.certificate]);
    assert.equal(response.text, "from the backend");
    await getSecure(staticPort, "static.test", [STATIC.certificate]);
  }
  assert.equal((await shakeHands(port, "who.test")).commonName, "lolcatho.st");
  assert.equal((await shakeHands(staticPort, "who.test")).commonName, "static.test");

  const run = (...args: string[]) =>
    runSozu(["-c", sozu.configPath, "-t", "20000", ...args], sozu.folder);
  const listed = await run("listener", "list");
  assert.match(listed.stdout, /TLS by [^]* node:tls /);
  assert.match(listed.stdout, /TLS by [^]* runtime /);
  const state = `${sozu.folder}/saved.json`;
  const outputs = [
    listed,
    await run("certificate", "list", "--verbose"),
    await run("certificate", "list", "--domain", "site.test"),
    await run("--json", "listener", "list"),
    await run("--json", "certificate", "list"),
    await run("--json", "certificate", "list", "--fingerprint", fingerprintOf(SITE)),
    await run("status"),
    await run("state", "save", "--file", state),
    await run("certificate", "remove", ...["-a", `127.0.0.1:${port}`, "--fingerprint", "zz"]),
  ];
  const certificates = (outputs[1] as typeof listed).stdout;
  assert.match(certificates, new RegExp(fingerprintOf(SITE)));
  const shown = outputs.map(({ stdout, stderr }) => stdout + stderr).join("\n") + sozu.stderr +
    sozu.stdout;
  for (const marker of markersOf(SITE, STATIC)) assert.ok(!shown.includes(marker), marker);
  // The saved state must hold them: it is what a restart begins with.
  const saved = JSON.stringify(await Deno.readTextFile(state));
  assert.ok(markersOf(SITE).some((marker) => saved.includes(marker)));
  const { mode } = await Deno.stat(state);
  assert.equal((mode ?? 0) & 0o077, 0);
});

Deno.test("a given expiry outlives the worker, and a state that is saved and loaded", async () => {
  const [port] = freePorts(1) as [number];
  const config = `worker_count = 1
[[listeners]]
protocol = "https"
address = "127.0.0.1:${port}"
`;
  await using sozu = await SozuProcess.start(config);
  const keeps = certificateFor(["site.test"], { commonName: "keeps", days: 60 });
  const given = certificateFor(["site.test"], { commonName: "given", days: 10 });
  const address = socketAddress(`127.0.0.1:${port}`);
  const add = (certificate: typeof keeps, expired_at?: bigint) =>
    sozu.expectOk({
      kind: "add_certificate",
      value: { address, certificate, ...(expired_at === undefined ? {} : { expired_at }) },
    });
  const shown = async () => (await shakeHands(port, "site.test")).commonName;
  await add(keeps);
  await add(given, 4_000_000_000n);
  assert.equal(await shown(), "given");

  const [worker] = await sozu.runningWorkers();
  Deno.kill(worker?.pid as number, "SIGKILL");
  await waitFor("another worker to serve", async () => {
    const [next] = await sozu.runningWorkers();
    if (next === undefined || next.pid === worker?.pid) return false;
    return await shown().catch(() => "") !== "";
  });
  assert.equal(await shown(), "given");

  const path = `${sozu.folder}/saved.json`;
  await sozu.expectOk({ kind: "save_state", value: path });
  for (const certificate of [given, keeps]) {
    const fingerprint = fingerprintOf(certificate);
    await sozu.expectOk({ kind: "remove_certificate", value: { address, fingerprint } });
  }
  assert.equal(await shown(), "lolcatho.st");
  await sozu.expectOk({ kind: "load_state", value: path });
  assert.equal(await shown(), "given");
});

const CHROMIUM = findProgram("chromium");

Deno.test({
  name: "Chromium loads a page over HTTPS",
  ignore: CHROMIUM === null,
  async fn() {
    await using origin = startOrigin({
      kind: "fixed",
      headers: [["content-type", "text/html"]],
      body: "<!doctype html><title>t</title><p id=p>before</p>" +
        "<script>fetch('/x').then(r=>r.text()).then(t=>p.textContent='fetched '+t.length)</script>",
    });
    const [port] = freePorts(1) as [number];
    const config = `worker_count = 1
[[listeners]]
protocol = "https"
address = "127.0.0.1:${port}"
[clusters.web]
protocol = "http"
frontends = [{ address = "127.0.0.1:${port}", hostname = "site.test", certificate = "site.pem", key = "site.key" }]
backends = [{ address = "${origin.address}" }]
`;
    await using sozu = await SozuProcess.start(config, {
      files: { "site.pem": SITE.certificate, "site.key": SITE.key },
    });
    const profile = await Deno.makeTempDir();
    try {
      const { text } = await runProgram(
        CHROMIUM as string,
        [
          ...["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"],
          ...["--disable-background-networking", "--disable-component-update", "--disable-sync"],
          ...[`--user-data-dir=${profile}`, "--ignore-certificate-errors"],
          ...["--host-resolver-rules=MAP site.test 127.0.0.1", "--virtual-time-budget=5000"],
          ...["--dump-dom", `https://site.test:${port}/`],
        ],
        "",
        60_000,
      );
      assert.match(text, /fetched \d+/, sozu.stderr);
    } finally {
      await Deno.remove(profile, { recursive: true });
    }
  },
});
