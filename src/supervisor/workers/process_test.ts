import assert from "node:assert/strict";
import { waitFor } from "../../../tests/support/wait.ts";
import { decode, encode } from "../../../config/codec/protobuf.ts";
import {
  type InitialState,
  Request,
  ResponseStatus,
  RunState,
  ServerConfig,
  WorkerRequest,
  WorkerResponse,
} from "../../../config/schema/messages.ts";
import type { PipedProcess, ProcessEnd } from "../../io/process/child.ts";
import { encodeFrame } from "../../protocol/control/frame.ts";
import { ALIVE_ID, HELLO_ID } from "../../protocol/control/worker_life.ts";
import type { WorkerDeath } from "./death.ts";
import { WorkerPool } from "./pool.ts";
import { WorkerProcess } from "./process.ts";
import { HANG_LOOKS, START_LOOKS } from "./liveness.ts";

const BUILD = "0.1.0+feedbeef";

/** A child process that is only its pipes. */
class FakeProcess implements PipedProcess {
  readonly pid = 4711;
  readonly written: Uint8Array[] = [];
  readonly killed: string[] = [];
  readonly #output = new TransformStream<Uint8Array, Uint8Array>();
  readonly #toMain = this.#output.writable.getWriter();
  readonly #reader = this.#output.readable.getReader();
  readonly #end = Promise.withResolvers<ProcessEnd>();
  readonly ended = this.#end.promise;

  async read(): Promise<Uint8Array | null> {
    const { value, done } = await this.#reader.read();
    return done ? null : value;
  }

  write(bytes: Uint8Array): Promise<void> {
    this.written.push(bytes);
    return Promise.resolve();
  }

  closeInput(): void {}

  kill(signal: Deno.Signal): void {
    this.killed.push(signal);
    this.#end.resolve({ code: 137, signal });
  }

  print(...chunks: Uint8Array[]): void {
    for (const chunk of chunks) void this.#toMain.write(chunk);
  }

  closeOutput(): void {
    void this.#toMain.close();
  }
}

function harness(maxMessage = 1000) {
  const process = new FakeProcess();
  const responses: string[] = [];
  const greeted = Promise.withResolvers<void>();
  const { promise, resolve } = Promise.withResolvers<WorkerDeath>();
  const worker = new WorkerProcess(3, process, { maxMessage, build: BUILD }, {
    onGreeted: (greeting) => {
      greeting.begin(ServerConfig.empty(), { requests: [] });
      greeted.resolve();
    },
    onResponse: (_, { id }) => void responses.push(id),
    onEnded: (_, death) => resolve(death),
  });
  return { process, responses, worker, ended: promise, greeted: greeted.promise };
}

const answer = (id: string, message = "") =>
  encodeFrame(encode(WorkerResponse, { id, status: ResponseStatus.OK, message }));

const STATUS: Request = { request_type: { kind: "status", value: {} } };
const ENCODED = encode(Request, STATUS);

const request = (id: string): WorkerRequest => ({ id, content: STATUS });

Deno.test("WorkerProcess hands on answers and follows the stream after nonsense", async () => {
  const { process, responses, ended } = harness();
  process.print(answer(HELLO_ID, BUILD), answer("a"), answer(ALIVE_ID));
  process.print(Uint8Array.of(5, 0, 0, 0, 0, 0, 0, 0), encodeFrame(new Uint8Array(9).fill(0xff)));
  process.print(answer("b"));
  process.closeOutput();
  await ended;
  assert.deepEqual(responses, ["a", "b"]);
});

Deno.test("WorkerProcess kills and reaps a worker that closed its output", async () => {
  const { process, worker, ended } = harness();
  process.closeOutput();
  const { cause, text } = await ended;
  assert.deepEqual({ cause, text }, { cause: "crashed", text: "was killed by SIGKILL" });
  assert.equal(worker.runState, RunState.STOPPED);
  assert.deepEqual(process.killed, ["SIGKILL"]);
  assert.equal(worker.send("late", ENCODED), false);
});

Deno.test("WorkerProcess kills a worker whose stream cannot be followed any more", async () => {
  const { process, ended } = harness();
  process.print(Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0));
  const { cause, text } = await ended;
  assert.equal(cause, "refused");
  assert.match(text, /^sent nonsense: /);
  assert.deepEqual(process.killed.at(0), "SIGKILL");
});

