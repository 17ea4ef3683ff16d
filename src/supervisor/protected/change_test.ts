import assert from "node:assert/strict";
import { decode, DecodeError } from "../../../config/codec/protobuf.ts";
import {
  HealthCheckConfig,
  type HealthCheckHeaderValue,
  ProtectedHealthCheckPhase as Phase,
  Request,
  ResponseStatus,
} from "../../../config/schema/messages.ts";
import type { Verb } from "../../../config/state/verb.ts";
import { ProtectedOrders } from "../../proxy/health/protected_orders.ts";
import { cluster, stateWith } from "../../../tests/support/config/state.ts";
import { ChangeOrder } from "../commands/change_order.ts";
import { FanOut } from "../commands/fan_out.ts";
import { changeProtected, type ProtectedParts, type ProtectedWorker } from "./change.ts";
import { deliverValues } from "./delivery.ts";
import { ProtectedFences } from "./fences.ts";
import { ProbeValues } from "./probe_values.ts";

const CLUSTER: Verb = { kind: "add_cluster", value: cluster("web") };

function request(value = "s3cret") {
  return {
    cluster_id: "web",
    config: {
      ...HealthCheckConfig.empty(),
      uri: "/up",
      headers: [{ name: "X-Key", fingerprint: "" }],
    },
    values: [{ name: "X-Key", value: new TextEncoder().encode(value) }],
  };
}

/** A worker that executes orders as a real one does, unless the test wants another answer. */
class Worker implements ProtectedWorker {
  readonly id: number;
  readonly state = stateWith(CLUSTER);
  values: readonly HealthCheckHeaderValue[] | null = null;
  readonly phases: Phase[] = [];
  killed = false;
  /** What it does instead of one phase: `true` is nothing, a text is a refusal. */
  instead: (phase: Phase) => string | true | null = () => null;
  /** Whether it dies when it is killed. */
  dies = true;
  readonly #end = Promise.withResolvers<void>();
  readonly #fanOut: FanOut;
  readonly #orders = new ProtectedOrders({
    state: this.state,
    probes: {
      protect: ({ values }) => (this.values = values, null),
      valuesOf: () => this.values,
    },
    apply: () => Promise.resolve((this.values = null, null)),
  });

  constructor(id: number, fanOut: FanOut) {
    this.id = id;
    this.#fanOut = fanOut;
  }

  get ended(): Promise<void> {
    return this.#end.promise;
  }

  get key(): string | null {
    const value = this.values?.[0]?.value;
    return value === undefined ? null : new TextDecoder().decode(value);
  }

  send(id: string, bytes: Uint8Array): boolean {
    const decoded = decode(Request, bytes.slice());
    assert.ok(!(decoded instanceof DecodeError));
    const order = decoded.request_type;
    assert.ok(order?.kind === "protected_health_check_order");
    const { phase, cluster_id, version } = order.value;
    this.phases.push(phase);
    const instead = this.instead(phase);
    if (instead === true) return true;
    const done = instead === null ? this.#orders.execute(order.value) : Promise.resolve(instead);
    void done.then((refusal) => {
      this.#fanOut.receive(this.id, {
        id,
        status: refusal === null ? ResponseStatus.OK : ResponseStatus.FAILURE,
        message: refusal ?? "",
        content: {
          content_type: {
            kind: "protected_health_check_reply",
            value: { phase, cluster_id, version },
          },
        },
      });
    });
    return true;
  }

  kill(): void {
    this.killed = true;
    if (this.dies) this.end();
  }

  end(): void {
    this.#end.resolve();
  }
}

class Lab {
  readonly fanOut = new FanOut();
  readonly workers = [0, 1].map((id) => new Worker(id, this.fanOut));
  readonly state = stateWith(CLUSTER);
  readonly probeValues = new ProbeValues();
  readonly fences = new ProtectedFences();
  saves = 0;
  readonly parts: ProtectedParts = {
    fanOut: this.fanOut,
    workerTimeoutMs: 30,
    state: this.state,
    order: new ChangeOrder(),
    pool: { targets: () => this.workers },
    probeValues: this.probeValues,
    fences: this.fences,
    onStateChanged: () => this.saves++,
  };

  get keys(): (string | null)[] {
    return this.workers.map(({ key }) => key);
  }

  get uri(): string | undefined {
    return this.state.tables.clusters.get("web")?.health_check?.uri;
  }
}

