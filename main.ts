// The one executable. Its arguments decide what the process is: a worker, the successor of a main process,
// or the command line, whose `start` is the main process. Each process loads only the modules it needs. The
// runtime reads every module that an import names with a literal, also where it is never run, and keeps
// the text: so the programs are named by variables. The compile task includes each of them.

import { plainStart } from "./src/cli/plain_start.ts";

const WORKER = "./workers/main.ts";
const START = "./src/supervisor/start.ts";
const NEW_MAIN = "./src/supervisor/main_upgrade/new_main.ts";
const CLI = "./src/cli/main.ts";
const PROMETHEUS = "./src/connectors/prometheus/connector.ts";

const [command, ...rest] = Deno.args;

if (command === "worker") {
  const { runWorker }: typeof import("./workers/main.ts") = await import(WORKER);
  Deno.exit(await runWorker(rest));
}
if (command === "start" && rest[0] === "--inherit") {
  const { runSuccessor }: typeof import("./src/supervisor/main_upgrade/new_main.ts") = await import(
    NEW_MAIN
  );
  Deno.exit(await runSuccessor(rest[1] ?? ""));
}
const configPath = plainStart(Deno.args, (name) => Deno.env.get(name));
if (configPath !== null) Deno.exit(await start({ configPath }));

const { runCli }: typeof import("./src/cli/main.ts") = await import(CLI);
Deno.exit(
  await runCli(Deno.args, {
    proxy: start,
    connector: async (options) => {
      const connector: typeof import("./src/connectors/prometheus/connector.ts") = await import(
        PROMETHEUS
      );
      return await connector.runPrometheusConnector(options);
    },
  }),
);

async function start(options: { configPath: string }): Promise<number> {
  const supervisor: typeof import("./src/supervisor/start.ts") = await import(START);
  return await supervisor.start(options);
}
