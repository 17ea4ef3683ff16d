// The configuration of README's section on HTTP/2, as it stands but for the ports, and what the section says of it.

import assert from "node:assert/strict";
import { H2_KEYS } from "../../config/file/keys/h2.ts";
import { h2LimitsOf } from "../../src/proxy/listeners/h2_limits.ts";
import { cliOf } from "../support/cli/sozu_cli.ts";
import { getFields, H2Client } from "../support/h2/h2_client.ts";
import { reply, startH2Origin } from "../support/h2/node_origin.ts";
import { startOrigin } from "../support/http/origin.ts";
import { get } from "../support/http/raw_client.ts";
import { freePorts } from "../support/ports.ts";
import { SozuProcess } from "../support/process/sozu_process.ts";
import { certificateFor } from "../support/tls/test_certificates.ts";
import { waitFor } from "../support/wait.ts";
import { getSecure } from "../support/tls/tls_client.ts";

const ADDRESS = /127\.0\.0\.1:(\d+)/g;
const WWW = "www.example.test";
const GRPC = "grpc.example.test";
const SITE = certificateFor([WWW]);

/** README's section. */
function section(): string {
  const readme = Deno.readTextFileSync(new URL("../../README.md", import.meta.url));
  return /\n## HTTP\/2\n(.*?)\n## /s.exec(readme)?.[1] ?? "";
}

/** The configuration of the section. */
function configuration(): string {
  return /```toml\n(.*?)```/s.exec(section())?.[1] ?? "";
}

Deno.test("README: the configuration of the section on HTTP/2 does what the section says", async () => {
  await using web = startOrigin({ kind: "fixed", body: "web" });
  await using grpc = await startH2Origin((request) => reply(request, 200, "grpc"));
  const backends: Record<string, string> = {
    9001: web.address.split(":")[1] as string,
    9002: String(grpc.port),
  };
  const text = configuration();
  const free = freePorts(4);
  const ports = new Map(
    [...new Set([...text.matchAll(ADDRESS)].map(([, port = ""]) => port))]
      .map((port, i) => [port, backends[port] ?? String(free[i])]),
  );
  assert.equal(ports.size, 4);
  const [secure, clear] = ["8443", "8080"].map((port) => Number(ports.get(port))) as [
    number,
    number,
  ];
  const moved = text.replaceAll(ADDRESS, (_, written) => `127.0.0.1:${ports.get(written)}`)
    .replaceAll("certs/", "");
  await using sozu = await SozuProcess.start(`worker_count = 1\n${moved}`, {
    files: { "www.pem": SITE.certificate, "www.key": SITE.key },
  });
  const { ok } = cliOf(sozu);
  const ca = SITE.certificate;
  {
    await using client = await H2Client.open(secure, "TLS", { ca, serverName: WWW });
    assert.equal((await client.ask(1, getFields("/", [], WWW))).text, "web");
    assert.equal((await getSecure(secure, WWW, [ca])).text, "web");
  }
  await using client = await H2Client.open(clear, "clear");
  assert.equal((await client.ask(1, getFields("/", [], WWW))).text, "web");
  assert.equal((await client.ask(3, getFields("/x", [], GRPC))).text, "grpc");
  assert.equal((await get(clear, WWW)).text, "web");
  assert.equal((await get(clear, GRPC)).text, "grpc");
  assert.match(await ok("listener", "list"), /cleartext HTTP\/2/);

  const at = ["--address", `127.0.0.1:${clear}`];
  await ok("listener", "http", "update", ...at, "--no-h2c-prior-knowledge");
  await using refused = await H2Client.open(clear, "clear", { waits: false });
  await refused.gone();
  assert.equal((await client.ask(5, getFields("/", [], WWW))).text, "web");
  await ok("listener", "http", "update", ...at, "--h2c-prior-knowledge");
  await using welcome = await H2Client.open(clear, "clear");
  assert.equal((await welcome.ask(1, getFields("/", [], WWW))).text, "web");

  await ok("cluster", "h2", "enable", "--id", "web");
  assert.equal((await get(clear, WWW)).status, 503, "a backend of HTTP/1.1 is asked in HTTP/2");
  await ok("cluster", "h2", "disable", "--id", "web");
  await waitFor(
    "the backend to be tried again",
    async () => (await get(clear, WWW)).text === "web",
  );
});

Deno.test("README names every bound of HTTP/2, with the defaults that workers use", () => {
  const text = section();
  for (const key of Object.keys(H2_KEYS)) assert.ok(text.includes(`\`${key}\``), key);
  const limits = h2LimitsOf({ back_timeout: 1 });
  const row = (key: string) => text.split("\n").find((line) => line.startsWith(`| \`${key}\``));
  const said: [string, number[]][] = [
    ["h2_max_concurrent_streams", [limits.maxConcurrentStreams]],
    ["h2_initial_connection_window", [limits.connectionWindow]],
    ["h2_stream_idle_timeout_seconds", [limits.streamIdleMs / 1000]],
    ["h2_graceful_shutdown_deadline_seconds", [limits.gracefulShutdownMs / 1000]],
    ["h2_max_header_list_size", [limits.maxHeaderListSize, limits.maxHeaderFields]],
    ["h2_max_continuation_frames", [limits.maxContinuationFrames]],
    ["h2_max_header_table_size", [limits.maxHeaderTableSize]],
    ["h2_max_rst_stream_per_window", [limits.maxResetsPerWindow]],
    ["h2_max_settings_per_window", [limits.maxSettingsPerWindow, limits.maxGlitchesPerWindow]],
    ["h2_max_rst_stream_lifetime", [limits.maxResets]],
    ["h2_max_rst_stream_abusive_lifetime", [limits.maxPreResponseResets]],
    ["h2_stream_refusal_percent", [limits.streamRefusalPercent]],
    ["h2_max_rst_stream_emitted_lifetime", [limits.maxEmittedResets]],
  ];
  for (const [key, values] of said) {
    const standard = row(key)?.split(" | ")[1] ?? "";
    assert.deepEqual(standard.match(/\d+/g)?.map(Number), values, key);
  }
});
