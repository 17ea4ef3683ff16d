import assert from "node:assert/strict";
import {
  type ClosedSessions,
  ListenerType,
  QueryMetricsOptions,
  type Request,
  ResponseStatus,
  ServerConfig,
  type WorkerMetrics,
  type WorkerResponse,
} from "../../config/schema/messages.ts";
import { socketAddress } from "../../tests/support/session/proxy.ts";
import { waitFor } from "../../tests/support/wait.ts";
import { cluster, stateAfter } from "../../tests/support/config/state.ts";
import type { DataPlane, Measurements } from "./contract.ts";
import { ControlLoop } from "./control_loop.ts";
import type { HandOverStep } from "./listeners/hand_over.ts";
import { UnopenedListeners } from "./listeners/unopened.ts";
import { runtimeParts } from "./runtime_parts.ts";
import { LAST_MEASUREMENTS_ID } from "../protocol/control/worker_life.ts";

type Verb = NonNullable<Request["request_type"]>;

/** A data plane that remembers what it was asked, and refuses what the test wants refused. */
class ScriptedDataPlane implements DataPlane {
  readonly applied: string[] = [];
  refuse: (request: Request) => string | null = () => null;
  drained = Promise.withResolvers<void>();
  hardStopped = false;

  apply(request: Request): Promise<string | null> {
    this.applied.push(request.request_type?.kind ?? "");
    return Promise.resolve(this.refuse(request));
  }

  readonly unopened = new UnopenedListeners({
    open: (activation) =>
      Promise.resolve(
        this.refuse({ request_type: { kind: "activate_listener", value: activation } }),
      ),
    close: () => Promise.resolve(null),
  }, runtimeParts());

  begun(): void {
    this.applied.push("begun");
  }

  handOver(step: HandOverStep): ReturnType<DataPlane["handOver"]> {
    this.applied.push(step.kind);
    return Promise.resolve(
      step.kind === "query_listener_socket"
        ? { kind: "listener_socket_name" as const, value: { inode: 7n } }
        : this.refuse({ request_type: step }),
    );
  }

  endSessions(): ClosedSessions {
    return { closed: 1n, draining: 2n };
  }

  windDown(): Promise<void> {
    this.applied.push("wind_down");
    return Promise.resolve();
  }

  softStop(): Promise<void> {
    return this.drained.promise;
  }

  hardStop(): void {
    this.hardStopped = true;
  }

  /** What the measurements are told in; `null`: in one piece. */
  parts: Iterable<WorkerMetrics> | null = null;

  readonly probes = { protect: () => null, valuesOf: () => null };

  readonly measurements: Measurements = {
    parts: () => this.parts,
    query: ({ metric_names }) =>
      metric_names.includes("?") ? "No such thing" : {
        kind: "worker_metrics",
        value: {
          proxy: new Map([["http.requests", { inner: { kind: "count", value: 7n } }]]),
          clusters: new Map(),
        },
      },
    setDetail: ({ client_id, detail = 0 }) =>
      client_id === "?" ? "Refused" : {
        configured: 2,
        effective: detail,
        previous_effective: 2,
        active_lease_count: 1,
      },
  };
}

function harness() {
  const dataPlane = new ScriptedDataPlane();
  const state = stateAfter([]);
  const answers: WorkerResponse[] = [];
  const loop = new ControlLoop({
    parts: runtimeParts(),
    config: { ...ServerConfig.empty(), max_connections_per_ip: 5n },
    state,
    dataPlane,
    respond: (response) => void answers.push(response),
    changeLogFilter: (filter) => filter === "bad" ? ["Invalid"] : [],
  });
  const ask = async (verb: Verb | null): Promise<WorkerResponse | undefined> => {
    await loop.handle({ id: `id-${answers.length}`, content: { request_type: verb } });
    return answers.at(-1);
  };
  return { dataPlane, state, answers, loop, ask };
}

Deno.test("ControlLoop applies a change to its state and its data plane, and answers its id", async () => {
  const { ask, dataPlane, state } = harness();
  const answer = await ask({ kind: "add_cluster", value: cluster("a") });
  assert.deepEqual(answer, { id: "id-0", status: ResponseStatus.OK, message: "" });
  assert.deepEqual(dataPlane.applied, ["add_cluster"]);
  assert.equal(state.counts().clusters, 1);
});

Deno.test("ControlLoop does not bother the data plane with what its state refuses", async () => {
  const { ask, dataPlane } = harness();
  const answer = await ask({ kind: "remove_cluster", value: "missing" });
  assert.equal(answer?.status, ResponseStatus.FAILURE);
  assert.match(answer?.message ?? "", /missing/);
  assert.deepEqual(dataPlane.applied, []);
});

