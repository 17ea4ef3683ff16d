import assert from "node:assert/strict";
import { address } from "../../../tests/support/config/state.ts";
import { FakeHandOver, FakeWorker } from "../../../tests/support/supervisor/fake_worker.ts";
import { stateWithListener } from "../../../tests/support/supervisor/main_parts.ts";
import { FanOut } from "../commands/fan_out.ts";
import { TakeOver } from "./take_over.ts";

const AT = "127.0.0.1:80";

/** Two new workers beside those of an old main process. */
class Lab {
  readonly handOver = new FakeHandOver();
  readonly workers = [5, 6].map((id) => new FakeWorker(id, new FanOut()));
  readonly drained: number[] = [];
  startProblems: string[] = [];
  isStopping = false;

  readonly takeOver = new TakeOver({
    state: stateWithListener(AT),
    fleet: {
      start: () => Promise.resolve(this.startProblems),
      beginStopping: () => this.isStopping = true,
    },
    pool: {
      targets: () => this.workers,
      processes: () => this.workers,
      isWhole: true,
    },
    handOver: this.handOver,
    retained: { restore: () => {} },
    drain: (workers) => {
      this.drained.push(...workers.map(({ id }) => id));
      return Promise.resolve(false);
    },
    bootGeneration: 1,
  });
}

Deno.test("TakeOver holds the listeners before a worker starts, and lets every worker prove itself", async () => {
  const lab = new Lab();
  const said: string[] = [];
  assert.equal(await lab.takeOver.prepare((text) => said.push(text)), null);
  assert.deepEqual(lab.handOver.steps, [
    `uncertain ${AT}`,
    `hold ${AT}`,
    `prove ${AT} 5`,
    `prove ${AT} 6`,
  ]);
  assert.equal(said.length, 2);
});

Deno.test("TakeOver stops at the first worker that does not take in the state or does not accept", async () => {
  const late = new Lab();
  late.startProblems = ["Worker 5 exited with code 1"];
  assert.equal(await late.takeOver.prepare(() => {}), "Worker 5 exited with code 1");
  assert.deepEqual(late.handOver.steps.at(-1), `hold ${AT}`);
  const deaf = new Lab();
  deaf.handOver.failing = (step) => step === "prove" ? "refused" : null;
  assert.equal(await deaf.takeOver.prepare(() => {}), "Worker 5: refused");
});

Deno.test("TakeOver takes the order of the old main process before it ends its holds", async () => {
  const lab = new Lab();
  await lab.takeOver.complete([{ address: address(AT), sockets: [11n, 12n] }]);
  assert.deepEqual(lab.handOver.steps, [`order ${AT} 11 12`, `release ${AT}`]);
});

Deno.test("TakeOver that is withdrawn stops restarts first, then drains every worker", async () => {
  const lab = new Lab();
  await lab.takeOver.withdraw();
  assert.deepEqual([lab.isStopping, lab.drained], [true, [5, 6]]);
});
