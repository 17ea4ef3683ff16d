import assert from "node:assert/strict";
import { type Request, ResponseStatus } from "../../config/schema/messages.ts";
import {
  answerFrame,
  ScriptedMain,
  type ScriptedPeer,
} from "../../tests/support/cli/scripted_main.ts";
import { ClientError, type ClientErrorKind, connect } from "./mod.ts";
import { dialUnix } from "./unix_transport.ts";

const { OK, FAILURE, PROCESSING } = ResponseStatus;
const STATUS: Request = { request_type: { kind: "status", value: {} } };
const FOREVER = { timeoutMs: 0 };

function logging(filter: string): Request {
  return { request_type: { kind: "Logging", value: filter } };
}

/** Answers each request with OK and, as its message, the filter the request carried. */
async function echo(peer: ScriptedPeer): Promise<void> {
  for (let request = await peer.next(); request !== null; request = await peer.next()) {
    await peer.answer(OK, request.kind === "Logging" ? request.value : request.kind);
  }
}

async function rejectsWith(kind: ClientErrorKind, work: Promise<unknown>): Promise<void> {
  await assert.rejects(work, (error) => {
    assert.ok(error instanceof ClientError, String(error));
    assert.equal(error.kind, kind, error.message);
    return true;
  });
}

Deno.test("CommandClient.send hands over PROCESSING answers in order, then the terminal one", async () => {
  await using main = new ScriptedMain(async (peer) => {
    await peer.next();
    await peer.answer(PROCESSING, "one");
    await peer.answer(PROCESSING, "two");
    await peer.answer(OK, "done", { kind: "workers", value: { vec: [] } });
  });
  using client = await connect(main.path, FOREVER);
  const seen: string[] = [];
  const answer = await client.send(STATUS, { onProcessing: ({ message }) => seen.push(message) });
  assert.deepEqual(seen, ["one", "two"]);
  assert.equal(answer.message, "done");
  assert.deepEqual(answer.content?.content_type, { kind: "workers", value: { vec: [] } });
});

Deno.test("CommandClient.send returns a FAILURE answer as a value", async () => {
  await using main = new ScriptedMain(async (peer) => {
    await peer.next();
    await peer.answer(FAILURE, "no such cluster");
  });
  using client = await connect(main.path, FOREVER);
  const answer = await client.send(STATUS);
  assert.deepEqual([answer.status, answer.message], [FAILURE, "no such cluster"]);
});

Deno.test("CommandClient.send understands an answer that arrives byte by byte", async () => {
  await using main = new ScriptedMain(async (peer) => {
    await peer.next();
    for (const byte of answerFrame(OK, "in pieces")) await peer.write(Uint8Array.of(byte));
  });
  using client = await connect(main.path, FOREVER);
  assert.equal((await client.send(STATUS)).message, "in pieces");
});

Deno.test("CommandClient.stream yields every answer, the terminal one last", async () => {
  await using main = new ScriptedMain(async (peer) => {
    await peer.next();
    await peer.answer(PROCESSING, "working");
    await peer.answer(OK, "done");
  });
  using client = await connect(main.path, FOREVER);
  const seen: string[] = [];
  for await (const { message } of client.stream(STATUS)) seen.push(message);
  assert.deepEqual(seen, ["working", "done"]);
});

Deno.test("CommandClient.stream left early does not disturb the next request", async () => {
  await using main = new ScriptedMain(async (peer, connection) => {
    await peer.next();
    if (connection > 0) return peer.answer(OK, "second");
    await peer.answer(PROCESSING, "working");
    // The rest of the first answer comes only when a request is put behind it.
    if (await peer.next() !== null) await peer.answer(OK, "first");
  });
  using client = await connect(main.path, FOREVER);
  for await (const { message } of client.stream(STATUS)) {
    assert.equal(message, "working");
    break;
  }
  assert.equal((await client.send(STATUS)).message, "second");
});

Deno.test("CommandClient.send times out, and a late answer is not taken for the next one", async () => {
  const release = Promise.withResolvers<void>();
  await using main = new ScriptedMain(async (peer, connection) => {
    await peer.next();
    if (connection > 0) return peer.answer(OK, "second");
    await release.promise;
    await peer.answer(OK, "late");
  });
  using client = await connect(main.path, { timeoutMs: 0 });
  await rejectsWith("timeout", client.send(logging("a"), { timeoutMs: 20 }));
  release.resolve();
  assert.equal((await client.send(logging("b"))).message, "second");
});

Deno.test("CommandClient.send restarts the timeout at every message", async () => {
  const pieces = 8;
  const gapMs = 50;
  await using main = new ScriptedMain(async (peer) => {
    await peer.next();
    for (let i = 0; i < pieces; i++) {
      await new Promise((resolve) => setTimeout(resolve, gapMs));
      await peer.answer(PROCESSING);
    }
    await peer.answer(OK, "done");
  });
  using client = await connect(main.path);
  // Shorter than the whole answer takes, far longer than one gap.
  const timeoutMs = pieces * gapMs - 10;
  assert.equal((await client.send(STATUS, { timeoutMs })).message, "done");
});

