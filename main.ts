// The one executable: a worker when its main process starts it as one, otherwise the command line,
// whose `start` is the main process. No logic lives here; each process loads only what it needs.

const [command, ...rest] = Deno.args;

if (command === "worker") {
  const { runWorker } = await import("./workers/main.ts");
  Deno.exit(await runWorker(rest));
}
const { runCli } = await import("./src/cli/main.ts");
Deno.exit(
  await runCli(Deno.args, async (options) => {
    const { start } = await import("./src/supervisor/start.ts");
    return await start(options);
  }),
);
