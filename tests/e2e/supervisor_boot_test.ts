import assert from "node:assert/strict";
import { ResponseStatus, RunState } from "../../config/schema/messages.ts";
import { freeze, isAlive, SozuProcess, waitFor } from "../support/process/sozu_process.ts";

function exists(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return true;
  } catch {
    return false;
  }
}

Deno.test("start runs the configured number of workers, which all answer", async () => {
  await using sozu = await SozuProcess.start("worker_count = 3");
  const workers = await sozu.workers();
  assert.deepEqual(workers.map(({ id }) => id), [0, 1, 2]);
  assert.ok(workers.every(({ pid }) => isAlive(pid)));
  const status = await sozu.expectOk({ kind: "status", value: {} });
  const type = status.content?.content_type;
  assert.equal(type?.kind, "workers");
  assert.ok(type.value.vec.every(({ run_state }) => run_state === RunState.RUNNING));
});

Deno.test("start creates a socket only its owner can open, and a PID file", async () => {
  await using sozu = await SozuProcess.start((folder) => `pid_file_path = "${folder}/sozu.pid"`);
  assert.equal((Deno.statSync(sozu.socketPath).mode ?? 0) & 0o777, 0o600);
  assert.equal(Deno.readTextFileSync(`${sozu.folder}/sozu.pid`), String(sozu.pid));
});

Deno.test("start says in one line where it listens and which workers it has", async () => {
  await using sozu = await SozuProcess.start("worker_count = 1");
  const [worker] = await sozu.workers();
  await waitFor("the line", () => sozu.stderr.includes(`Listening on ${sozu.socketPath}`));
  const line = sozu.stderr.split("\n").find((text) => text.includes("Listening on"));
  assert.ok(line?.includes(`0 (pid ${worker?.pid})`), line);
  assert.equal(sozu.stdout, "");
});

Deno.test("start refuses to run beside a main process that answers, and leaves it alone", async () => {
  await using first = await SozuProcess.start((folder) => `pid_file_path = "${folder}/sozu.pid"`);
  await using second = await first.startAgain({ detached: true });
  assert.equal(await second.exitCode(), 1);
  await waitFor(
    "the reason",
    () => second.stderr.includes(`another main process (pid ${first.pid}) answers`),
  );
  await first.expectOk({ kind: "list_workers", value: {} });
  assert.equal(Deno.readTextFileSync(`${first.folder}/sozu.pid`), String(first.pid));
});

Deno.test("start takes over the socket of a main process that was killed", async () => {
  await using first = await SozuProcess.start("worker_count = 1");
  first.kill("SIGKILL");
  await first.status;
  assert.equal(exists(first.socketPath), true, "the leftover is there");
  await using second = await first.startAgain();
  await second.expectOk({ kind: "list_workers", value: {} });
});

Deno.test("start lists every problem of a bad configuration file and exits with 1", async () => {
  await using sozu = await SozuProcess.start('worker_count = "two"\nfront_timeuot = 3\n', {
    detached: true,
  });
  assert.equal(await sozu.exitCode(), 1);
  await waitFor("both problems", () =>
    /sozu\.toml:2: worker_count: /.test(sozu.stderr) &&
    /sozu\.toml:3: front_timeuot: /.test(sozu.stderr));
  assert.equal(exists(sozu.socketPath), false);
});

for (const kind of ["soft_stop", "hard_stop"] as const) {
  Deno.test(`${kind} is answered, ends every process and removes the files`, async () => {
    await using sozu = await SozuProcess.start((folder) => `pid_file_path = "${folder}/sozu.pid"`);
    const workers = await sozu.workers();
    const response = await sozu.request({ kind, value: {} });
    assert.equal(response.status, ResponseStatus.OK);
    assert.match(response.message, /2 workers, 0 errors/);
    assert.equal(await sozu.exitCode(), 0);
    assert.ok(workers.every(({ pid }) => !isAlive(pid)));
    assert.equal(exists(sozu.socketPath), false);
    assert.equal(exists(`${sozu.folder}/sozu.pid`), false);
  });
}

for (const signal of ["SIGTERM", "SIGINT"] as const) {
  Deno.test(`${signal} stops main and its workers`, async () => {
    await using sozu = await SozuProcess.start("");
    const workers = await sozu.workers();
    sozu.kill(signal);
    assert.equal(await sozu.exitCode(), 0);
    assert.ok(workers.every(({ pid }) => !isAlive(pid)));
    assert.equal(exists(sozu.socketPath), false);
  });
}

Deno.test("a second signal does not wait for a worker that hangs", async () => {
  await using sozu = await SozuProcess.start("worker_timeout = 1");
  const [worker] = await sozu.workers();
  await freeze(worker?.pid ?? 0);
  sozu.kill("SIGTERM");
  await waitFor("the soft stop", () => sozu.stderr.includes("Stopping (soft)"));
  sozu.kill("SIGTERM");
  assert.equal(await sozu.exitCode(), 0);
  assert.ok(!isAlive(worker?.pid ?? 0));
});