Deno.test("CommandClient.send waits when the timeout is longer than a timer can count", async () => {
  await using main = new ScriptedMain(echo);
  using client = await connect(main.path, { timeoutMs: 2 ** 40 });
  assert.equal((await client.send(logging("a"))).message, "a");
});

Deno.test("CommandClient.send can be cancelled with a signal, before and while it waits", async () => {
  const asked = Promise.withResolvers<Request["request_type"]>();
  await using main = new ScriptedMain(async (peer) => {
    asked.resolve(await peer.next());
    await peer.next();
  });
  using client = await connect(main.path, FOREVER);
  const never = client.send(logging("never sent"), { signal: AbortSignal.abort() });
  await rejectsWith("cancelled", never);
  const controller = new AbortController();
  const sending = client.send(STATUS, { signal: controller.signal });
  assert.equal((await asked.promise)?.kind, "status");
  controller.abort();
  await rejectsWith("cancelled", sending);
});

Deno.test("CommandClient.send reports a peer that hangs up before the terminal answer", async () => {
  await using main = new ScriptedMain(async (peer) => {
    await peer.next();
    await peer.answer(PROCESSING, "working");
    peer.hangUp();
  });
  using client = await connect(main.path, FOREVER);
  await rejectsWith("closed", client.send(STATUS));
});

Deno.test("CommandClient.send refuses frames that are too long, too short or no answer", async () => {
  const oversized = Uint8Array.of(0, 0, 0, 0, 1, 0, 0, 0);
  const shorterThanItself = Uint8Array.of(3, 0, 0, 0, 0, 0, 0, 0);
  const notAResponse = Uint8Array.of(10, 0, 0, 0, 0, 0, 0, 0, 0x12, 0xff);
  for (const bytes of [oversized, shorterThanItself, notAResponse]) {
    await using main = new ScriptedMain(async (peer) => {
      await peer.next();
      await peer.write(bytes);
    });
    using client = await connect(main.path, FOREVER);
    await rejectsWith("protocol", client.send(STATUS));
  }
});

Deno.test("CommandClient.send refuses a request over the limit and keeps the connection", async () => {
  await using main = new ScriptedMain(echo);
  using client = await connect(main.path, { timeoutMs: 0, maxFrameBytes: 100 });
  await rejectsWith("too_large", client.send(logging("x".repeat(200))));
  assert.equal((await client.send(logging("short"))).message, "short");
  assert.equal(main.connections, 1);
});

Deno.test("CommandClient.send refuses requests that never get an answer", async () => {
  await using main = new ScriptedMain(echo);
  using client = await connect(main.path, FOREVER);
  const unanswered: Request[] = [
    { request_type: null },
    { request_type: { kind: "launch_worker", value: "x" } },
    { request_type: { kind: "return_listen_sockets", value: {} } },
    { request_type: { kind: "subscribe_events", value: {} } },
  ];
  for (const request of unanswered) await rejectsWith("invalid_request", client.send(request));
});

Deno.test("CommandClient puts one request at a time on a connection, in the order of the calls", async () => {
  const order: string[] = [];
  await using main = new ScriptedMain(async (peer) => {
    for (let request = await peer.next(); request !== null; request = await peer.next()) {
      assert.equal(peer.pipelined, false);
      if (request.kind === "Logging") order.push(request.value);
      await peer.answer(OK);
    }
  });
  using client = await connect(main.path, { timeoutMs: 0, maxConnections: 1 });
  const names = ["a", "b", "c", "d"];
  await Promise.all(names.map((name) => client.send(logging(name))));
  assert.deepEqual(order, names);
  assert.equal(main.connections, 1);
});

Deno.test("CommandClient runs requests side by side on several connections", async () => {
  const everybodyAsked = Promise.withResolvers<void>();
  let asked = 0;
  await using main = new ScriptedMain(async (peer) => {
    const request = await peer.next();
    if (++asked === 3) everybodyAsked.resolve();
    await everybodyAsked.promise;
    await peer.answer(OK, request?.kind === "Logging" ? request.value : "");
  });
  using client = await connect(main.path, { timeoutMs: 0, maxConnections: 3 });
  const answers = await Promise.all(["a", "b", "c"].map((name) => client.send(logging(name))));
  assert.deepEqual(answers.map(({ message }) => message), ["a", "b", "c"]);
});

