import assert from "node:assert/strict";
import { decode, encode } from "../../config/codec.ts";
import {
  type InitialState,
  Request,
  ResponseStatus,
  RunState,
  ServerConfig,
  WorkerRequest,
  WorkerResponse,
} from "../../config/messages.ts";
import type { PipedProcess, ProcessEnd } from "../io/process.ts";
import { encodeFrame } from "../protocol/control/frame.ts";
import { WorkerPool } from "./worker_pool.ts";
import { WorkerProcess } from "./worker_process.ts";

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
  const { promise, resolve } = Promise.withResolvers<ProcessEnd>();
  const worker = new WorkerProcess(3, process, maxMessage, {
    onResponse: (_, { id }) => void responses.push(id),
    onEnded: (_, end) => resolve(end),
  });
  return { process, responses, worker, ended: promise };
}

const answer = (id: string) =>
  encodeFrame(encode(WorkerResponse, { id, status: ResponseStatus.OK, message: "" }));

const STATUS: Request = { request_type: { kind: "status", value: {} } };
const ENCODED = encode(Request, STATUS);

const request = (id: string): WorkerRequest => ({ id, content: STATUS });

Deno.test("WorkerProcess hands on answers and follows the stream after nonsense", async () => {
  const { process, responses, ended } = harness();
  process.print(answer("a"));
  process.print(Uint8Array.of(5, 0, 0, 0, 0, 0, 0, 0), encodeFrame(new Uint8Array(9).fill(0xff)));
  process.print(answer("b"));
  process.closeOutput();
  await ended;
  assert.deepEqual(responses, ["a", "b"]);
});

Deno.test("WorkerProcess kills and reaps a worker that closed its output", async () => {
  const { process, worker, ended } = harness();
  process.closeOutput();
  assert.deepEqual(await ended, { code: 137, signal: "SIGKILL" });
  assert.equal(worker.runState, RunState.STOPPED);
  assert.deepEqual(process.killed, ["SIGKILL"]);
  assert.equal(worker.send("late", ENCODED), false);
});

Deno.test("WorkerProcess kills a worker whose stream cannot be followed any more", async () => {
  const { process, ended } = harness();
  process.print(Uint8Array.of(0xff, 0xff, 0xff, 0, 0, 0, 0, 0));
  assert.equal((await ended).signal, "SIGKILL");
});

Deno.test("WorkerProcess sends the configuration first and joins requests into one write", async () => {
  const { process, worker } = harness();
  const state: InitialState = { requests: [request("SAVE-0")] };
  assert.equal(worker.begin(ServerConfig.empty(), state), true);
  for (const id of ["a", "b", "c"]) assert.equal(worker.send(id, ENCODED), true);
  await new Promise((resolve) => setTimeout(resolve, 0));
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
      return new WorkerProcess(id, process, 1000, {
        onResponse: () => {},
        onEnded: (worker, end, livedMs) => pool.ended(worker, end, livedMs),
      });
    },
    onRelaunched: ({ id }) => again.resolve(id),
  });
  pool.start();
  endings.get(0)?.closeOutput();
  assert.equal(await again.promise, 2);
  assert.deepEqual(launched, [0, 1, 2]);
  assert.deepEqual(pool.list().map(({ id, run_state }) => [id, run_state]), [
    [0, RunState.STOPPED],
    [2, RunState.RUNNING],
  ]);
  pool.stopRestarting();
  endings.get(2)?.closeOutput();
});
