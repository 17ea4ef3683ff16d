import assert from "node:assert/strict";
import { EventKind, ResponseStatus, RunState } from "../../../config/schema/messages.ts";
import { silentAudit, stateWithListener } from "../../../tests/support/supervisor/main_parts.ts";
import { FakeHandOver, FakeWorker } from "../../../tests/support/supervisor/fake_worker.ts";
import { EventHub } from "../command_socket/events.ts";
import { ownClient } from "../command_socket/own_client.ts";
import { FanOut } from "../commands/fan_out.ts";
import { upgradeWorker, type WorkerUpgradeParts } from "./upgrade.ts";

/** One worker, its successor, and what an upgrade does with them. */
class Lab {
  readonly fanOut = new FanOut();
  readonly old = new FakeWorker(0, this.fanOut);
  readonly successor = new FakeWorker(1, this.fanOut);
  readonly handOver = new FakeHandOver();
  readonly drained: number[] = [];
  readonly pooled: string[] = [];
  readonly events: EventKind[] = [];
  startProblem: string | null = null;
  isSuccessorGone = false;
  launch: () => FakeWorker | null = () => this.successor;

  upgrade(id = 0) {
    const events = new EventHub();
    events.subscribe(({ content }) => {
      const type = content?.content_type;
      if (type?.kind === "event") this.events.push(type.value.kind);
      return true;
    });
    const parts: WorkerUpgradeParts = {
      state: stateWithListener("127.0.0.1:80"),
      audit: silentAudit(),
      events,
      fanOut: this.fanOut,
      handOver: this.handOver,
      workerTimeoutMs: 1_000,
      fleet: { started: () => Promise.resolve(this.startProblem) },
      pool: {
        targets: () => [this.old],
        beginReplacement: () => {
          this.pooled.push("begin");
          return this.launch();
        },
        completeReplacement: () => {
          this.pooled.push("complete");
          return !this.isSuccessorGone;
        },
        abandonReplacement: () => void this.pooled.push("abandon"),
      },
      drain: (workers) => {
        this.drained.push(...workers.map((worker) => worker.id));
        return Promise.resolve(false);
      },
    };
    return upgradeWorker(parts, ownClient("test", 0), id);
  }
}

Deno.test("upgradeWorker() proves the successor, then closes the sockets of the old worker, then drains it", async () => {
  const lab = new Lab();
  const { status, message } = await lab.upgrade();
  assert.equal(status, ResponseStatus.OK, message);
  assert.deepEqual(lab.handOver.steps, [
    "hold 127.0.0.1:80",
    "prove 127.0.0.1:80 1",
    "acknowledge 127.0.0.1:80 1",
    "close 127.0.0.1:80 0",
    "release 127.0.0.1:80",
  ]);
  assert.deepEqual([lab.pooled, lab.drained], [["begin", "complete"], [0]]);
  assert.deepEqual(lab.successor.verbs, ["status"]);
  assert.ok(lab.events.includes(EventKind.WORKER_UPGRADED));
});

Deno.test("upgradeWorker() keeps the old worker when the successor does not take in the state", async () => {
  const lab = new Lab();
  lab.startProblem = "Worker 1: certificate refused";
  lab.successor.phase = "loading";
  const { status, message } = await lab.upgrade();
  assert.equal(status, ResponseStatus.FAILURE);
  assert.match(message, /certificate refused; worker 0 goes on/);
  assert.deepEqual(lab.handOver.steps, ["hold 127.0.0.1:80", "release 127.0.0.1:80"]);
  assert.deepEqual([lab.pooled, lab.drained], [["begin", "abandon"], []]);
  assert.equal(lab.successor.killed, true);
});

Deno.test("upgradeWorker() drains a successor that does not accept: its probe may have brought it clients", async () => {
  const lab = new Lab();
  lab.handOver.failing = (step) => step === "prove" ? "nothing came" : null;
  const { status, message } = await lab.upgrade();
  assert.equal(status, ResponseStatus.FAILURE);
  assert.match(message, /does not accept: nothing came/);
  assert.deepEqual([lab.pooled, lab.drained], [["begin", "abandon"], [1]]);
  assert.equal(lab.handOver.steps.some((step) => step.startsWith("close")), false);
});

Deno.test("upgradeWorker() changes nothing when a worker ends meanwhile, or no program can be run", async () => {
  const ended = new Lab();
  ended.isSuccessorGone = true;
  assert.match((await ended.upgrade()).message, /ended meanwhile; worker 0 goes on/);
  assert.equal(ended.handOver.steps.at(-1), "release 127.0.0.1:80");
  const unrunnable = new Lab();
  unrunnable.launch = () => {
    throw new Error("no such file");
  };
  assert.match((await unrunnable.upgrade()).message, /cannot be run: no such file/);
  const twice = new Lab();
  twice.launch = () => null;
  assert.match((await twice.upgrade()).message, /being replaced or stopped already/);
});

Deno.test("upgradeWorker() refuses a worker that is unknown or stopping, and holds nothing", async () => {
  const unknown = new Lab();
  assert.match((await unknown.upgrade(9)).message, /no running worker with this id/);
  const stopping = new Lab();
  stopping.old.runState = RunState.STOPPING;
  assert.match((await stopping.upgrade()).message, /no running worker with this id/);
  assert.deepEqual([unknown.handOver.steps, stopping.handOver.steps], [[], []]);
});
