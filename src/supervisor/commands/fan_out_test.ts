import assert from "node:assert/strict";
import { encode } from "../../../config/codec/protobuf.ts";
import { Request, ResponseStatus } from "../../../config/schema/messages.ts";
import { Gatherer, parcelsFor, type Patience, type WorkerChannel } from "./fan_out.ts";

class RecordingChannel implements WorkerChannel {
  readonly id: number;
  readonly sent: { readonly id: string; readonly request: Uint8Array }[] = [];
  accepts = true;

  constructor(id: number) {
    this.id = id;
  }

  send(id: string, request: Uint8Array): boolean {
    if (this.accepts) this.sent.push({ id, request });
    return this.accepts;
  }

  lastId(): string {
    return this.sent.at(-1)?.id ?? "";
  }
}

const STATUS: Request = { request_type: { kind: "status", value: {} } };
const ENCODED = encode(Request, STATUS);
const ENDLESS: Patience = { kind: "endless" };

function fanout(channels: WorkerChannel[], patience: Patience = ENDLESS) {
  return { verb: "Status", parcels: parcelsFor(channels, STATUS), patience };
}

function answer(id: string, status: number, message = "") {
  return { id, status, message };
}

Deno.test("Gatherer names requests by verb, worker, task and index", async () => {
  const gatherer = new Gatherer();
  const channel = new RecordingChannel(7);
  const first = gatherer.scatter(fanout([channel]));
  const second = gatherer.scatter({
    verb: "LoadState",
    parcels: [1, 2].map((index) => ({ worker: channel, request: ENCODED, index })),
    patience: ENDLESS,
  });
  assert.deepEqual(channel.sent.map(({ id }) => id), [
    "Status-7-0-0",
    "LoadState-7-1-1",
    "LoadState-7-1-2",
  ]);
  for (const { id } of channel.sent) gatherer.receive(7, answer(id, ResponseStatus.OK));
  assert.equal((await first).length, 1);
  assert.equal((await second).length, 2);
  assert.equal(gatherer.outstanding, 0);
});

Deno.test("Gatherer completes on OK and FAILURE and relays PROCESSING without counting it", async () => {
  const gatherer = new Gatherer();
  const channels = [new RecordingChannel(0), new RecordingChannel(1)];
  const relayed: string[] = [];
  const result = gatherer.scatter({
    ...fanout(channels),
    onProcessing: (id, _, message) => relayed.push(`${id} ${message}`),
  });
  gatherer.receive(0, answer("Status-0-0-0", ResponseStatus.PROCESSING, "draining"));
  gatherer.receive(0, answer("Status-0-0-0", ResponseStatus.OK, "done"));
  gatherer.receive(1, answer("Status-1-0-0", ResponseStatus.FAILURE, "no"));
  const outcomes = (await result).map(({ workerId, outcome, message }) => [
    workerId,
    outcome,
    message,
  ]);
  assert.deepEqual(outcomes, [[0, "ok", "done"], [1, "failure", "no"]]);
  assert.deepEqual(relayed, ["0 draining"]);
});

Deno.test("Gatherer keeps the parts of an answer that come before its end", async () => {
  const gatherer = new Gatherer();
  const channel = new RecordingChannel(0);
  const relayed: string[] = [];
  const task = gatherer.scatter({
    ...fanout([channel]),
    onProcessing: (_, __, message) => relayed.push(message),
  });
  const part = (name: string) => ({
    content_type: {
      kind: "available_metrics" as const,
      value: { proxy_metrics: [name], cluster_metrics: [] },
    },
  });
  const id = channel.lastId();
  for (const name of ["a", "b"]) {
    gatherer.receive(0, { ...answer(id, ResponseStatus.PROCESSING), content: part(name) });
  }
  gatherer.receive(0, { ...answer(id, ResponseStatus.OK), content: part("c") });
  const [only] = await task;
  assert.deepEqual([only?.parts, only?.content], [[part("a"), part("b")], part("c")]);
  assert.deepEqual(relayed, []);
});

Deno.test("Gatherer is done at once when there is nobody to ask", async () => {
  assert.deepEqual(await new Gatherer().scatter(fanout([])), []);
});

Deno.test("Gatherer refuses answers nobody waits for, repeated ones and those of another worker", async () => {
  const gatherer = new Gatherer();
  const channel = new RecordingChannel(0);
  const result = gatherer.scatter(fanout([channel]));
  assert.equal(gatherer.receive(0, answer("INITIAL-STATUS-0", ResponseStatus.OK)), false);
  assert.equal(gatherer.receive(1, answer("Status-0-0-0", ResponseStatus.OK)), false);
  assert.equal(gatherer.receive(0, answer("Status-0-0-0", ResponseStatus.OK)), true);
  assert.equal(gatherer.receive(0, answer("Status-0-0-0", ResponseStatus.OK)), false);
  assert.equal((await result).length, 1);
});

