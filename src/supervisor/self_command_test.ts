import assert from "node:assert/strict";
import {
  currentImage,
  installedImage,
  runningImage,
  selfCommand,
  WORKER_V8_FLAGS,
} from "./self_command.ts";

Deno.test("selfCommand() runs a compiled binary directly", () => {
  const command = selfCommand(
    { standalone: true, execPath: "/opt/sozu", mainModule: "file:///tmp/compiled/main.ts" },
    ["worker", "--id", "3"],
  );
  assert.deepEqual(command, { command: "/opt/sozu", args: ["worker", "--id", "3"] });
});

Deno.test("selfCommand() runs the main module through the runtime from source", () => {
  const command = selfCommand(
    { standalone: false, execPath: "/usr/bin/deno", mainModule: "file:///srv/sozu/main.ts" },
    ["worker", "--id", "0"],
  );
  assert.equal(command.command, "/usr/bin/deno");
  assert.equal(command.args[0], "run");
  assert.ok(command.args.includes("--unstable-net"), "listeners need reusable ports");
  assert.ok(command.args.includes("--no-prompt"), "a worker has no terminal to ask");
  assert.deepEqual(command.args.slice(-4), ["file:///srv/sozu/main.ts", "worker", "--id", "0"]);
});

Deno.test("selfCommand() starts this very program", async () => {
  const main = new URL("../../main.ts", import.meta.url).href;
  const { command, args } = selfCommand({ ...currentImage(), mainModule: main }, ["--version"]);
  const output = await new Deno.Command(command, { args: [...args] }).output();
  const text = new TextDecoder().decode(output.stdout) + new TextDecoder().decode(output.stderr);
  assert.equal(output.code, 0, text);
});

Deno.test("runningImage() and installedImage() differ once the file on disk was replaced", () => {
  const image = { standalone: true, execPath: "/opt/sozu", mainModule: "file:///main.ts" };
  assert.deepEqual([runningImage(image, 7), installedImage(image)], [image, image]);
  const replaced = { ...image, execPath: "/opt/sozu (deleted)" };
  assert.equal(runningImage(replaced, 7).execPath, "/proc/7/exe");
  assert.equal(installedImage(replaced).execPath, "/opt/sozu");
});

Deno.test("the compile task bakes the engine options of workers in", async () => {
  const config = new URL("../../deno.json", import.meta.url);
  const { tasks } = JSON.parse(await Deno.readTextFile(config));
  const flags = /--v8-flags=(\S+)/.exec(tasks.compile.command)?.[1]?.split(",");
  assert.deepEqual(flags, WORKER_V8_FLAGS);
});
