import assert from "node:assert/strict";
import { reply, startH2Origin } from "../support/h2/node_origin.ts";
import { get } from "../support/http/raw_client.ts";
import { freePort } from "../support/ports.ts";
import { cliOf } from "../support/cli/sozu_cli.ts";
import { SozuProcess } from "../support/process/sozu_process.ts";

Deno.test("http2 of a cluster is read from the file, and switched at runtime for the next request", async () => {
  await using origin = await startH2Origin((seen) => reply(seen, 200, "two"));
  const port = freePort();
  await using sozu = await SozuProcess.start(`worker_count = 1
[[listeners]]
protocol = "http"
address = "127.0.0.1:${port}"

[clusters.app]
protocol = "http"
http2 = true
frontends = [{ address = "127.0.0.1:${port}", hostname = "app.test" }]
backends = [{ address = "${origin.address}" }]
`);
  const { ok } = cliOf(sozu);
  assert.equal((await get(port, "app.test")).text, "two");
  await ok("cluster", "h2", "disable", "--id", "app");
  assert.equal((await get(port, "app.test")).status, 502);
  await ok("cluster", "h2", "enable", "--id", "app");
  assert.equal((await get(port, "app.test")).text, "two");
});
