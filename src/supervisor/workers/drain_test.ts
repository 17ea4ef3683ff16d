import assert from "node:assert/strict";
import { FakeWorker } from "../../../tests/support/supervisor/fake_worker.ts";
import { FanOut } from "../commands/fan_out.ts";
import { drain as drainWorkers, type DrainParts } from "./drain.ts";

/** The timers of a drain do not keep the process alive; this one does. */
async function drain(parts: DrainParts, workers: readonly FakeWorker[]): Promise<boolean> {
  const alive = setInterval(() => {}, 1_000);
  try {
    return await drainWorkers(parts, workers);
  } finally {
    clearInterval(alive);
  }
}

Deno.test("drain() asks for the drain, then for the soft stop, and kills no worker that ends in time", async () => {
  const fanOut = new FanOut();
  const workers = [new FakeWorker(0, fanOut), new FakeWorker(1, fanOut)];
  for (const worker of workers) worker.endsAfter.add("soft_stop");
  assert.equal(await drain({ fanOut, softStopMs: 60_000 }, workers), false);
  for (const { verbs, killed } of workers) {
    assert.deepEqual(verbs, ["wind_down", "soft_stop"]);
    assert.equal(killed, false);
  }
});

Deno.test("drain() sends the soft stop to a worker whose clients stay idle", async () => {
  const fanOut = new FanOut();
  const worker = new FakeWorker(0, fanOut);
  worker.answer = () => null;
  worker.endsAfter.add("soft_stop");
  const began = performance.now();
  await drain({ fanOut, softStopMs: 20 }, [worker]);
  assert.deepEqual(worker.verbs, ["wind_down", "soft_stop"]);
  assert.ok(performance.now() - began >= 15);
});

Deno.test("drain() kills what has not ended when the time of the soft stop is over, and tells it", async () => {
  const fanOut = new FanOut();
  const [quick, stuck] = [new FakeWorker(0, fanOut), new FakeWorker(1, fanOut)];
  quick.endsAfter.add("wind_down");
  assert.equal(await drain({ fanOut, softStopMs: 20 }, [quick, stuck]), true);
  assert.equal(stuck.killed, true);
});

Deno.test("drain() without a limit waits for the end of every worker", async () => {
  const fanOut = new FanOut();
  const worker = new FakeWorker(0, fanOut);
  let isDone = false;
  const draining = drain({ fanOut, softStopMs: 0 }, [worker]).then((cut) => {
    isDone = true;
    return cut;
  });
  await new Promise((resolve) => setTimeout(resolve, 30));
  assert.equal(isDone, false);
  worker.end();
  assert.equal(await draining, false);
  assert.equal(worker.killed, false);
});
