// The configurations of README's section on metrics, as they stand but for the ports.

import assert from "node:assert/strict";
import { freePort } from "../support/ports.ts";
import { SozuProcess, waitFor } from "../support/process/sozu_process.ts";
import { StatsdReceiver } from "../support/observe/statsd_receiver.ts";

/** The TOML of the section. */
function configurations(): string {
  const readme = Deno.readTextFileSync(new URL("../../README.md", import.meta.url));
  const section = /\n## Metrics\n(.*?)\n## /s.exec(readme)?.[1] ?? "";
  return [...section.matchAll(/```toml\n(.*?)```/gs)].map(([, text]) => text).join("\n");
}

Deno.test("README's [metrics] and [prometheus] send and serve what it says", async () => {
  const text = configurations();
  using statsd = await StatsdReceiver.start();
  const prometheus = `127.0.0.1:${freePort()}`;
  for (const address of ["127.0.0.1:8125", "127.0.0.1:9090"]) assert.ok(text.includes(address));
  const config = text.replace("127.0.0.1:8125", statsd.address).replace(
    "127.0.0.1:9090",
    prometheus,
  );
  await using sozu = await SozuProcess.start(config);
  await waitFor("lines with tags", () => statsd.lines.some((line) => line.includes(",")));
  for (const line of statsd.lines) assert.match(line, /^sozu\.\S+:\S+\|(c|g|ms)/);
  await waitFor("the page", async () => {
    const page = await fetch(`http://${prometheus}/metrics`).then((it) => it.text()).catch(() =>
      ""
    );
    return page.includes("sozu_event_loop_time_seconds_bucket");
  });
  assert.doesNotMatch(sozu.stdout + sozu.stderr, /error/i);
});
