import assert from "node:assert/strict";
import { encode } from "../../../config/codec/protobuf.ts";
import { Request, ResponseStatus } from "../../../config/schema/messages.ts";
import { type Deadline, FanOut, requestsFor, type WorkerChannel } from "./fan_out.ts";

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
const NO_DEADLINE: Deadline = { kind: "none" };

function fanout(channels: WorkerChannel[], deadline: Deadline = NO_DEADLINE) {
  return { verb: "Status", requests: requestsFor(channels, STATUS), deadline };
}

function answer(id: string, status: number, message = "") {
  return { id, status, message };
}

Deno.test("FanOut names requests by verb, worker, task and index", async () => {
  const fanOut = new FanOut();
  const channel = new RecordingChannel(7);
  const first = fanOut.run(fanout([channel]));
  const second = fanOut.run({
    verb: "LoadState",
    requests: [1, 2].map((index) => ({ worker: channel, request: ENCODED, index })),
    deadline: NO_DEADLINE,
  });
  assert.deepEqual(channel.sent.map(({ id }) => id), [
    "Status-7-0-0",
    "LoadState-7-1-1",
    "LoadState-7-1-2",
  ]);
  for (const { id } of channel.sent) fanOut.receive(7, answer(id, ResponseStatus.OK));
  assert.equal((await first).length, 1);
  assert.equal((await second).length, 2);
  assert.equal(fanOut.pending, 0);
});

Deno.test("FanOut completes on OK and FAILURE and relays PROCESSING without counting it", async () => {
  const fanOut = new FanOut();
  const channels = [new RecordingChannel(0), new RecordingChannel(1)];
  const relayed: string[] = [];
  const result = fanOut.run({
    ...fanout(channels),
    onProcessing: (id, _, message) => relayed.push(`${id} ${message}`),
  });
  fanOut.receive(0, answer("Status-0-0-0", ResponseStatus.PROCESSING, "draining"));
  fanOut.receive(0, answer("Status-0-0-0", ResponseStatus.OK, "done"));
  fanOut.receive(1, answer("Status-1-0-0", ResponseStatus.FAILURE, "no"));
  const outcomes = (await result).map(({ workerId, outcome, message }) => [
    workerId,
    outcome,
    message,
  ]);
  assert.deepEqual(outcomes, [[0, "ok", "done"], [1, "failure", "no"]]);
  assert.deepEqual(relayed, ["0 draining"]);
});

