import assert from "node:assert/strict";
import { waitFor } from "../wait.ts";
import { isRunning, processesWithEnvironment, processTree } from "./proc.ts";
import { startServer, untilReady } from "./server_process.ts";

/** A shell that starts a child, waits for it, and leaves it behind when told to end. */
const PARENT = ["-c", "echo up; sleep 300 & echo $! ; wait"];

async function inFolder(body: (logPath: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await body(`${folder}/log`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const onLinux = { ignore: Deno.build.os !== "linux" };

Deno.test(
  "startServer() stops a process with its descendants",
  onLinux,
  () =>
    inFolder(async (logPath) => {
      const server = startServer({ name: "parent", command: "/bin/sh", args: PARENT, logPath });
      const child = await waitFor("the child", () => processTree(server.pid)[1]);
      await server.stop();
      assert.equal(server.alive, false);
      assert.ok(!isRunning(child));
    }),
);

Deno.test(
  "startServer() stops a process that has emptied its environment",
  onLinux,
  () =>
    inFolder(async (logPath) => {
      const args = ["-i", "/bin/sh", ...PARENT];
      const server = startServer({ name: "parent", command: "/usr/bin/env", args, logPath });
      const child = await waitFor("the child", () => processTree(server.pid)[1]);
      await server.stop();
      assert.ok(!server.alive && !isRunning(child));
    }),
);

Deno.test(
  "startServer() stops descendants whose parent was killed",
  onLinux,
  () =>
    inFolder(async (logPath) => {
      const server = startServer({ name: "parent", command: "/bin/sh", args: PARENT, logPath });
      const child = await waitFor("the child", () => processTree(server.pid)[1]);
      Deno.kill(server.pid, "SIGKILL");
      await waitFor("the parent to be gone", () => !server.alive);
      assert.ok(isRunning(child));
      await server.stop();
      assert.ok(!isRunning(child));
      assert.deepEqual(processesWithEnvironment("SOZU_TEST_SERVER", "never"), []);
    }),
);

Deno.test(
  "untilReady() shows what a server printed before it died",
  onLinux,
  () =>
    inFolder(async (logPath) => {
      const args = ["-c", "echo out of luck >&2; exit 3"];
      const server = startServer({ name: "luckless", command: "/bin/sh", args, logPath });
      await assert.rejects(
        untilReady(server, () => Promise.resolve(false)),
        /luckless ended at once: out of luck/,
      );
    }),
);
