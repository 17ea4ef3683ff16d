// A worker that has begun without HTTP/2 serves it from the moment in which the command that wants it is answered,
// while HTTP/1.1 goes on.

import assert from "node:assert/strict";
import { cliOf } from "../support/cli/sozu_cli.ts";
import { getFields, H2Client } from "../support/h2/h2_client.ts";
import { reply, startH2Origin } from "../support/h2/node_origin.ts";
import { startOrigin } from "../support/http/origin.ts";
import { get } from "../support/http/raw_client.ts";
import { SteadyLoad } from "../support/http/steady_load.ts";
import { freePorts } from "../support/ports.ts";
import { SozuProcess } from "../support/process/sozu_process.ts";
import { certificateFor } from "../support/tls/test_certificates.ts";
import { waitFor } from "../support/wait.ts";

const HOST = "app.test";
const SITE = certificateFor([HOST]);

/** A worker that serves HTTP/1.1 with `backend`, and is under load. */
async function startPlain(backend: string) {
  const [port, secure] = freePorts(2) as [number, number];
  const sozu = await SozuProcess.start(
    `worker_count = 1
[[listeners]]
protocol = "http"
address = "127.0.0.1:${port}"

[clusters.app]
protocol = "http"
frontends = [{ address = "127.0.0.1:${port}", hostname = "${HOST}" }]
backends = [{ address = "${backend}" }]
`,
    { files: { "site.pem": SITE.certificate, "site.key": SITE.key } },
  );
  const load = new SteadyLoad({ port, host: HOST, single: 2, kept: 2, pauseMs: 1 });
  await waitFor("the load", () => load.answered > 100);
  return { port, secure, sozu, load, ok: cliOf(sozu).ok };
}

Deno.test("HTTP/2 without TLS is served at once when a listener begins to take it", async () => {
  await using origin = startOrigin({ kind: "fixed", body: "one" });
  const { port, sozu, load, ok } = await startPlain(origin.address);
  await using _sozu = sozu;
  await using _load = load;
  await ok("listener", "http", "update", "--address", `127.0.0.1:${port}`, "--h2c-prior-knowledge");
  const clients = Array.from({ length: 20 }, async () => {
    await using client = await H2Client.open(port, "clear");
    return (await client.ask(1, getFields("/", [], HOST))).text;
  });
  assert.deepEqual(new Set(await Promise.all(clients)), new Set(["one"]));
  await load.stop();
  assert.deepEqual(load.failures, []);
});

Deno.test("a cluster that becomes one of HTTP/2 is reached in it by the next request", async () => {
  await using one = startOrigin({ kind: "fixed", body: "one" });
  await using two = await startH2Origin((seen) => reply(seen, 200, "two"));
  const { port, sozu, load, ok } = await startPlain(one.address);
  await using _sozu = sozu;
  await using _load = load;
  const frontend = [
    "--address",
    `127.0.0.1:${port}`,
    "--hostname",
    "two.test",
    "--path-prefix",
    "/",
  ];
  await ok("cluster", "add", "--id", "two", "--load-balancing-policy", "round_robin", "--http2");
  await ok("backend", "add", "--id", "two", "--backend-id", "two-1", "--address", two.address);
  await ok("frontend", "http", "add", ...frontend, "id", "two");
  const texts = Array.from({ length: 20 }, async () => (await get(port, "two.test")).text);
  assert.deepEqual(new Set(await Promise.all(texts)), new Set(["two"]));
  await load.stop();
  assert.deepEqual(load.failures, []);
});

Deno.test("an HTTPS listener that is added speaks HTTP/2 with its first client", async () => {
  await using origin = startOrigin({ kind: "fixed", body: "one" });
  const { secure, sozu, load, ok } = await startPlain(origin.address);
  await using _sozu = sozu;
  await using _load = load;
  const at = ["--address", `127.0.0.1:${secure}`];
  const files = ["--certificate", `${sozu.folder}/site.pem`, "--key", `${sozu.folder}/site.key`];
  await ok("listener", "https", "add", ...at);
  await ok("certificate", "add", ...at, ...files);
  await ok("frontend", "https", "add", ...at, "--hostname", HOST, "-p", "/", "id", "app");
  await ok("listener", "https", "activate", ...at);
  await using client = await H2Client.open(secure, "TLS", {
    ca: SITE.certificate,
    serverName: HOST,
  });
  assert.equal((await client.ask(1, getFields("/", [], HOST))).text, "one");
  await load.stop();
  assert.deepEqual(load.failures, []);
});
