// The one executable. Its arguments decide what the process is: a worker, the successor of a main process,
// or the command line, whose `start` is the main process. Each process loads only the modules it needs.

const [command, ...rest] = Deno.args;

if (command === "worker") {
  const { runWorker } = await import("./workers/main.ts");
  Deno.exit(await runWorker(rest));
}
if (command === "start" && rest[0] === "--inherit") {
  const { runSuccessor } = await import("./src/supervisor/main_upgrade/new_main.ts");
  Deno.exit(await runSuccessor(rest[1] ?? ""));
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
