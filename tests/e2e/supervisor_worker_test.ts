import assert from "node:assert/strict";
import { decode, DecodeError, encode } from "../../config/codec/protobuf.ts";
import {
  InitialState,
  type Request,
  ResponseStatus,
  ServerConfig,
  WorkerRequest,
  WorkerResponse,
} from "../../config/schema/messages.ts";
import { cluster } from "../support/config/state.ts";
import { waitFor } from "../support/process/sozu_process.ts";
import { ALIVE_ID, HELLO_ID } from "../../src/protocol/control/worker_life.ts";
import { encodeFrame, FrameReader } from "../../src/protocol/control/frame.ts";

const FAULTY_WORKER = new URL("../support/process/faulty_worker.ts", import.meta.url).href;

/** A worker process driven by hand. */
class BareWorker {
  readonly #child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--allow-all", FAULTY_WORKER],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  readonly #collected = this.#collect();
  readonly #writer = this.#child.stdin.getWriter();
  readonly #reader = this.#child.stdout.getReader();
  readonly #frames = new FrameReader(1_000_000);
  /** What it logged so far. */
  log = "";

  async begin(): Promise<void> {
    assert.deepEqual(await this.receive(), {
      id: HELLO_ID,
      status: ResponseStatus.PROCESSING,
      message: "faulty",
    });
    await this.write(encodeFrame(encode(ServerConfig, {
      ...ServerConfig.empty(),
      log_level: "info",
      log_target: "stdout",
      max_command_buffer_size: 2_000_000n,
    })));
    await this.write(encodeFrame(encode(InitialState, { requests: [] })));
  }

  write(bytes: Uint8Array): Promise<void> {
    return this.#writer.write(new Uint8Array(bytes));
  }

  send(id: string, request_type: Request["request_type"]): Promise<void> {
    return this.write(encodeFrame(encode(WorkerRequest, { id, content: { request_type } })));
  }

  async receive(): Promise<WorkerResponse> {
    for (;;) {
      const frame = this.#frames.next();
      if (frame !== null) {
        assert.ok(frame instanceof Uint8Array, "only frames come from a worker");
        const response = decode(WorkerResponse, frame);
        assert.ok(!(response instanceof DecodeError));
        if (response.id === ALIVE_ID) continue;
        return response;
      }
      const { value, done } = await this.#reader.read();
      assert.ok(!done, `the worker ended: ${this.log}`);
      this.#frames.receive(value);
    }
  }

  /** Closes its input; resolves with the exit code. */
  async finish(): Promise<number> {
    await this.#writer.close().catch(() => {});
    await this.#reader.cancel();
    await this.#collected;
    return (await this.#child.status).code;
  }

  async #collect(): Promise<void> {
    for await (const text of this.#child.stderr.pipeThrough(new TextDecoderStream())) {
      this.log += text;
    }
  }
}

Deno.test("a worker follows its input again after a length of 5, and obeys the soft stop", async () => {
  const worker = new BareWorker();
  await worker.begin();
  await worker.write(Uint8Array.of(5, 0, 0, 0, 0, 0, 0, 0));
  await worker.send("first", { kind: "status", value: {} });
  assert.deepEqual(await worker.receive(), {
    id: "first",
    status: ResponseStatus.OK,
    message: "",
  });
  await worker.send("stop", { kind: "soft_stop", value: {} });
  assert.equal((await worker.receive()).status, ResponseStatus.PROCESSING);
  assert.equal((await worker.receive()).status, ResponseStatus.OK);
  assert.equal(await worker.finish(), 0);
  assert.match(worker.log, /length 5/);
});

Deno.test("a worker outlives exceptions nobody catches and prints only answers on its output", async () => {
  const worker = new BareWorker();
  await worker.begin();
  for (const id of ["a", "b"]) {
    await worker.send(id, {
      kind: "add_cluster",
      value: cluster(id),
    });
    assert.deepEqual(await worker.receive(), { id, status: ResponseStatus.OK, message: "" });
  }
  for (
    const line of [
      /Unhandled rejection \(number \d\): .*nobody waits for this/,
      /Uncaught exception \(number \d\): .*thrown outside of any request/,
      /printed where answers are expected/,
    ]
  ) {
    await waitFor(`${line} in the log`, () => line.test(worker.log));
  }
  await worker.send("stop", { kind: "hard_stop", value: {} });
  assert.equal((await worker.receive()).id, "stop");
  assert.equal(await worker.finish(), 0);
});

Deno.test("a worker finishes and leaves when its main process is gone", async () => {
  const worker = new BareWorker();
  await worker.begin();
  await worker.send("first", { kind: "status", value: {} });
  await worker.receive();
  assert.equal(await worker.finish(), 0);
  assert.match(worker.log, /main process is gone/);
});

Deno.test("a worker that is told nothing sensible refuses to start", async () => {
  const worker = new BareWorker();
  await worker.write(encodeFrame(new Uint8Array(30).fill(0xff)));
  assert.equal(await worker.finish(), 1);
  assert.match(worker.log, /Cannot start the worker/);
});