Deno.test("Gatherer counts the debts of a dead worker as lost, in every task", async () => {
  const gatherer = new Gatherer();
  const channels = [new RecordingChannel(0), new RecordingChannel(1)];
  const first = gatherer.scatter(fanout(channels));
  const second = gatherer.scatter(fanout(channels));
  for (const { id } of channels[0]?.sent ?? []) {
    gatherer.receive(0, answer(id, ResponseStatus.OK));
  }
  gatherer.workerLost(1, "Worker 1 was killed by SIGKILL");
  for (const answers of [await first, await second]) {
    assert.equal(answers[1]?.outcome, "lost");
    assert.equal(answers[1]?.workerId, 1);
    assert.match(answers[1]?.message ?? "", /SIGKILL/);
  }
});

Deno.test("Gatherer reports a request it could not queue", async () => {
  const channel = new RecordingChannel(3);
  channel.accepts = false;
  const [only] = await new Gatherer().scatter(fanout([channel]));
  assert.equal(only?.outcome, "unsent");
});

Deno.test("Gatherer gives each task its own deadline and names who was silent", async () => {
  const gatherer = new Gatherer();
  const channels = [new RecordingChannel(0), new RecordingChannel(1)];
  const started = performance.now();
  const late = gatherer.scatter(fanout(channels, { kind: "deadline", ms: 300 }));
  const soon = gatherer.scatter(fanout(channels, { kind: "deadline", ms: 40 }));
  gatherer.receive(0, answer("Status-0-1-0", ResponseStatus.OK));
  const answers = await soon;
  assert.ok(performance.now() - started < 250, "the longer deadline does not delay the shorter");
  assert.deepEqual(answers.map(({ workerId, outcome }) => [workerId, outcome]), [
    [0, "ok"],
    [1, "silent"],
  ]);
  assert.ok((await late).every(({ outcome }) => outcome === "silent"));
});

Deno.test("Gatherer lets signs of life move the end of a silence", async () => {
  const gatherer = new Gatherer();
  const channel = new RecordingChannel(0);
  const result = gatherer.scatter({
    verb: "LoadState",
    parcels: [1, 2, 3].map((index) => ({ worker: channel, request: ENCODED, index })),
    patience: { kind: "silence", ms: 400 },
  });
  const started = performance.now();
  const answerAfter = (index: number, ms: number) =>
    new Promise<void>((resolve) =>
      setTimeout(() => {
        gatherer.receive(0, answer(`LoadState-0-0-${index}`, ResponseStatus.OK));
        resolve();
      }, ms)
    );
  await answerAfter(1, 250);
  await answerAfter(2, 250);
  const answers = await result;
  assert.ok(performance.now() - started >= 880);
  assert.deepEqual(answers.map(({ outcome }) => outcome), ["ok", "ok", "silent"]);
});

Deno.test("parcelsFor() encodes a request once for all workers", () => {
  const parcels = parcelsFor([new RecordingChannel(0), new RecordingChannel(1)], STATUS);
  assert.deepEqual(parcels.map(({ worker: { id }, index }) => [id, index]), [[0, 0], [1, 0]]);
  assert.deepEqual(parcels[0]?.request, ENCODED);
  assert.equal(parcels[0]?.request, parcels[1]?.request);
});

Deno.test("Gatherer takes the requests of an open task one by one and says when few are left", async () => {
  const gatherer = new Gatherer();
  const channel = new RecordingChannel(0);
  const task = gatherer.open({ verb: "LoadState", patience: ENDLESS, keepsFailuresOnly: true });
  for (let index = 1; index <= 4; index++) task.send(channel, ENCODED, index);
  let fewer = false;
  const below = task.below(2).then(() => fewer = true);
  for (const index of [1, 2]) {
    gatherer.receive(0, answer(`LoadState-0-0-${index}`, ResponseStatus.OK));
  }
  await Promise.resolve();
  assert.equal(fewer, false);
  gatherer.receive(0, answer("LoadState-0-0-3", ResponseStatus.FAILURE, "no"));
  await below;
  assert.deepEqual([task.outstanding, task.failures], [1, 1]);
  gatherer.receive(0, answer("LoadState-0-0-4", ResponseStatus.OK));
  task.send(channel, ENCODED, 5);
  const finished = task.finish();
  gatherer.receive(0, answer("LoadState-0-0-5", ResponseStatus.OK));
  assert.deepEqual((await finished).map(({ index, outcome }) => [index, outcome]), [
    [3, "failure"],
  ]);
  assert.equal(gatherer.outstanding, 0);
});

Deno.test("Gatherer does not lose patience with a task that owes nothing yet", async () => {
  let now = 0;
  const gatherer = new Gatherer(() => now);
  const channel = new RecordingChannel(0);
  const task = gatherer.open({ verb: "LoadState", patience: { kind: "silence", ms: 20 } });
  now = 30;
  await new Promise((resolve) => setTimeout(resolve, 40));
  task.send(channel, ENCODED, 1);
  const finished = task.finish();
  gatherer.receive(0, answer("LoadState-0-0-1", ResponseStatus.OK));
  assert.equal((await finished)[0]?.outcome, "ok");
});