Deno.test("changeProtected() leads all workers through the steps, and the state has no value", async () => {
  const lab = new Lab();
  const before = request();
  assert.deepEqual(await changeProtected(lab.parts, before), { problem: null, workers: 2 });
  const { PROTECTED_HEALTH_CHECK_CAPABILITY: ask, PROTECTED_HEALTH_CHECK_PREPARE: prepare } = Phase;
  const { PROTECTED_HEALTH_CHECK_COMMIT: commit, PROTECTED_HEALTH_CHECK_RELEASE: release } = Phase;
  for (const { phases } of lab.workers) assert.deepEqual(phases, [ask, prepare, commit, release]);
  assert.deepEqual(lab.keys, ["s3cret", "s3cret"]);
  const stored = lab.state.tables.clusters.get("web")?.health_check?.headers[0];
  assert.match(stored?.fingerprint ?? "", /^sozu-hc-hmac-sha256:v1:/);
  assert.deepEqual([lab.saves, lab.fences.isBusy], [1, false]);
  assert.equal(lab.probeValues.inForce(lab.state.tables).length, 1);
});

Deno.test("changeProtected() leaves no trace when a worker refuses a step", async () => {
  const { PROTECTED_HEALTH_CHECK_CAPABILITY: ask, PROTECTED_HEALTH_CHECK_PREPARE: prepare } = Phase;
  const { PROTECTED_HEALTH_CHECK_COMMIT: commit } = Phase;
  for (const refused of [ask, prepare, commit]) {
    const lab = new Lab();
    await changeProtected(lab.parts, request("before"));
    const second = lab.workers[1] as Worker;
    second.instead = (phase) => phase === refused ? "not today" : null;
    const { problem } = await changeProtected(lab.parts, request("after"));
    assert.match(problem ?? "", /1: not today/, String(refused));
    assert.deepEqual(lab.keys, ["before", "before"]);
    assert.deepEqual([lab.saves, lab.fences.isBusy, second.killed], [1, false, false]);
    const held = lab.probeValues.inForce(lab.state.tables)[0]?.values[0]?.value;
    assert.equal(new TextDecoder().decode(held), "before");
  }
});

Deno.test("changeProtected() ends a worker that does not confirm, and blocks the cluster until it is dead", async () => {
  const lab = new Lab();
  const mute = lab.workers[1] as Worker;
  mute.dies = false;
  mute.instead = (phase) => phase === Phase.PROTECTED_HEALTH_CHECK_CAPABILITY ? null : true;
  const { problem } = await changeProtected(lab.parts, request());
  assert.match(problem ?? "", /ended without a confirmation: worker 1/);
  assert.ok(mute.killed && !lab.workers[0]?.killed);
  assert.deepEqual([lab.keys[0], lab.uri], [null, undefined]);
  assert.match((await changeProtected(lab.parts, request())).problem ?? "", /busy/);
  mute.end();
  lab.workers.pop();
  await lab.fences.idle();
  assert.equal((await changeProtected(lab.parts, request())).problem, null);
});

Deno.test("changeProtected() takes an answer to another step for none", async () => {
  const lab = new Lab();
  const [first] = lab.workers;
  const send = lab.workers[1]?.send.bind(lab.workers[1]);
  (lab.workers[1] as Worker).send = (id, bytes) => {
    queueMicrotask(() =>
      lab.fanOut.receive(1, {
        id,
        status: ResponseStatus.OK,
        message: "",
        content: { content_type: null },
      })
    );
    return send !== undefined && bytes.length > 0;
  };
  const { problem } = await changeProtected(lab.parts, request());
  assert.match(problem ?? "", /not the one to the step/);
  assert.equal(first?.key, null);
});

Deno.test("changeProtected() knows what no worker need be asked about", async () => {
  const lab = new Lab();
  const unknown = await changeProtected(lab.parts, { ...request(), cluster_id: "unknown" });
  assert.match(unknown.problem ?? "", /Cannot find cluster "unknown"/);
  assert.deepEqual(lab.workers.map(({ phases }) => phases), [[], []]);
  lab.workers.length = 0;
  assert.match((await changeProtected(lab.parts, request())).problem ?? "", /There is no worker/);
});

Deno.test("deliverValues() brings a worker that has the state to the values, and drops none of another", async () => {
  const lab = new Lab();
  await changeProtected(lab.parts, request());
  const late = new Worker(7, lab.fanOut);
  for (const verb of lab.state.dump()) late.state.apply(verb);
  assert.ok(deliverValues(lab, [late]));
  await Promise.resolve();
  assert.equal(late.key, "s3cret");
  lab.state.apply({ request_type: { kind: "remove_health_check", value: "web" } });
  const later = new Worker(8, lab.fanOut);
  deliverValues(lab, [later]);
  assert.deepEqual(later.phases, []);
});
