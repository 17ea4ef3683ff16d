import assert from "node:assert/strict";
import {
  QueryMetricsOptions,
  ResponseStatus,
  RunState,
  type WorkerInfo,
} from "../../config/schema/messages.ts";
import { cluster } from "../support/config/state.ts";
import { httpListener } from "../support/session/proxy.ts";
import { copyProgram } from "../support/process/program_copy.ts";
import { freeze, isAlive, SozuProcess, waitFor } from "../support/process/sozu_process.ts";

/** Longer than a worker that lives takes on a loaded machine, shorter than one that hangs lives. */
const HANGS = "worker_timeout = 3";
const PATIENT = "worker_timeout = 60";

async function second(sozu: SozuProcess): Promise<WorkerInfo> {
  const worker = (await sozu.workers())[1];
  assert.ok(worker !== undefined);
  return worker;
}

/** Process by process, how many clusters of this id there are. */
async function holders(sozu: SozuProcess, id: string): Promise<Record<string, number>> {
  const response = await sozu.expectOk({ kind: "query_cluster_by_id", value: id });
  const type = response.content?.content_type;
  assert.equal(type?.kind, "worker_responses");
  return Object.fromEntries([...type.value.map].map(([name, { content_type }]) => {
    assert.equal(content_type?.kind, "clusters");
    return [name, content_type.value.vec.length];
  }));
}

Deno.test("a killed worker is replaced by one with a new id and the whole state", async () => {
  await using sozu = await SozuProcess.start("");
  await sozu.expectOk({ kind: "add_cluster", value: cluster("kept") });
  const victim = await second(sozu);
  Deno.kill(victim.pid, "SIGKILL");
  await waitFor(
    "a third worker",
    async () => (await sozu.runningWorkers()).some(({ id }) => id === 2),
  );
  const listed = await sozu.workers();
  assert.deepEqual(listed.map(({ id, run_state }) => [id, run_state]), [
    [0, RunState.RUNNING],
    [1, RunState.STOPPED],
    [2, RunState.RUNNING],
  ]);
  assert.deepEqual(await holders(sozu, "kept"), { main: 1, "0": 1, "2": 1 });
  assert.ok(!isAlive(victim.pid), "the dead worker was reaped");
});

Deno.test("a worker that keeps dying is replaced again and again", async () => {
  await using sozu = await SozuProcess.start("worker_count = 1");
  for (let id = 0; id < 3; id++) {
    await waitFor(
      `worker ${id}`,
      async () => (await sozu.runningWorkers()).some((worker) => worker.id === id),
    );
    const [worker] = await sozu.runningWorkers();
    Deno.kill(worker?.pid ?? 0, "SIGKILL");
  }
  await waitFor(
    "worker 3",
    async () => (await sozu.runningWorkers()).some((worker) => worker.id === 3),
  );
});

Deno.test("a dead worker stays dead when restarts are switched off", async () => {
  await using sozu = await SozuProcess.start("worker_automatic_restart = false");
  const victim = await second(sozu);
  Deno.kill(victim.pid, "SIGKILL");
  await waitFor(
    "the loss to be noticed",
    async () => (await sozu.workers())[1]?.run_state === RunState.STOPPED,
  );
  await sozu.expectOk({ kind: "add_cluster", value: cluster("alone") });
  assert.deepEqual(await holders(sozu, "alone"), { main: 1, "0": 1 });
  assert.equal((await sozu.workers()).length, 2);
});

Deno.test("a change in flight when a worker dies fails, names it and changes nothing", async () => {
  await using sozu = await SozuProcess.start(PATIENT);
  const victim = await second(sozu);
  await freeze(victim.pid);
  using client = await sozu.connect();
  await client.send({ kind: "add_cluster", value: cluster("lost") });
  assert.equal((await client.receive())?.status, ResponseStatus.PROCESSING);
  Deno.kill(victim.pid, "SIGKILL");
  const response = await client.terminal();
  assert.equal(response.status, ResponseStatus.FAILURE);
  assert.match(
    response.message,
    /0: OK, 1: Worker 1 was killed by SIGKILL; rolled back everywhere/,
  );
  await waitFor(
    "the replacement",
    async () => (await sozu.runningWorkers()).some(({ id }) => id === 2),
  );
  assert.deepEqual(await holders(sozu, "lost"), { main: 0, "0": 0, "2": 0 });
});

Deno.test("a change a worker does not answer fails in time, names it and changes nothing", async () => {
  await using sozu = await SozuProcess.start(HANGS);
  const silent = await second(sozu);
  await freeze(silent.pid);
  const started = performance.now();
  const response = await sozu.request({ kind: "add_cluster", value: cluster("slow") });
  const took = performance.now() - started;
  assert.equal(response.status, ResponseStatus.FAILURE);
  assert.match(response.message, /0: OK, 1: No answer within 3000 ms/);
  assert.ok(took >= 2990 && took < 3900, `took ${took} ms`);
  Deno.kill(silent.pid, "SIGCONT");
  // The silent worker made the change and took it back, in the order it was told.
  await waitFor("the worker to catch up", async () => (await holders(sozu, "slow"))["1"] === 0);
  assert.deepEqual(await holders(sozu, "slow"), { main: 0, "0": 0, "1": 0 });
});

