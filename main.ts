// The one executable: a worker when its main process starts it as one, the next main process when the
// old one starts it as that, otherwise the command line, whose `start` is the main process. No logic
// lives here; each process loads only what it needs.

import { plainStart } from "./src/cli/plain_start.ts";

const [command, ...rest] = Deno.args;

if (command === "worker") {
  const { runWorker } = await import("./workers/main.ts");
  Deno.exit(await runWorker(rest));
}
if (command === "start" && rest[0] === "--inherit") {
  const { inherit } = await import("./src/supervisor/main_upgrade/new_main.ts");
  Deno.exit(await inherit(rest[1] ?? ""));
}
const configPath = plainStart(Deno.args, (name) => Deno.env.get(name));
if (configPath !== null) {
  const { start } = await import("./src/supervisor/start.ts");
  Deno.exit(await start({ configPath }));
}
const { runCli } = await import("./src/cli/main.ts");
Deno.exit(
  await runCli(Deno.args, {
    proxy: async (options) => (await import("./src/supervisor/start.ts")).start(options),
    connector: async (options) => {
      const { runPrometheusConnector } = await import("./src/connectors/prometheus/connector.ts");
      return await runPrometheusConnector(options);
    },
  }),
);
