// A reload that gives a route to another cluster, beside many other changes: no request finds the route missing, and
// none finds it without a server.

import assert from "node:assert/strict";
import { startOrigin } from "../support/http/origin.ts";
import { SteadyLoad } from "../support/http/steady_load.ts";
import { freePort } from "../support/ports.ts";
import { SozuProcess, waitFor } from "../support/process/sozu_process.ts";

/** Clusters that come and go with the one that is asked, so that the batch takes a while. */
const OTHERS = 400;

function fileFor(port: number, backend: string, name: string): string {
  const at = `127.0.0.1:${port}`;
  const cluster = (id: string, host: string) => `
[clusters.${id}]
protocol = "http"
frontends = [{ address = "${at}", hostname = "${host}" }]
backends = [{ address = "${backend}" }]
`;
  const others = Array.from({ length: OTHERS }, (_, at) => cluster(`${name}-${at}`, `h${at}.test`));
  return `worker_count = 2
[[listeners]]
protocol = "http"
address = "${at}"
${cluster(`${name}-app`, "app.test")}${others.join("")}`;
}

Deno.test("a route that a reload gives to another cluster is served all the time", async () => {
  await using origin = startOrigin({ kind: "fixed", body: "ok" });
  const port = freePort();
  await using sozu = await SozuProcess.start(fileFor(port, origin.address, "blue"));
  await using load = new SteadyLoad({ port, host: "app.test", kept: 4, single: 2 });
  await waitFor("answers", () => load.answered > 100);
  for (const name of ["green", "blue", "green"]) {
    await SozuProcess.writeConfig(sozu.folder, fileFor(port, origin.address, name));
    await sozu.expectOk({ kind: "reload_configuration", value: "" });
    const before = load.answered;
    await waitFor("answers", () => load.answered > before + 100);
  }
  await load.stop();
  assert.deepEqual(load.failures, []);
});
