import assert from "node:assert/strict";
import { ResponseStatus, RunState } from "../../config/schema/messages.ts";
import { startOrigin } from "../support/http/origin.ts";
import { freePort } from "../support/ports.ts";
import { connectRaw, readResponse } from "../support/http/raw_client.ts";
import { configFor } from "../support/config/served_config.ts";
import { isAlive, SozuProcess, waitFor } from "../support/process/sozu_process.ts";
import { SteadyLoad } from "../support/http/steady_load.ts";

const ignore = Deno.build.os !== "linux";

Deno.test({
  name: "upgrade_worker replaces workers under load without a failed request",
  ignore,
  async fn() {
    await using origin = startOrigin({ kind: "fixed", body: "ok" });
    const port = freePort();
    await using sozu = await SozuProcess.start(configFor(port, origin.address));
    const load = new SteadyLoad({ port, host: "app.test", single: 4, kept: 4 });
    try {
      await waitFor("traffic", () => load.answered > 100);
      for (let round = 0; round < 3; round++) {
        const [first] = await sozu.runningWorkers();
        assert.ok(first !== undefined);
        const response = await sozu.expectOk({ kind: "upgrade_worker", value: first.id });
        assert.match(response.message, new RegExp(`worker ${first.id} was replaced by worker`));
        assert.ok(!isAlive(first.pid), "the old worker has left");
        const answered = load.answered;
        await waitFor("traffic on the new worker", () => load.answered > answered + 50);
      }
    } finally {
      await load.stop();
    }
    assert.deepEqual(load.failures, []);
    const states = (await sozu.workers()).map(({ id, run_state }) => [id, run_state]);
    assert.deepEqual(states, [
      [0, RunState.STOPPED],
      [1, RunState.STOPPED],
      [2, RunState.STOPPED],
      [3, RunState.RUNNING],
      [4, RunState.RUNNING],
    ]);
    assert.doesNotMatch(sozu.stdout + sozu.stderr, /nobody waits|cannot be kept away/);
  },
});

Deno.test({
  name: "upgrade_worker lets requests in flight finish and tells how far it is",
  ignore,
  async fn() {
    const taken = Promise.withResolvers<void>();
    await using origin = startOrigin((request) =>
      request.target === "/slow"
        ? { kind: "fixed", body: "late", after: taken.promise }
        : { kind: "fixed", body: "ok" }
    );
    const port = freePort();
    await using sozu = await SozuProcess.start(
      configFor(port, origin.address, "worker_count = 1"),
    );
    const wires = await Promise.all([0, 1, 2].map(() => connectRaw(port)));
    for (const wire of wires) await wire.write("GET /slow HTTP/1.1\r\nHost: app.test\r\n\r\n");
    await waitFor("the requests to arrive", () => origin.requests.length === 3);
    // A worker that drains closes this one: then it knows that it is to say goodbye in its answers.
    using idle = await connectRaw(port);
    await idle.write("GET / HTTP/1.1\r\nHost: app.test\r\n\r\n");
    assert.equal((await readResponse(idle)).text, "ok");
    const drains = idle.readToEnd(30_000).then(() => taken.resolve());
    using client = await sozu.connect();
    await client.send({ kind: "upgrade_worker", value: 0 });
    const progress: string[] = [];
    for (;;) {
      const answer = await client.receive();
      assert.ok(answer !== null);
      progress.push(answer.message);
      if (answer.status !== ResponseStatus.PROCESSING) break;
    }
    await drains;
    for (const wire of wires) {
      const response = await readResponse(wire);
      assert.deepEqual([response.status, response.text], [200, "late"]);
      assert.equal(response.header("connection"), "close");
      wire.close();
    }
    for (const text of [/Starting a worker/, /proves/, /hands its listeners/, /has taken over/]) {
      assert.ok(progress.some((line) => text.test(line)), `${text} in ${progress.join("; ")}`);
    }
    assert.match(progress.at(-1) ?? "", /Upgrade successful/);
  },
});

Deno.test({
  name: "upgrade_worker of a worker that is not running is refused",
  ignore,
  async fn() {
    await using sozu = await SozuProcess.start("worker_count = 1");
    const response = await sozu.request({ kind: "upgrade_worker", value: 7 });
    assert.equal(response.status, ResponseStatus.FAILURE);
    assert.match(response.message, /no running worker/);
  },
});
