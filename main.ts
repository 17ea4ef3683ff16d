// The one executable: a worker when its main process starts it as one, otherwise the command line,
// whose `start` is the main process. No logic lives here; each process loads only what it needs.

const [command, ...rest] = Deno.args;

if (command === "worker") {
  const { runWorker } = await import("./workers/main.ts");
  const { ProxyDataPlane } = await import("./workers/data_plane.ts");
  const id = Number(rest[rest.indexOf("--id") + 1]);
  Deno.exit(await runWorker(id, (config, onEvent) => new ProxyDataPlane(config, onEvent)));
}
const { runCli } = await import("./src/cli/main.ts");
Deno.exit(await runCli(Deno.args));