Deno.test("FanOut keeps the parts of an answer that come before its end", async () => {
  const fanOut = new FanOut();
  const channel = new RecordingChannel(0);
  const relayed: string[] = [];
  const task = fanOut.run({
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
    fanOut.receive(0, { ...answer(id, ResponseStatus.PROCESSING), content: part(name) });
  }
  fanOut.receive(0, { ...answer(id, ResponseStatus.OK), content: part("c") });
  const [only] = await task;
  assert.deepEqual([only?.parts, only?.content], [[part("a"), part("b")], part("c")]);
  assert.deepEqual(relayed, []);
});

Deno.test("FanOut is complete at once without workers", async () => {
  assert.deepEqual(await new FanOut().run(fanout([])), []);
});

Deno.test("FanOut refuses answers to no pending request, repeated ones and those of another worker", async () => {
  const fanOut = new FanOut();
  const channel = new RecordingChannel(0);
  const result = fanOut.run(fanout([channel]));
  assert.equal(fanOut.receive(0, answer("INITIAL-STATUS-0", ResponseStatus.OK)), false);
  assert.equal(fanOut.receive(1, answer("Status-0-0-0", ResponseStatus.OK)), false);
  assert.equal(fanOut.receive(0, answer("Status-0-0-0", ResponseStatus.OK)), true);
  assert.equal(fanOut.receive(0, answer("Status-0-0-0", ResponseStatus.OK)), false);
  assert.equal((await result).length, 1);
});

Deno.test("FanOut completes what is pending at a worker that ended as lost, in every task", async () => {
  const fanOut = new FanOut();
  const channels = [new RecordingChannel(0), new RecordingChannel(1)];
  const first = fanOut.run(fanout(channels));
  const second = fanOut.run(fanout(channels));
  for (const { id } of channels[0]?.sent ?? []) {
    fanOut.receive(0, answer(id, ResponseStatus.OK));
  }
  fanOut.workerLost(1, "Worker 1 was killed by SIGKILL");
  for (const answers of [await first, await second]) {
    assert.equal(answers[1]?.outcome, "lost");
    assert.equal(answers[1]?.workerId, 1);
    assert.match(answers[1]?.message ?? "", /SIGKILL/);
  }
});

Deno.test("FanOut reports a request it could not queue", async () => {
  const channel = new RecordingChannel(3);
  channel.accepts = false;
  const [only] = await new FanOut().run(fanout([channel]));
  assert.equal(only?.outcome, "unsent");
});

Deno.test("FanOut gives each task its own deadline and names the workers that did not answer", async () => {
  const fanOut = new FanOut();
  const channels = [new RecordingChannel(0), new RecordingChannel(1)];
  const started = performance.now();
  const late = fanOut.run(fanout(channels, { kind: "total", ms: 300 }));
  const soon = fanOut.run(fanout(channels, { kind: "total", ms: 40 }));
  fanOut.receive(0, answer("Status-0-1-0", ResponseStatus.OK));
  const answers = await soon;
  assert.ok(performance.now() - started < 250, "the longer deadline does not delay the shorter");
  assert.deepEqual(answers.map(({ workerId, outcome }) => [workerId, outcome]), [
    [0, "ok"],
    [1, "timed_out"],
  ]);
  assert.ok((await late).every(({ outcome }) => outcome === "timed_out"));
});

Deno.test("FanOut lets signs of life move the end of a silence", async () => {
  const fanOut = new FanOut();
  const channel = new RecordingChannel(0);
  const result = fanOut.run({
    verb: "LoadState",
    requests: [1, 2, 3].map((index) => ({ worker: channel, request: ENCODED, index })),
    deadline: { kind: "idle", ms: 400 },
  });
  const started = performance.now();
  const answerAfter = (index: number, ms: number) =>
    new Promise<void>((resolve) =>
      setTimeout(() => {
        fanOut.receive(0, answer(`LoadState-0-0-${index}`, ResponseStatus.OK));
        resolve();
      }, ms)
    );
  await answerAfter(1, 250);
  await answerAfter(2, 250);
  const answers = await result;
  assert.ok(performance.now() - started >= 880);
  assert.deepEqual(answers.map(({ outcome }) => outcome), ["ok", "ok", "timed_out"]);
});

Deno.test("requestsFor() encodes a request once for all workers", () => {
  const requests = requestsFor([new RecordingChannel(0), new RecordingChannel(1)], STATUS);
  assert.deepEqual(requests.map(({ worker: { id }, index }) => [id, index]), [[0, 0], [1, 0]]);
  assert.deepEqual(requests[0]?.request, ENCODED);
  assert.equal(requests[0]?.request, requests[1]?.request);
});

Deno.test("FanOut takes the requests of an open task one by one and says when few are left", async () => {
  const fanOut = new FanOut();
  const channel = new RecordingChannel(0);
  const task = fanOut.open({ verb: "LoadState", deadline: NO_DEADLINE, keepsFailuresOnly: true });
  for (let index = 1; index <= 4; index++) task.send(channel, ENCODED, index);
  let fewer = false;
  const below = task.below(2).then(() => fewer = true);
  for (const index of [1, 2]) {
    fanOut.receive(0, answer(`LoadState-0-0-${index}`, ResponseStatus.OK));
  }
  await Promise.resolve();
  assert.equal(fewer, false);
  fanOut.receive(0, answer("LoadState-0-0-3", ResponseStatus.FAILURE, "no"));
  await below;
  assert.deepEqual([task.pending, task.failures], [1, 1]);
  fanOut.receive(0, answer("LoadState-0-0-4", ResponseStatus.OK));
  task.send(channel, ENCODED, 5);
  const finished = task.finish();
  fanOut.receive(0, answer("LoadState-0-0-5", ResponseStatus.OK));
  assert.deepEqual((await finished).map(({ index, outcome }) => [index, outcome]), [
    [3, "failure"],
  ]);
  assert.equal(fanOut.pending, 0);
});

Deno.test("FanOut does not time out a task in which nothing is pending yet", async () => {
  let now = 0;
  const fanOut = new FanOut(() => now);
  const channel = new RecordingChannel(0);
  const task = fanOut.open({ verb: "LoadState", deadline: { kind: "idle", ms: 20 } });
  now = 30;
  await new Promise((resolve) => setTimeout(resolve, 40));
  task.send(channel, ENCODED, 1);
  const finished = task.finish();
  fanOut.receive(0, answer("LoadState-0-0-1", ResponseStatus.OK));
  assert.equal((await finished)[0]?.outcome, "ok");
});
