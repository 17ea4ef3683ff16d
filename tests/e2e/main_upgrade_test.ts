import assert from "node:assert/strict";
import { ResponseStatus, RunState } from "../../config/schema/messages.ts";
import { cluster } from "../support/config/state.ts";
import { startOrigin } from "../support/http/origin.ts";
import { freePort } from "../support/ports.ts";
import { copyProgram } from "../support/process/program_copy.ts";
import { get } from "../support/http/raw_client.ts";
import { configFor } from "../support/config/served_config.ts";
import { isAlive, SozuProcess, waitFor } from "../support/process/sozu_process.ts";
import { SteadyLoad } from "../support/http/steady_load.ts";

const ignore = Deno.build.os !== "linux";

Deno.test({
  name: "upgrade_main replaces main and all workers under load without a failed request",
  ignore,
  async fn() {
    await using origin = startOrigin({ kind: "fixed", body: "ok" });
    const [port, metrics] = [freePort(), freePort()];
    await using sozu = await SozuProcess.start((folder) =>
      configFor(port, origin.address, `pid_file_path = "${folder}/sozu.pid"`) +
      `[prometheus]\naddress = "127.0.0.1:${metrics}"\n`
    );
    await sozu.expectOk({ kind: "add_cluster", value: cluster("kept") });
    await sozu.expectOk({ kind: "set_max_connections_per_ip", value: 5_000n });
    const load = new SteadyLoad({ port, host: "app.test", single: 4, kept: 4 });
    const before = await sozu.runningWorkers();
    let main = sozu.pid;
    try {
      await waitFor("traffic", () => load.answered > 100);
      for (let round = 0; round < 2; round++) {
        const response = await sozu.expectOk({ kind: "upgrade_main", value: {} });
        const [, replaced, pid] = /process (\d+) was replaced by (\d+)/.exec(response.message) ??
          [];
        assert.equal(Number(replaced), main);
        main = Number(pid);
        assert.equal(Deno.readTextFileSync(`${sozu.folder}/sozu.pid`), pid);
        const answered = load.answered;
        await waitFor("traffic on the new workers", () => load.answered > answered + 50);
      }
      assert.equal(await sozu.exitCode(), 0);
      for (const { pid } of before) assert.ok(!isAlive(pid));
    } finally {
      await load.stop();
    }
    assert.deepEqual(load.failures, []);
    const states = (await sozu.workers()).map(({ id, run_state }) => [id, run_state]);
    assert.deepEqual(states, [[4, RunState.RUNNING], [5, RunState.RUNNING]]);
    const kept = await sozu.expectOk({ kind: "query_cluster_by_id", value: "kept" });
    const content = kept.content?.content_type;
    assert.equal(content?.kind, "worker_responses");
    assert.deepEqual([...content.value.map.keys()].sort(), ["4", "5", "main"]);
    const limit = await sozu.expectOk({ kind: "query_max_connections_per_ip", value: {} });
    assert.equal(limit.content?.content_type?.kind, "max_connections_per_ip_limit");
    // All of this is as it should be: nobody is to be alarmed.
    const alarms = (sozu.stdout + sozu.stderr).split("\n").filter((it) => /ERROR|WARN/.test(it));
    assert.deepEqual(alarms, []);
  },
});

for (
  const [what, script, reason] of [
    ["exits at once", "Deno.exit(3);", /ends at once with code 3/],
    [
      "does not take the state",
      `if (Deno.args[0] === "start" && Deno.args[1] === "--inherit") {
         const connection = await Deno.connect({ transport: "unix", path: Deno.args[2] });
         await connection.read(new Uint8Array(1));
         connection.close();
         Deno.exit(4);
       }`,
      /ends at once with code 4/,
    ],
    [
      "hangs",
      `if (Deno.args[0] === "start") await new Promise(() => setInterval(() => {}, 1_000));`,
      /does not come up within 6 s/,
    ],
  ] as const
) {
  Deno.test({
    name: `upgrade_main to a program that ${what} changes nothing and fails no request`,
    ignore,
    async fn() {
      await using origin = startOrigin({ kind: "fixed", body: "ok" });
      const port = freePort();
      const program = await Deno.makeTempDir({ prefix: "sozu-program-" });
      await copyProgram(program);
      await using sozu = await SozuProcess.start(
        configFor(port, origin.address, `worker_timeout = ${what === "hangs" ? 2 : 20}`),
        {
          mainModule: `file://${program}/main.ts`,
        },
      );
      // Workers may be late on a loaded machine, and main does not wait longer than it is told.
      await waitFor("the listener", async () => (await get(port, "app.test")).status === 200);
      const load = new SteadyLoad({ port, host: "app.test", single: 2, kept: 2 });
      try {
        await waitFor("traffic", () => load.answered > 50);
        await Deno.writeTextFile(`${program}/main.ts`, script);
        const response = await sozu.request({ kind: "upgrade_main", value: {} });
        assert.equal(response.status, ResponseStatus.FAILURE);
        assert.match(response.message, reason);
        const answered = load.answered;
        await waitFor("traffic", () => load.answered > answered + 50);
        await sozu.expectOk({ kind: "add_cluster", value: cluster("after") });
      } finally {
        await load.stop();
        await Deno.remove(program, { recursive: true });
      }
      assert.deepEqual(load.failures, []);
      assert.deepEqual((await sozu.runningWorkers()).map(({ id }) => id), [0, 1]);
    },
  });
}