Deno.test("ControlLoop takes a change out of its state again when the data plane refuses it", async () => {
  const { ask, dataPlane, state } = harness();
  await ask({ kind: "add_cluster", value: cluster("a") });
  const before = state.clone();
  dataPlane.refuse = () => "Not here";
  const answer = await ask({
    kind: "add_cluster",
    value: { ...cluster("a"), sticky_session: true },
  });
  assert.equal(answer?.status, ResponseStatus.FAILURE);
  assert.equal(answer?.message, "Not here");
  assert.ok(state.equals(before));
});

Deno.test("ControlLoop survives a data plane that throws", async () => {
  const { ask, dataPlane, state } = harness();
  dataPlane.refuse = () => {
    throw new Error("boom");
  };
  const answer = await ask({ kind: "add_cluster", value: cluster("a") });
  assert.match(answer?.message ?? "", /Internal error: boom/);
  assert.equal(state.counts().clusters, 0);
  dataPlane.refuse = () => null;
  assert.equal((await ask({ kind: "status", value: {} }))?.status, ResponseStatus.OK);
});

Deno.test("ControlLoop keeps what it cannot honour of the initial state, and says so once", async () => {
  const { ask, dataPlane, loop, state } = harness();
  dataPlane.refuse = ({ request_type }) => request_type?.value === undefined ? null : "Port in use";
  await loop.begin({
    requests: [{
      id: "SAVE-0",
      content: { request_type: { kind: "add_cluster", value: cluster("a") } },
    }],
  });
  assert.equal(state.counts().clusters, 1);
  const first = await ask({ kind: "status", value: {} });
  assert.equal(first?.status, ResponseStatus.OK);
  assert.match(first?.message ?? "", /1 requests could not be honoured: add_cluster: Port in use/);
  assert.equal((await ask({ kind: "status", value: {} }))?.message, "");
});

Deno.test("ControlLoop answers questions from its own state", async () => {
  const { ask } = harness();
  await ask({ kind: "add_cluster", value: cluster("a") });
  const byId = (await ask({ kind: "query_cluster_by_id", value: "a" }))?.content?.content_type;
  assert.equal(byId?.kind, "clusters");
  assert.equal(byId.value.vec.length, 1);
  const hashes = (await ask({ kind: "query_clusters_hashes", value: {} }))?.content?.content_type;
  assert.equal(hashes?.kind, "cluster_hashes");
  assert.deepEqual([...hashes.value.map.keys()], ["a"]);
});

Deno.test("ControlLoop answers with the connection limit in force", async () => {
  const { ask, dataPlane } = harness();
  const limit = async () => {
    const type = (await ask({ kind: "query_max_connections_per_ip", value: {} }))?.content
      ?.content_type;
    return type?.kind === "max_connections_per_ip_limit" ? type.value.limit : null;
  };
  assert.equal(await limit(), 5n);
  await ask({ kind: "set_max_connections_per_ip", value: 9n });
  assert.equal(await limit(), 9n);
  dataPlane.refuse = () => "No";
  await ask({ kind: "set_max_connections_per_ip", value: 1n });
  assert.equal(await limit(), 9n);
  const subnet = async () =>
    (await ask({ kind: "query_max_connections_per_subnet", value: {} }))?.content?.content_type;
  const kind = "max_connections_per_subnet_limit";
  const sizes = { ipv4_prefix: 32, ipv6_prefix: 128 };
  assert.deepEqual(await subnet(), { kind, value: { limit: 0n, ...sizes } });
  dataPlane.refuse = () => null;
  await ask({ kind: "set_max_connections_per_subnet", value: 3n });
  assert.deepEqual(await subnet(), { kind, value: { limit: 3n, ...sizes } });
});

Deno.test("ControlLoop goes on answering while a soft stop drains, then is stopped", async () => {
  const { ask, answers, dataPlane, loop } = harness();
  const stopping = await ask({ kind: "soft_stop", value: {} });
  assert.equal(stopping?.status, ResponseStatus.PROCESSING);
  assert.equal((await ask({ kind: "status", value: {} }))?.status, ResponseStatus.OK);
  dataPlane.drained.resolve();
  await loop.stopped;
  assert.deepEqual(answers.at(-2), { id: "id-0", status: ResponseStatus.OK, message: "" });
  const { id, content } = answers.at(-1) ?? {};
  assert.deepEqual([id, content?.content_type?.kind], [LAST_MEASUREMENTS_ID, "worker_metrics"]);
});

