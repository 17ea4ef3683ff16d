// What the log says to somebody who looks for the reason of a failure: a backend that refuses, a request
// without a route. And when things happened.

import assert from "node:assert/strict";
import { freePort } from "../support/ports.ts";
import { get } from "../support/http/raw_client.ts";
import { configFor } from "../support/config/served_config.ts";
import { sozuCommand } from "../support/cli/sozu_cli.ts";
import { SozuProcess, waitFor } from "../support/process/sozu_process.ts";

Deno.test("the first failure of a backend is one warning with the system's reason", async () => {
  const [port, closed] = [freePort(), freePort()];
  await using sozu = await SozuProcess.start(
    configFor(port, `127.0.0.1:${closed}`, "worker_count = 1"),
  );
  const warnings = () => sozu.stderr.split("\n").filter((line) => line.includes("Connecting to"));
  for (let i = 0; i < 3; i++) assert.equal((await get(port, "app.test")).status, 503);
  await waitFor("the warning", () => warnings().length > 0);
  assert.equal(warnings().length, 1);
  assert.match(
    warnings()[0] ?? "",
    new RegExp(`WARN .*127\\.0\\.0\\.1:${closed}\\) of cluster "app" failed: .*os error 111`),
  );
});

Deno.test("at the level debug a 404 is explained, at info it is not", async () => {
  const port = freePort();
  await using sozu = await SozuProcess.start(
    configFor(port, "127.0.0.1:1", 'worker_count = 1\nlog_level = "info"'),
  );
  const lines = () => sozu.stderr.split("\n").filter((line) => line.includes("No route"));
  assert.equal((await get(port, "www.app.test", "/quiet")).status, 404);
  await sozu.expectOk({ kind: "Logging", value: "debug" });
  assert.equal((await get(port, "www.app.test", "/some/path?q=1")).status, 404);
  await waitFor("the line", () => lines().length > 0);
  assert.equal(lines().length, 1);
  assert.match(
    lines()[0] ?? "",
    new RegExp(
      `http listener 127\\.0\\.0\\.1:${port} for host "www\\.app\\.test", method GET, ` +
        `path "/some/path\\?q=1": none of its 1 rules fits; the nearest: TREE host "app\\.test"`,
    ),
  );
});

Deno.test("sozu events tells when each of them was", async () => {
  await using sozu = await SozuProcess.start(configFor(freePort(), "127.0.0.1:1"));
  await using events = sozuCommand(["-c", sozu.configPath, "events"], sozu.folder).spawn();
  const reader = events.stdout.pipeThrough(new TextDecoderStream()).getReader();
  const { value = "" } = await reader.read();
  const [, time = ""] = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z) main, events subs/.exec(value) ??
    [];
  assert.ok(Math.abs(Date.parse(time) - Date.now()) < 60_000, value);
  events.kill("SIGINT");
  await reader.cancel();
  await events.status;
});
