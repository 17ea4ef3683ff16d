// What accepting survives: connections that have gone while they waited in the queue, and want of
// descriptors.

import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:tls";
import { certificateFor } from "../support/tls/test_certificates.ts";
import { freePort } from "../support/ports.ts";
import { connectRaw, readResponse } from "../support/http/raw_client.ts";
import { resetConnections, type ResetPlace } from "../support/http/resets.ts";
import { SozuProcess, TestClient, waitFor } from "../support/process/sozu_process.ts";
import { getSecure } from "../support/tls/tls_client.ts";
import type { Wire } from "../support/session/wire.ts";
import { within } from "../support/wait.ts";

const ignore = Deno.build.os !== "linux";

/** More would not fit into the queue of a unix socket. */
const RESETS = 60;

/** A tenth of a second for each of them would be six seconds. */
const SOON_MS = 3_000;

const { certificate, key } = certificateFor(["a.test"]);

interface Ports {
  readonly http: number;
  readonly one: number;
  readonly sni: number;
  readonly tcp: number;
  readonly metrics: number;
}

function configWith({ http, one, sni, tcp, metrics }: Ports): string {
  const own = 'certificate = "c.pem"\nkey = "k.pem"\nstrict_sni_binding = false\n';
  const kinds = [["http", http, ""], ["https", one, own], ["https", sni, ""], ["tcp", tcp, ""]];
  const listeners = kinds.map(([protocol, port, more]) =>
    `[[listeners]]\nprotocol = "${protocol}"\naddress = "127.0.0.1:${port}"\n${more}`
  );
  return `worker_count = 1
[prometheus]
address = "127.0.0.1:${metrics}"
${listeners.join("\n")}
[clusters.tcp]
protocol = "tcp"
frontends = [{ address = "127.0.0.1:${tcp}" }]
backends = [{ address = "127.0.0.1:${http}" }]
[clusters.web]
protocol = "http"
frontends = [
  { address = "127.0.0.1:${sni}", hostname = "a.test", certificate = "c.pem", key = "k.pem" },
]
backends = [{ address = "127.0.0.1:${http}" }]
`;
}

/** Answers 404 for a name that nobody has: the proxy is reached. */
async function ask(port: number, path = "/"): Promise<number> {
  using wire = await connectRaw(port);
  await wire.write(`GET ${path} HTTP/1.1\r\nHost: nobody\r\n\r\n`);
  return (await readResponse(wire)).status;
}

Deno.test({
  name: "connections that have gone from the queue hold nobody up, whatever listens",
  ignore,
  async fn() {
    const ports = {
      http: freePort(),
      one: freePort(),
      sni: freePort(),
      tcp: freePort(),
      metrics: freePort(),
    };
    const files = { "c.pem": certificate, "k.pem": key };
    await using sozu = await SozuProcess.start(configWith(ports), { files });
    await waitFor(
      "the metrics",
      () => ask(ports.metrics, "/metrics").then((s) => s === 200, () => false),
    );
    const [worker] = await sozu.workers();
    const pids = [sozu.pid, worker?.pid ?? 0];
    const places: ResetPlace[] = [
      ...Object.values(ports).map((port) => ({ port })),
      { path: sozu.socketPath },
    ];
    // Nobody accepts while they come and go.
    for (const pid of pids) Deno.kill(pid, "SIGSTOP");
    try {
      for (const place of places) resetConnections(place, RESETS);
    } finally {
      for (const pid of pids) Deno.kill(pid, "SIGCONT");
    }
    const listing = async () => {
      using client = await TestClient.connect(sozu.socketPath);
      await client.request({ kind: "list_workers", value: {} });
    };
    await Promise.all([
      within("HTTP", SOON_MS, ask(ports.http)),
      within("TCP", SOON_MS, ask(ports.tcp)),
      within("HTTPS", SOON_MS, getSecure(ports.sni, "a.test", [certificate])),
      within("HTTPS without names", SOON_MS, handshake(ports.one)),
      within("metrics", SOON_MS, ask(ports.metrics, "/metrics")),
      within("the command socket", SOON_MS, listing()),
    ]);
  },
});

/** Begins a handshake and waits for its end, whether there is a certificate to show or an alert. */
async function handshake(port: number): Promise<void> {
  const socket = connect({ port, host: "127.0.0.1", rejectUnauthorized: false });
  await once(socket, "secureConnect").catch((error: Error) => assert.match(error.message, /alert/));
  socket.destroy();
}

/** Sets the limit of descriptors of a running process. */
async function limitDescriptors(pid: number, soft: number | null): Promise<void> {
  const args = ["--pid", String(pid), `--nofile=${soft === null ? "4096" : soft}:`];
  const { success, stderr } = await new Deno.Command("prlimit", { args }).output();
  assert.ok(success, new TextDecoder().decode(stderr));
}

async function hasPrlimit(): Promise<boolean> {
  try {
    return (await new Deno.Command("prlimit", { args: ["--version"] }).output()).success;
  } catch {
    console.error("prlimit is not installed: want of descriptors is not tested");
    return false;
  }
}

Deno.test({
  name: "want of descriptors is told once, and accepting goes on when there are some again",
  ignore: ignore || !(await hasPrlimit()),
  async fn() {
    const [port, metrics] = [freePort(), freePort()];
    await using sozu = await SozuProcess.start(`worker_count = 1
[prometheus]
address = "127.0.0.1:${metrics}"
[[listeners]]
protocol = "http"
address = "127.0.0.1:${port}"
`);
    await waitFor(
      "the metrics",
      () => ask(metrics, "/metrics").then((s) => s === 200, () => false),
    );
    const [worker] = await sozu.workers();
    const cases = [
      { pid: worker?.pid ?? 0, at: port, path: "/", line: "Connections cannot be accepted" },
      { pid: sozu.pid, at: metrics, path: "/metrics", line: "Scrapers cannot be accepted" },
    ];
    for (const { pid, at, path, line } of cases) {
      const open = [...Deno.readDirSync(`/proc/${pid}/fd`)];
      await limitDescriptors(pid, open.length + 4);
      const wires: Wire[] = [];
      for (let i = 0; i < 60; i++) wires.push(await connectRaw(at));
      await waitFor("the line", () => sozu.stderr.includes(line));
      await new Promise((resolve) => setTimeout(resolve, 500));
      assert.equal(sozu.stderr.split(line).length, 2, "it is told once");
      assert.match(sozu.stderr, new RegExp(`${line} \\(1 times\\): .*[Tt]oo many open files`));
      await limitDescriptors(pid, null);
      await within(line, SOON_MS, ask(at, path));
      for (const wire of wires) wire.close();
    }
  },
});
