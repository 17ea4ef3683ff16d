import assert from "node:assert/strict";
import { decode, DecodeError, encode } from "../../../config/codec/protobuf.ts";
import { Request, Response } from "../../../config/schema/messages.ts";
import { encodeFrame, FrameReader } from "../../protocol/control/frame.ts";
import { UNKNOWN_PEER } from "../../io/net/peer_identity.ts";
import { ClientSession, type ClientStream, type Executor } from "./client_session.ts";
import { ok } from "./responses.ts";

const CLIENT = { id: 0, ulid: "0", connectedAt: 0, peer: UNKNOWN_PEER };

/** A client at the other end of two in-memory pipes; it reads only when the test says so. */
class ScriptedClient implements ClientStream {
  readonly #incoming = new TransformStream<Uint8Array, Uint8Array>();
  readonly #writer = this.#incoming.writable.getWriter();
  readonly #reader = this.#incoming.readable.getReader();
  readonly #frames = new FrameReader(1_000_000);
  reads = true;
  closed = false;

  send(...bytes: Uint8Array[]): void {
    for (const chunk of bytes) void this.#writer.write(chunk);
  }

  finish(): void {
    void this.#writer.close();
  }

  responses(): Response[] {
    const taken: Response[] = [];
    for (let frame = this.#frames.next(); frame !== null; frame = this.#frames.next()) {
      assert.ok(frame instanceof Uint8Array);
      const response = decode(Response, frame);
      assert.ok(!(response instanceof DecodeError));
      taken.push(response);
    }
    return taken;
  }

  async read(buffer: Uint8Array): Promise<number | null> {
    const { value, done } = await this.#reader.read();
    if (done) return null;
    buffer.set(value);
    return value.length;
  }

  write(bytes: Uint8Array): Promise<number> {
    if (!this.reads) return new Promise(() => {});
    this.#frames.receive(bytes);
    return Promise.resolve(bytes.length);
  }

  close(): void {
    this.closed = true;
  }
}

function frame(path: string): Uint8Array {
  return encodeFrame(encode(Request, { request_type: { kind: "save_state", value: path } }));
}

const nameOf = ({ request_type }: Request) => String(request_type?.value);

/** Answers a request with its own argument. */
const ECHO: Executor = {
  overlaps: () => false,
  execute: (request) => {
    const done = Promise.resolve(ok(nameOf(request)));
    return { begun: done.then(() => {}), done };
  },
};

Deno.test("ClientSession answers every request of one read, in order, before it closes", async () => {
  const client = new ScriptedClient();
  const session = new ClientSession(CLIENT, client, ECHO, { maxBytes: 10_000 });
  client.send(new Uint8Array([...frame("a"), ...frame("b"), ...frame("c")]));
  client.finish();
  await session.run();
  assert.deepEqual(client.responses().map(({ message }) => message), ["a", "b", "c"]);
  assert.equal(client.closed, true);
});

Deno.test("ClientSession starts overlapping requests at once and others when all are answered", async () => {
  const log: string[] = [];
  const pending = new Map<string, () => void>();
  const executor: Executor = {
    overlaps: (request) => nameOf(request) !== "barrier",
    execute: (request) => {
      const name = nameOf(request);
      log.push(name);
      const done = new Promise<Response>((resolve) => pending.set(name, () => resolve(ok(name))));
      return { begun: Promise.resolve(), done };
    },
  };
  const client = new ScriptedClient();
  const session = new ClientSession(CLIENT, client, executor, { maxBytes: 10_000 });
  client.send(frame("a"), frame("b"), frame("barrier"));
  client.finish();
  const running = session.run();
  const settle = () => new Promise((resolve) => setTimeout(resolve, 0));
  await settle();
  assert.deepEqual(log, ["a", "b"]);
  pending.get("b")?.();
  await settle();
  assert.deepEqual(log, ["a", "b"]);
  pending.get("a")?.();
  await settle();
  assert.deepEqual(log, ["a", "b", "barrier"]);
  pending.get("barrier")?.();
  await running;
  assert.deepEqual(client.responses().map(({ message }) => message), ["a", "b", "barrier"]);
});

Deno.test("ClientSession replaces an answer that is too long by a failure that says so", async () => {
  const client = new ScriptedClient();
  const executor: Executor = {
    overlaps: () => false,
    execute: () => {
      const done = Promise.resolve(ok("x".repeat(5000)));
      return { begun: done.then(() => {}), done };
    },
  };
  const session = new ClientSession(CLIENT, client, executor, { maxBytes: 1000 });
  client.send(frame("a"));
  client.finish();
  await session.run();
  const [only] = client.responses();
  assert.match(only?.message ?? "", /501\d bytes exceeds max_command_buffer_size \(1000\)/);
});

Deno.test("ClientSession drops a subscriber that does not read, and stops delivering to it", async () => {
  const client = new ScriptedClient();
  client.reads = false;
  let deliver: ((event: Response) => boolean) | undefined;
  const executor: Executor = {
    overlaps: () => false,
    execute: (_, { subscribe }) => {
      deliver = subscribe();
      return { begun: Promise.resolve(), done: Promise.resolve(null) };
    },
  };
  const session = new ClientSession(CLIENT, client, executor, { maxBytes: 1000 });
  client.send(frame("subscribe"));
  void session.run();
  await new Promise((resolve) => setTimeout(resolve, 0));
  assert.ok(deliver !== undefined);
  let delivered = 0;
  while (deliver(ok("x".repeat(80)))) delivered++;
  assert.ok(delivered > 5 && delivered < 12, `${delivered}`);
  assert.equal(client.closed, true);
  assert.equal(deliver(ok("")), false);
});

Deno.test("ClientSession takes no further request from a client that does not read answers", async () => {
  const client = new ScriptedClient();
  client.reads = false;
  let executed = 0;
  const executor: Executor = {
    overlaps: () => true,
    execute: () => {
      executed++;
      return { begun: Promise.resolve(), done: Promise.resolve(ok("x".repeat(100))) };
    },
  };
  const session = new ClientSession(CLIENT, client, executor, { maxBytes: 2000 });
  for (let i = 0; i < 50; i++) client.send(frame(String(i)));
  void session.run();
  await new Promise((resolve) => setTimeout(resolve, 20));
  assert.ok(executed < 20, `${executed} requests were executed`);
  assert.equal(client.closed, false);
  session.close();
});
