import assert from "node:assert/strict";
import { RunState } from "../../config/schema/messages.ts";
import { FakeWorker } from "../../tests/support/supervisor/fake_worker.ts";
import { within } from "../../tests/support/wait.ts";
import { FanOut } from "./commands/fan_out.ts";
import { Shutdown } from "./shutdown.ts";

/** A main process of one worker, and what its end does. */
class Lab {
  readonly worker = new FakeWorker(0, new FanOut());
  readonly steps: string[] = [];
  readonly shutdown: Shutdown;

  constructor(softStopMs = 0) {
    const step = (name: string) => {
      this.steps.push(name);
      return Promise.resolve();
    };
    this.shutdown = new Shutdown({
      fleet: { beginStopping: () => void step("no restarts") },
      pool: { targets: () => [this.worker], processes: () => [this.worker] },
      adoption: { workers: [] },
      drain: () => step("drain").then(() => false),
      clients: () => ({
        stopAccepting: () => void step("stop accepting"),
        closeClients: () => step("close clients"),
      }),
      service: { stopping: () => void step("tell the service manager") },
      save: { close: () => step("save") },
      audit: { flushed: () => step("flush") },
      softStopMs,
      stopAtOnce: () => step("stop at once"),
    });
  }

  get finished(): Promise<void> {
    return within("the end", 5_000, this.shutdown.finished);
  }
}

Deno.test("Shutdown marks workers as stopping and tells the service manager once", () => {
  const { shutdown, steps, worker } = new Lab();
  assert.equal(shutdown.isRunning, true);
  shutdown.begin();
  shutdown.begin();
  assert.equal(shutdown.isRunning, false);
  assert.equal(worker.runState, RunState.STOPPING);
  assert.deepEqual(steps, ["tell the service manager", "no restarts", "no restarts"]);
});

Deno.test("Shutdown waits for the workers, saves, and disconnects the clients last", async () => {
  const lab = new Lab();
  lab.shutdown.complete();
  lab.shutdown.complete();
  assert.deepEqual(lab.steps, [], "the last answer is written first");
  lab.worker.end();
  await lab.finished;
  assert.deepEqual(lab.steps, ["stop accepting", "save", "flush", "close clients"]);
  assert.equal(lab.worker.killed, false);
});

Deno.test("Shutdown cuts a soft stop at its deadline", async () => {
  const lab = new Lab(10);
  lab.worker.end();
  lab.shutdown.begin();
  await lab.finished;
  assert.ok(lab.steps.includes("stop at once"));
});

Deno.test("Shutdown for a successor drains the workers and sends the last counts before the end", async () => {
  const lab = new Lab();
  lab.shutdown.handOver(() => {
    lab.steps.push("finish");
    return Promise.resolve();
  });
  await within("the successor", 5_000, lab.shutdown.replaced);
  await lab.finished;
  assert.deepEqual(lab.steps, [
    "no restarts",
    "stop accepting",
    "close clients",
    "drain",
    "finish",
    "flush",
  ]);
  lab.shutdown.complete();
  assert.equal(lab.steps.at(-1), "flush", "it ends once");
});