Deno.test("ControlLoop stops at once on a hard stop, even while it drains", async () => {
  const { ask, answers, dataPlane, loop } = harness();
  await ask({ kind: "soft_stop", value: {} });
  await ask({ kind: "hard_stop", value: {} });
  await loop.stopped;
  assert.equal(answers.find(({ id }) => id === "id-1")?.status, ResponseStatus.OK);
  assert.equal(dataPlane.hardStopped, true);
});

Deno.test("ControlLoop answers an empty request, a bad log filter and a question for main with a failure", async () => {
  const { ask } = harness();
  for (
    const verb of [
      null,
      { kind: "Logging", value: "bad" },
      { kind: "list_workers", value: {} },
    ] as const
  ) {
    const answer = await ask(verb);
    assert.equal(answer?.status, ResponseStatus.FAILURE, verb?.kind);
    assert.notEqual(answer?.message, "");
  }
});

Deno.test("ControlLoop answers a metrics query with what its data plane has counted", async () => {
  const { ask } = harness();
  const answer = await ask({ kind: "query_metrics", value: QueryMetricsOptions.empty() });
  assert.equal(answer?.status, ResponseStatus.OK);
  assert.deepEqual(answer.content?.content_type, {
    kind: "worker_metrics",
    value: {
      proxy: new Map([
        ["http.requests", { inner: { kind: "count", value: 7n } }],
      ]),
      clusters: new Map(),
    },
  });
});

Deno.test("ControlLoop tells measurements part by part, and others in between", async () => {
  const { loop, dataPlane, answers } = harness();
  const part = (name: string): WorkerMetrics => ({
    proxy: new Map([[name, { inner: { kind: "count", value: 1n } }]]),
    clusters: new Map(),
  });
  dataPlane.parts = ["a", "b", "c"].map(part);
  const query = { kind: "query_metrics" as const, value: QueryMetricsOptions.empty() };
  await loop.handle({ id: "metrics", content: { request_type: query } });
  await loop.handle({ id: "status", content: { request_type: { kind: "status", value: {} } } });
  await waitFor("every answer", () => answers.length === 4);
  const told = answers.map(({ id, status, content }) => {
    const type = content?.content_type;
    return [id, status, type?.kind === "worker_metrics" ? [...type.value.proxy.keys()] : []];
  });
  const { OK, PROCESSING } = ResponseStatus;
  assert.deepEqual(told.filter(([id]) => id === "metrics"), [
    ["metrics", PROCESSING, ["a"]],
    ["metrics", PROCESSING, ["b"]],
    ["metrics", OK, ["c"]],
  ]);
  assert.deepEqual(told[1], ["status", OK, []], "it does not wait for the last part");
});

Deno.test("ControlLoop does the steps of a hand-over and tells why one failed", async () => {
  const { loop, dataPlane, ask, answers } = harness();
  const listener = { proxy: ListenerType.HTTP, address: socketAddress("127.0.0.1:80") };
  await ask({ kind: "query_listener_socket", value: listener });
  await ask({ kind: "steer_listener", value: { ...listener, targets: [1] } });
  await ask({ kind: "wind_down", value: {} });
  dataPlane.refuse = () => "no such thing";
  await ask({ kind: "close_listener_socket", value: listener });
  await ask({ kind: "probe_listener", value: listener });
  await waitFor("every answer", () => answers.length === 5);
  assert.deepEqual(dataPlane.applied, [
    "query_listener_socket",
    "steer_listener",
    "wind_down",
    "close_listener_socket",
    "probe_listener",
  ]);
  const failed = answers.filter(({ status }) => status === ResponseStatus.FAILURE);
  assert.deepEqual(failed.map(({ message }) => message), ["no such thing", "no such thing"]);
  const named = answers.flatMap(({ content }) => content?.content_type ?? []);
  assert.deepEqual(named, [{ kind: "listener_socket_name", value: { inode: 7n } }]);
  assert.equal(loop.isStopping, false);
});

Deno.test("ControlLoop tells why a metrics query or a level of detail is refused", async () => {
  const { ask } = harness();
  const query = { ...QueryMetricsOptions.empty(), metric_names: ["?"] };
  const unknown = await ask({ kind: "query_metrics", value: query });
  assert.deepEqual([unknown?.status, unknown?.message], [ResponseStatus.FAILURE, "No such thing"]);
  const refused = await ask({ kind: "set_metric_detail", value: { client_id: "?" } });
  assert.deepEqual([refused?.status, refused?.message], [ResponseStatus.FAILURE, "Refused"]);
  const raised = await ask({ kind: "set_metric_detail", value: { client_id: "a", detail: 3 } });
  assert.deepEqual(raised?.content?.content_type, {
    kind: "worker_metric_detail_status",
    value: { configured: 2, effective: 3, previous_effective: 2, active_lease_count: 1 },
  });
});
