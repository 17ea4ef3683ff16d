import assert from "node:assert/strict";
import { HealthCheckConfig, Request, ResponseStatus } from "../../../config/schema/messages.ts";
import { setHealthCheck } from "../../../config/state/verb.ts";
import type { Verb } from "../../../config/state/verbs.ts";
import { cluster, stateWith } from "../../../tests/support/config/state.ts";
import { FakeWorker } from "../../../tests/support/supervisor/fake_worker.ts";
import { silentAudit } from "../../../tests/support/supervisor/main_parts.ts";
import { EventHub } from "../command_socket/events.ts";
import { ownClient } from "../command_socket/own_client.ts";
import { ProbeValues } from "../protected/probe_values.ts";
import { RetainedCounts } from "../metrics/retained.ts";
import { applyBatch } from "./batch.ts";
import { type ChangeParts, executeChange } from "./change.ts";
import { ChangeOrder } from "./change_order.ts";
import { FanOut } from "./fan_out.ts";

const ADD: Verb = { kind: "add_cluster", value: cluster("web") };
const REFUSED = { status: ResponseStatus.FAILURE, message: "not today" };

/** Two workers and a state; `saves` counts the changes of the state. */
class Lab {
  readonly fanOut = new FanOut();
  readonly workers = [0, 1].map((id) => new FakeWorker(id, this.fanOut));
  readonly state = stateWith();
  saves = 0;
  readonly parts: ChangeParts = {
    state: this.state,
    pool: { targets: () => this.workers },
    fanOut: this.fanOut,
    workerTimeoutMs: 30,
    probeValues: new ProbeValues(),
    retained: new RetainedCounts(() => null),
    onStateChanged: () => this.saves++,
    audit: silentAudit(),
    order: new ChangeOrder(),
    events: new EventHub(),
  };

  change(verb: Verb) {
    return executeChange(this.parts, verb, ownClient("test", 0)).done;
  }

  get clusters(): number {
    return this.state.counts().clusters;
  }
}

Deno.test("executeChange() applies a change to the state of main and sends it to every worker", async () => {
  const lab = new Lab();
  const response = await lab.change(ADD);
  assert.equal(response?.status, ResponseStatus.OK, response?.message);
  assert.deepEqual(lab.workers.map(({ verbs }) => verbs), [["add_cluster"], ["add_cluster"]]);
  assert.deepEqual([lab.clusters, lab.saves], [1, 1]);
});

Deno.test("executeChange() sends nothing when the state of main refuses", async () => {
  const lab = new Lab();
  const response = await lab.change({ kind: "remove_cluster", value: "missing" });
  assert.equal(response?.status, ResponseStatus.FAILURE);
  assert.match(response?.message ?? "", /Refused by the configuration state/);
  assert.deepEqual(lab.workers.map(({ verbs }) => verbs), [[], []]);
  assert.equal(lab.saves, 0);
});

Deno.test("executeChange() rolls back on main and on the workers that accepted when one refuses", async () => {
  const lab = new Lab();
  const [accepting, refusing] = lab.workers;
  assert.ok(accepting !== undefined && refusing !== undefined);
  refusing.answer = () => REFUSED;
  const response = await lab.change(ADD);
  assert.equal(response?.status, ResponseStatus.FAILURE);
  assert.match(response?.message ?? "", /1: not today; rolled back everywhere/);
  assert.equal(lab.clusters, 0);
  assert.deepEqual(accepting.verbs, ["add_cluster", "remove_cluster"]);
  assert.deepEqual(refusing.verbs, ["add_cluster"]);
});

Deno.test("executeChange() sends the inverse also to a worker that did not answer in time", async () => {
  const lab = new Lab();
  const [, late] = lab.workers;
  assert.ok(late !== undefined);
  late.answer = () => null;
  const response = await lab.change(ADD);
  assert.match(response?.message ?? "", /1: No answer within 30 ms; rolled back everywhere/);
  assert.deepEqual(late.verbs, ["add_cluster", "remove_cluster"]);
  // The task for late workers is not awaited; its deadline ends it.
  await new Promise((resolve) => setTimeout(resolve, 40));
  assert.equal(lab.fanOut.pending, 0);
});

Deno.test("executeChange() does not let a change of the same object overtake another one", async () => {
  const lab = new Lab();
  const answers = await Promise.all([
    lab.change(ADD),
    lab.change({ kind: "remove_cluster", value: "web" }),
    lab.change({ kind: "remove_cluster", value: "web" }),
  ]);
  const { OK, FAILURE } = ResponseStatus;
  assert.deepEqual(answers.map((answer) => answer?.status), [OK, OK, FAILURE]);
});

Deno.test("applyBatch() applies all records, or none when the state or a worker refuses one", async () => {
  const records = (...verbs: Verb[]) =>
    verbs.map((request_type, i) => {
      const request: Request = { request_type };
      return { number: i, line: null, request };
    });
  const other: Verb = { kind: "add_cluster", value: cluster("api") };
  const whole = new Lab();
  const done = await applyBatch(whole.parts, "LoadState", records(ADD, other), "fatal");
  assert.deepEqual([done.applied, done.workerErrors, whole.clusters], [2, null, 2]);

  const contradicting = new Lab();
  const missing: Verb = { kind: "remove_cluster", value: "missing" };
  const refused = await applyBatch(
    contradicting.parts,
    "LoadState",
    records(ADD, missing),
    "fatal",
  );
  assert.equal(refused.refused.length, 1);
  assert.equal(contradicting.clusters, 0);
  assert.deepEqual(contradicting.workers.map(({ verbs }) => verbs), [[], []]);

  const failing = new Lab();
  const [, worker] = failing.workers;
  assert.ok(worker !== undefined);
  worker.answer = () => REFUSED;
  const rolledBack = await applyBatch(failing.parts, "LoadState", records(ADD, other), "fatal");
  assert.match(rolledBack.workerErrors ?? "", /not today.*rolled back everywhere/);
  assert.equal(failing.clusters, 0);
});

Deno.test("executeChange() gives workers the values of probe headers again when it takes a change back", async () => {
  const lab = new Lab();
  await lab.change(ADD);
  const headers = [{ name: "X-Key", fingerprint: "" }];
  const check = lab.parts.probeValues.fingerprinted({
    cluster_id: "web",
    config: { ...HealthCheckConfig.empty(), uri: "/", headers },
    values: [{ name: "X-Key", value: new Uint8Array(8) }],
  });
  await lab.change(setHealthCheck(check));
  lab.parts.probeValues.hold(check);
  const [first, second] = lab.workers;
  assert.ok(first !== undefined && second !== undefined);
  second.answer = (verb) => verb === "remove_health_check" ? REFUSED : { ...REFUSED, status: 0 };
  const before = first.verbs.length;
  const response = await lab.change({ kind: "remove_health_check", value: "web" });
  assert.equal(response?.status, ResponseStatus.FAILURE);
  const order = "protected_health_check_order";
  assert.deepEqual(first.verbs.slice(before), [
    ...["remove_health_check", "add_cluster", order, order, order],
  ]);
  assert.equal(lab.parts.probeValues.inForce(lab.state.tables).length, 1);
  second.answer = () => ({ ...REFUSED, status: 0 });
  await lab.change({ kind: "remove_health_check", value: "web" });
  await lab.change(setHealthCheck(check));
  assert.deepEqual(lab.parts.probeValues.inForce(lab.state.tables), []);
});