Deno.test("status tells a worker that hangs from those that answer", async () => {
  await using sozu = await SozuProcess.start(HANGS);
  const silent = await second(sozu);
  await freeze(silent.pid);
  const type = (await sozu.expectOk({ kind: "status", value: {} })).content?.content_type;
  assert.equal(type?.kind, "workers");
  assert.deepEqual(type.value.vec.map(({ run_state }) => run_state), [
    RunState.RUNNING,
    RunState.NOT_ANSWERING,
  ]);
});

Deno.test("a change no worker can honour is rolled back on main and on every worker", async () => {
  await using sozu = await SozuProcess.start("");
  using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = taken.addr as Deno.NetAddr;
  const listener = httpListener(port);
  await sozu.expectOk({ kind: "add_http_listener", value: listener });
  const activate = {
    kind: "activate_listener" as const,
    value: { address: listener.address, proxy: 0, from_scm: false },
  };
  const response = await sozu.request(activate);
  assert.equal(response.status, ResponseStatus.FAILURE);
  assert.match(response.message, /0: .*, 1: .*; rolled back everywhere/);
  const type = (await sozu.expectOk({ kind: "list_listeners", value: {} })).content?.content_type;
  assert.equal(type?.kind, "listeners_list");
  assert.equal(type.value.http_listeners.get(`127.0.0.1:${port}`)?.active, false);
  taken.close();
  await sozu.expectOk(activate);
});

Deno.test("soft stop ends although a worker dies while it drains", async () => {
  await using sozu = await SozuProcess.start(PATIENT);
  const victim = await second(sozu);
  await freeze(victim.pid);
  using client = await sozu.connect();
  await client.send({ kind: "soft_stop", value: {} });
  assert.equal((await client.receive())?.status, ResponseStatus.PROCESSING);
  Deno.kill(victim.pid, "SIGKILL");
  const response = await client.terminal();
  assert.match(response.message, /1 workers, 1 errors.*Worker 1 was killed/);
  assert.equal(await sozu.exitCode(), 0);
});

Deno.test("a worker that hangs is killed and replaced, and told of as an event, a log line and a metric", async () => {
  await using sozu = await SozuProcess.start("");
  const hanging = await second(sozu);
  using subscriber = await sozu.connect();
  await subscriber.send({ kind: "subscribe_events", value: {} });
  await freeze(hanging.pid);
  await waitFor(
    "the replacement",
    async () => (await sozu.runningWorkers()).some(({ id }) => id === 2),
  );
  const death = `orker 1 (pid ${hanging.pid}) gave no sign of life for 5000 ms`;
  for (let told = ""; !told.includes(death);) told = (await subscriber.receive())?.message ?? death;
  await waitFor("the log line", () => sozu.stderr.includes(`W${death}`));
  const { content } = await sozu.expectOk({
    kind: "query_metrics",
    value: QueryMetricsOptions.empty(),
  });
  assert.equal(content?.content_type?.kind, "metrics");
  const { main } = content.content_type.value;
  assert.deepEqual(main.get("workers.hung")?.inner, { kind: "count", value: 1n });
  assert.deepEqual(main.get("workers.relaunched")?.inner, { kind: "count", value: 1n });
  assert.deepEqual(main.get("workers.running")?.inner, { kind: "gauge", value: 2n });
  assert.ok(!isAlive(hanging.pid), "the hanging worker was reaped");
});

Deno.test("a worker of another build is never let in, and main says why", async () => {
  // A copy of the program, so that it can be changed under the running main.
  const copy = await Deno.makeTempDir({ prefix: "sozu-copy-" });
  try {
    await copyProgram(copy);
    await using sozu = await SozuProcess.start("worker_count = 2", {
      mainModule: `file://${copy}/main.ts`,
    });
    const victim = await second(sozu);
    await Deno.writeTextFile(`${copy}/workers/main.ts`, "\n// changed\n", { append: true });
    Deno.kill(victim.pid, "SIGKILL");
    await waitFor("the refusal", () => /Worker 2 .*runs build .* and main /.test(sozu.stderr));
    assert.match(sozu.stderr, /the program on disk was replaced; "sozu upgrade" replaces main/);
    assert.deepEqual((await sozu.runningWorkers()).map(({ id }) => id), [0]);
  } finally {
    await Deno.remove(copy, { recursive: true });
  }
});

Deno.test("a worker is replaced by the same program although its file on disk was replaced", async () => {
  const folder = await Deno.makeTempDir({ prefix: "sozu-runtime-" });
  const runtime = `${folder}/deno`;
  try {
    await Deno.copyFile(Deno.execPath(), runtime);
    await using sozu = await SozuProcess.start("worker_count = 1", { runtime });
    const [victim] = await sozu.workers();
    await Deno.remove(runtime);
    await Deno.writeTextFile(runtime, "#!/bin/false\n", { mode: 0o755 });
    Deno.kill(victim?.pid ?? 0, "SIGKILL");
    await waitFor(
      "the replacement",
      async () => (await sozu.runningWorkers()).some(({ id }) => id === 1),
    );
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