Deno.test("WorkerProcess refuses a worker of another build before it gets anything", async () => {
  const { process, responses, ended } = harness();
  process.print(answer(HELLO_ID, "0.1.0+0ther"), answer("a"));
  process.closeOutput();
  const { cause, text } = await ended;
  assert.equal(cause, "refused");
  assert.match(text, /runs build 0\.1\.0\+0ther and main 0\.1\.0\+feedbeef/);
  assert.deepEqual([process.written, responses], [[], []]);
});

Deno.test("WorkerProcess refuses a worker that does not introduce itself", async () => {
  const { process, ended } = harness();
  process.print(answer("a"));
  process.closeOutput();
  assert.deepEqual((await ended).cause, "refused");
  assert.deepEqual(process.written, []);
});

Deno.test("WorkerProcess kills a worker that gives no sign of life, later when it has to start", async () => {
  const silent = harness();
  for (let look = 0; look < START_LOOKS; look++) silent.worker.look();
  assert.deepEqual(silent.process.killed, []);
  silent.worker.look();
  assert.deepEqual(silent.process.killed, ["SIGKILL"]);

  const hanging = harness();
  hanging.process.print(answer(HELLO_ID, BUILD));
  await hanging.greeted;
  for (let look = 0; look < HANG_LOOKS; look++) hanging.worker.look();
  assert.deepEqual(hanging.process.killed, []);
  hanging.worker.look();
  for (
    const { process, ended, text } of [
      { ...silent, text: "gave no sign of life for 20000 ms" },
      { ...hanging, text: "gave no sign of life for 5000 ms" },
    ]
  ) {
    process.closeOutput();
    const death = await ended;
    assert.deepEqual([death.cause, death.text], ["hung", text]);
  }
});

Deno.test("WorkerProcess sends the configuration first and joins requests into one write", async () => {
  const { process, worker } = harness();
  const state: InitialState = { requests: [request("SAVE-0")] };
  assert.equal(worker.begin(ServerConfig.empty(), state), true);
  for (const id of ["a", "b", "c"]) assert.equal(worker.send(id, ENCODED), true);
  await waitFor("the write", () => process.written.length > 0);
  assert.equal(process.written.length, 1);
  const bytes = process.written[0] ?? new Uint8Array();
  const last = encodeFrame(encode(WorkerRequest, request("c")));
  assert.deepEqual(bytes.subarray(bytes.length - last.length), last);
  const first = encode(ServerConfig, ServerConfig.empty());
  assert.deepEqual(
    decode(ServerConfig, bytes.subarray(8, 8 + first.length)),
    ServerConfig.empty(),
  );
});

Deno.test("WorkerProcess refuses a request over the limit but not a state over it", () => {
  const { worker } = harness(100);
  const id = "x".repeat(200);
  assert.equal(worker.send(id, ENCODED), false);
  assert.equal(worker.begin(ServerConfig.empty(), { requests: [request(id)] }), true);
});

Deno.test("WorkerPool tries again when a worker cannot be launched, and never reuses an id", async () => {
  const launched: number[] = [];
  const lost: string[] = [];
  const again = Promise.withResolvers<number>();
  const endings = new Map<number, FakeProcess>();
  const pool: WorkerPool = new WorkerPool({
    count: 1,
    automaticRestart: true,
    launch: (id) => {
      launched.push(id);
      if (id === 1) throw new Error("no such program");
      const process = new FakeProcess();
      endings.set(id, process);
      return new WorkerProcess(id, process, { maxMessage: 1000, build: BUILD }, {
        onGreeted: () => {},
        onResponse: () => {},
        onEnded: (worker, death) => pool.ended(worker, death),
      });
    },
    onLost: ({ id }, { text }) => lost.push(`${id} ${text}`),
    onRelaunched: ({ id }) => again.resolve(id),
  });
  pool.start();
  endings.get(0)?.closeOutput();
  assert.equal(await again.promise, 2);
  assert.deepEqual(launched, [0, 1, 2]);
  assert.deepEqual(lost, ["0 was killed by SIGKILL"]);
  assert.deepEqual(pool.list().map(({ id, run_state }) => [id, run_state]), [
    [0, RunState.STOPPED],
    [2, RunState.NOT_ANSWERING],
  ]);
  pool.stopRestarting();
  endings.get(2)?.closeOutput();
});
