import assert from "node:assert/strict";
import { RunState } from "../../../config/schema/messages.ts";
import type { PipedProcess } from "../../io/process/child.ts";
import { WorkerPool } from "./pool.ts";
import { WorkerProcess } from "./process.ts";

const MINUTE = 60_000;

/** A child process that says nothing and never ends by itself. */
function silentProcess(): PipedProcess {
  return {
    pid: 4711,
    ended: new Promise(() => {}),
    read: () => new Promise(() => {}),
    write: () => Promise.resolve(),
    closeInput: () => {},
    kill: () => {},
  };
}

/** A pool of one worker on a clock that the test moves. */
class OneWorker {
  now = 1_000_000;
  readonly pool: WorkerPool;

  constructor() {
    const observer = { onGreeted: () => {}, onResponse: () => {}, onEnded: () => {} };
    this.pool = new WorkerPool({
      count: 1,
      automaticRestart: false,
      launch: (id) =>
        new WorkerProcess(id, silentProcess(), { maxMessage: 1000, build: "b" }, observer),
      onLost: () => {},
      onRelaunched: () => {},
      now: () => this.now,
    });
    this.pool.start();
  }

  get worker(): WorkerProcess {
    const [worker] = this.pool.processes();
    assert.ok(worker !== undefined);
    return worker;
  }

  /** Another worker takes the place; the one that had it ends. */
  replace(): void {
    const old = this.worker;
    assert.ok(this.pool.beginReplacement(old) !== null);
    assert.ok(this.pool.completeReplacement(old));
    this.end(old);
  }

  end(worker: WorkerProcess): void {
    this.pool.ended(worker, { cause: "exited", text: "ended", livedMs: 1 });
    worker.kill({ cause: "refused", text: "over" });
  }

  stopped(): number[] {
    return this.pool.list()
      .filter(({ run_state }) => run_state === RunState.STOPPED)
      .map(({ id }) => id);
  }
}

Deno.test("WorkerPool lists the few workers that have ended in the last minutes", () => {
  const one = new OneWorker();
  for (let count = 0; count < 20; count++) one.replace();
  assert.deepEqual(one.stopped(), [12, 13, 14, 15, 16, 17, 18, 19]);
  one.now += 5 * MINUTE;
  one.replace();
  one.now += 5 * MINUTE;
  assert.deepEqual(one.stopped(), [20]);
  one.now += 5 * MINUTE;
  assert.deepEqual(one.stopped(), []);
  assert.deepEqual(one.pool.list().map(({ id }) => id), [21]);
  one.end(one.worker);
});

Deno.test("WorkerPool lists a worker without a successor as long as its place is empty", () => {
  const one = new OneWorker();
  one.end(one.worker);
  assert.deepEqual(one.stopped(), [0]);
  one.now += 60 * MINUTE;
  assert.deepEqual(one.stopped(), [0]);
});
