import assert from "node:assert/strict";
import { type Origin, startOrigin } from "../support/http/origin.ts";
import { freePort } from "../support/ports.ts";
import { connectRaw, get, readResponse } from "../support/http/raw_client.ts";
import { configFor } from "../support/config/served_config.ts";
import { isAlive, SozuProcess, waitFor } from "../support/process/sozu_process.ts";

const GET = "GET / HTTP/1.1\r\nHost: app.test\r\n\r\n";
const UPGRADE = "GET / HTTP/1.1\r\nHost: app.test\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\n";

function exists(path: string): boolean {
  try {
    return Deno.lstatSync(path) !== null;
  } catch {
    return false;
  }
}

async function arrived(origin: Origin, count = 1): Promise<void> {
  await waitFor("the request to arrive", () => origin.requests.length === count);
}

Deno.test("SIGTERM lets the request in flight finish and takes no new connection", async () => {
  await using origin = startOrigin({ kind: "fixed", body: "late", delayMs: 1_500 });
  const port = freePort();
  await using sozu = await SozuProcess.start(configFor(port, origin.address));
  using wire = await connectRaw(port);
  await wire.write(GET);
  await arrived(origin);
  sozu.kill("SIGTERM");
  await waitFor("the listener to close", async () => {
    try {
      (await connectRaw(port)).close();
      return false;
    } catch (error) {
      return error instanceof Deno.errors.ConnectionRefused;
    }
  });
  const response = await readResponse(wire);
  assert.deepEqual([response.text, response.header("connection")], ["late", "close"]);
  wire.close();
  assert.equal(await sozu.exitCode(), 0);
});

Deno.test("a tunnel lives through a soft stop until soft_stop_timeout, which ends everything", async () => {
  await using origin = startOrigin({ kind: "upgrade", protocol: "echo" });
  const port = freePort();
  await using sozu = await SozuProcess.start(
    configFor(port, origin.address, "soft_stop_timeout = 2"),
  );
  using wire = await connectRaw(port);
  await wire.write(UPGRADE);
  assert.equal((await readResponse(wire)).status, 101);
  const began = performance.now();
  sozu.kill("SIGTERM");
  await waitFor("the soft stop", () => sozu.stderr.includes("Stopping (soft)"));
  await wire.write("still here");
  await wire.readThrough("still here");
  assert.equal(await sozu.exitCode(), 0);
  const took = performance.now() - began;
  assert.ok(took >= 1_900, `ended after ${took} ms`);
  assert.match(sozu.stderr, /WARN.*under way 2 s after the soft stop is cut/);
});

Deno.test("a second signal stops at once what the first one still waits for", async () => {
  await using origin = startOrigin({ kind: "silent" });
  const port = freePort();
  await using sozu = await SozuProcess.start(configFor(port, origin.address));
  const workers = await sozu.workers();
  using wire = await connectRaw(port);
  await wire.write(GET);
  await arrived(origin);
  sozu.kill("SIGINT");
  await waitFor("the soft stop", () => sozu.stderr.includes("Stopping (soft)"));
  sozu.kill("SIGINT");
  assert.equal(await sozu.exitCode(), 0);
  assert.equal((await wire.readToEnd()).length, 0);
  assert.ok(workers.every(({ pid }) => !isAlive(pid)));
});

Deno.test("SIGHUP reloads the file as a difference, and a broken file changes nothing", async () => {
  await using first = startOrigin({ kind: "fixed", body: "first" });
  await using second = startOrigin({ kind: "fixed", body: "second" });
  const port = freePort();
  await using sozu = await SozuProcess.start(configFor(port, first.address));
  const workers = await sozu.workers();
  assert.equal((await get(port, "app.test")).text, "first");

  await SozuProcess.writeConfig(sozu.folder, configFor(port, second.address, "worker_cout = 3"));
  sozu.kill("SIGHUP");
  await waitFor("the refusal", () => /ERROR.*worker_cout/.test(sozu.stderr));
  assert.equal((await get(port, "app.test")).text, "first");

  await SozuProcess.writeConfig(sozu.folder, configFor(port, second.address));
  sozu.kill("SIGHUP");
  await waitFor("the new backend", async () => (await get(port, "app.test")).text === "second");
  await waitFor("the log line", () => /INFO.*Reloaded .*requests applied/.test(sozu.stderr));
  assert.deepEqual((await sozu.workers()).map(({ pid }) => pid), workers.map(({ pid }) => pid));
});

Deno.test("SIGUSR1 opens the log file anew in main and in every worker", async () => {
  await using sozu = await SozuProcess.start((folder) =>
    `log_target = "file://${folder}/sozu.log"\nlog_level = "info"\nworker_count = 2`
  );
  const log = `${sozu.folder}/sozu.log`;
  await Deno.rename(log, `${log}.1`);
  sozu.kill("SIGUSR1");
  await waitFor(
    "main to log into the new file",
    () => exists(log) && Deno.readTextFileSync(log).includes("opened anew"),
  );
  const workers = await sozu.workers();
  // A worker logs that main has closed its pipe, for instance.
  await waitFor(
    "no process to hold the old file",
    () =>
      [sozu.pid, ...workers.map(({ pid }) => pid)].every((pid) =>
        [...Deno.readDirSync(`/proc/${pid}/fd`)].every(({ name }) => {
          try {
            return Deno.readLinkSync(`/proc/${pid}/fd/${name}`) !== `${log}.1`;
          } catch {
            return true;
          }
        })
      ),
  );
  assert.ok(workers.every(({ pid }) => isAlive(pid)));
});