Deno.test("CommandClient refuses a request when too many are waiting already", async () => {
  const release = Promise.withResolvers<void>();
  await using main = new ScriptedMain(async (peer) => {
    await release.promise;
    await echo(peer);
  });
  using client = await connect(main.path, { timeoutMs: 0, maxConnections: 1, maxQueued: 1 });
  const running = client.send(logging("running"));
  const queued = client.send(logging("queued"));
  await rejectsWith("queue_full", client.send(logging("too many")));
  release.resolve();
  assert.equal((await running).message, "running");
  assert.equal((await queued).message, "queued");
});

Deno.test("CommandClient forgets a queued request that was cancelled", async () => {
  const release = Promise.withResolvers<void>();
  await using main = new ScriptedMain(async (peer) => {
    await release.promise;
    await echo(peer);
  });
  using client = await connect(main.path, { timeoutMs: 0, maxConnections: 1 });
  const controller = new AbortController();
  const running = client.send(logging("running"));
  const first = client.send(logging("first"));
  const cancelled = client.send(logging("cancelled"), { signal: controller.signal });
  const last = client.send(logging("last"));
  controller.abort();
  await rejectsWith("cancelled", cancelled);
  release.resolve();
  assert.equal((await running).message, "running");
  assert.equal((await first).message, "first");
  assert.equal((await last).message, "last");
  assert.equal(main.connections, 1);
});

Deno.test("CommandClient notices that an idle connection was closed and opens another", async () => {
  await using main = new ScriptedMain(async (peer, connection) => {
    const request = await peer.next();
    await peer.answer(OK, `${request?.kind} ${connection}`);
    peer.hangUp();
  });
  using client = await connect(main.path, FOREVER);
  assert.equal((await client.send(STATUS)).message, "status 0");
  // The hang-up travels on its own; until it is noticed a request may be lost on the old connection.
  let answer = "";
  while (answer === "") {
    answer = await client.send(STATUS).then(({ message }) => message, () => "");
  }
  assert.equal(answer, "status 1");
});

Deno.test("CommandClient drops a connection on which more than the answer was sent", async () => {
  await using main = new ScriptedMain(async (peer, connection) => {
    await peer.next();
    const answer = answerFrame(OK, `answer ${connection}`);
    await peer.write(new Uint8Array([...answer, ...answerFrame(OK, "stray")]));
    await peer.next();
  });
  using client = await connect(main.path, FOREVER);
  assert.equal((await client.send(STATUS)).message, "answer 0");
  assert.equal((await client.send(STATUS)).message, "answer 1");
});

Deno.test("CommandClient comes back with back-off when main is restarted", async () => {
  await using main = new ScriptedMain(echo);
  let failedDials = 0;
  const dial = async () => {
    try {
      return await dialUnix(main.path);
    } catch (error) {
      if (++failedDials === 3) main.listen();
      throw error;
    }
  };
  const reconnect = { attempts: 9, firstDelayMs: 1, maxDelayMs: 2 };
  using client = await connect(main.path, { timeoutMs: 0, reconnect, dial });
  assert.equal((await client.send(logging("before"))).message, "before");
  await main.die();
  // The request that meets the dead connection is not repeated by the client: it may have run.
  let answer = "";
  while (answer === "") {
    answer = await client.send(logging("after")).then(({ message }) => message, (error) => {
      assert.equal(error.kind, "closed");
      return "";
    });
  }
  assert.deepEqual([answer, failedDials], ["after", 3]);
});

Deno.test("CommandClient gives up dialling after the attempts of its policy", async () => {
  let dials = 0;
  const dial = () => {
    dials++;
    return Promise.reject(new ClientError("cannot_connect", "nobody there"));
  };
  const reconnect = { attempts: 9, firstDelayMs: 1, maxDelayMs: 1 };
  await rejectsWith("cannot_connect", connect("unused", { dial, reconnect, connectAttempts: 3 }));
  assert.equal(dials, 3);
});

Deno.test("connect distinguishes a missing socket from one without a listener", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const missing = `${folder}/missing.sock`;
    await assert.rejects(connect(missing), /Cannot connect .*missing\.sock": there is no such/);
    const dead = `${folder}/dead.sock`;
    // A socket file that outlives its owner.
    const child = new Deno.Command(Deno.execPath(), {
      args: ["eval", `Deno.listen({transport:"unix",path:${JSON.stringify(dead)}});Deno.exit(0)`],
    });
    assert.equal((await child.output()).code, 0);
    await assert.rejects(connect(dead), /Cannot connect .*dead\.sock": nobody is listening/);
    await rejectsWith("cannot_connect", connect(dead));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("CommandClient.close rejects running and later requests", async () => {
  const asked = Promise.withResolvers<void>();
  await using main = new ScriptedMain(async (peer) => {
    await peer.next();
    asked.resolve();
    await peer.next();
  });
  const client = await connect(main.path, FOREVER);
  const running = client.send(STATUS);
  await asked.promise;
  client.close();
  await rejectsWith("cancelled", running);
  await rejectsWith("cancelled", client.send(STATUS));
});
