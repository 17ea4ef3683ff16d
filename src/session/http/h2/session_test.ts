import assert from "node:assert/strict";
import { ErrorCode } from "../../../protocol/h2/frames/error_code.ts";
import { data, goaway, headers, ping, reset } from "../../../../tests/support/h2/frames.ts";
import { testLimits } from "../../../../tests/support/h2/limits.ts";
import { bothWays, OK_RESPONSE, serveOne } from "../../../../tests/support/session/h2_cases.ts";
import { type PlayedH2, statusOf } from "../../../../tests/support/session/h2_sessions.ts";
import { waitFor } from "../../../../tests/support/wait.ts";
import { Counter } from "../../../observe/metrics/counters.ts";

const BEGINNING = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nbeg";
const HEAD: [string, string][] = [
  [":scheme", "http"],
  [":path", "/"],
  [":authority", "a.test"],
];
const NO_BYTES = new Uint8Array(0);
const POST: [string, string][] = [[":method", "POST"]];

bothWays("requests are served one after the other on one backend connection", async (start) => {
  const set = start();
  for (const stream of [1, 3, 5]) {
    await serveOne(set, stream);
    assert.deepEqual([statusOf(set.reply(stream)), set.reply(stream).text], [200, "ok"]);
  }
  assert.equal(set.backends.length, 1);
  assert.equal(set.count(Counter.REQUESTS), 3);
});

bothWays("a client that asks for nothing is let go after the request timeout", async (start) => {
  const set = start();
  await set.see(/^SETTINGS$/);
  await set.pass(800);
  assert.ok(!set.client.writeEnded);
  await set.pass(400);
  await set.see(/^GOAWAY 0 0$/);
  await waitFor("the end", () => set.client.writeEnded);
});

bothWays("an idle client is let go after the front timeout", async (start) => {
  const set = start();
  await serveOne(set);
  await set.pass(1_800);
  assert.ok(!set.seen.some((each) => each.startsWith("GOAWAY")));
  await set.pass(400);
  await set.see(/^GOAWAY 1 0$/);
  await waitFor("the end", () => set.client.writeEnded);
});

bothWays("a client that does not read is cut after the front timeout", async (start) => {
  const set = start();
  await serveOne(set);
  const stuck = Promise.withResolvers<number>();
  stuck.promise.catch(() => {});
  const close = set.client.close.bind(set.client);
  set.client.write = () => stuck.promise;
  set.client.close = () => (close(), stuck.reject(new Error("closed")));
  set.ask(3);
  const backend = await set.backendOf();
  await waitFor("the request", () => backend.written.split("GET /").length === 3);
  backend.feed(OK_RESPONSE);
  await set.pass(1_800);
  assert.ok(!set.client.closed);
  await set.pass(600);
  assert.ok(set.client.closed);
});

bothWays("a silent backend costs its stream 504, and no other", async (start) => {
  const set = start();
  set.ask(1);
  await set.backendOf();
  await set.pass(1_000);
  set.ask(3);
  await waitFor("the second request", () => set.backends[1]?.written.includes("\r\n\r\n"));
  await set.pass(1_400);
  await waitFor("the answer", () => set.reply(1).ended);
  assert.equal(statusOf(set.reply(1)), 504);
  assert.ok(set.backends[0]?.closed);
  set.backends[1]?.feed(OK_RESPONSE);
  await waitFor("the response", () => set.reply(3).ended);
  assert.equal(statusOf(set.reply(3)), 200);
});

bothWays("a backend that falls silent within its response has its stream reset", async (start) => {
  const set = start();
  set.ask(1);
  const backend = await set.backendOf();
  backend.feed(BEGINNING);
  await waitFor("the beginning", () => set.reply(1).text === "beg");
  await set.pass(2_600);
  await waitFor("the reset", () => set.reply(1).reset === ErrorCode.INTERNAL_ERROR);
  assert.ok(backend.closed);
  assert.ok(!set.client.closed);
});

bothWays("a client that ends its side gets what it has asked for", async (start) => {
  const set = start();
  set.ask(1);
  const backend = await set.backendOf();
  set.client.feed(null);
  await waitFor("the end of input", () => !set.client.reading);
  backend.feed(OK_RESPONSE);
  await waitFor("the response", () => set.reply(1).ended);
  await waitFor("the end", () => set.client.writeEnded || set.client.closed);
});

bothWays("a client that says goodbye gets what it has asked for", async (start) => {
  const set = start();
  set.ask(1);
  const backend = await set.backendOf();
  set.say(goaway(0, ErrorCode.NO_ERROR));
  backend.feed(OK_RESPONSE);
  await waitFor("the response", () => set.reply(1).ended);
  await set.see(/^GOAWAY 1 0$/);
});

bothWays(
  "a stream that its client resets ends its backend connection, and no other",
  async (start) => {
    const set = start();
    set.ask(1);
    await set.backendOf();
    set.ask(3);
    const second = await set.backendOf(1);
    set.say(reset(1, ErrorCode.CANCEL));
    await waitFor("the end", () => set.backends[0]?.closed);
    second.feed(OK_RESPONSE);
    await waitFor("the response", () => set.reply(3).ended);
    assert.equal(set.count(Counter.CLIENT_ABORTS), 1);
  },
);

bothWays("a stream that is reset within its body ends the request", async (start) => {
  const set = start();
  set.ask(1, POST, false);
  set.say(data(1, 100));
  const backend = await set.backendOf();
  await waitFor("the body", () => backend.written.includes("aaa"));
  set.say(reset(1, ErrorCode.CANCEL));
  await waitFor("the end", () => backend.closed);
  assert.ok(!backend.written.endsWith("0\r\n\r\n"));
});

bothWays("an empty body without a length, and one of trailers only, are ended", async (start) => {
  const set = start();
  // All of the request is there before anybody looks at it.
  set.say(headers(1, [...HEAD, [":method", "POST"]], false), data(1, 0, true));
  const backend = await set.backendOf();
  await waitFor("the end", () => backend.written.endsWith("\r\n\r\n0\r\n\r\n"));
  backend.feed(OK_RESPONSE);
  await waitFor("the response", () => set.reply(1).ended);
  set.say(headers(3, [...HEAD, [":method", "POST"]], false), headers(3, [["x-sum", "1"]]));
  await waitFor("the end", () => backend.written.endsWith("0\r\nx-sum: 1\r\n\r\n"));
  backend.feed(OK_RESPONSE);
  await waitFor("the response", () => set.reply(3).ended);
});

bothWays("nothing more is read of a client that takes no answers, until it does", async (start) => {
  const set = start({ h2: testLimits({ maxPingsPerWindow: 1_000_000 }) });
  await serveOne(set);
  const held = Promise.withResolvers<void>();
  const { client } = set;
  const write = client.write.bind(client);
  client.write = async (bytes) => {
    const copy = bytes.slice();
    await held.promise;
    return await write(copy);
  };
  const count = 12_000;
  const pings = Array.from({ length: count }, () => ping());
  set.say(...pings);
  await waitFor("reading to stop", () => !client.reading);
  await new Promise((resolve) => setTimeout(resolve, 20));
  assert.ok(!client.reading);
  held.resolve();
  const answered = () => set.seen.filter((each) => each === "PING ack").length;
  await waitFor("all answers", () => answered() === count);
});

bothWays(
  "without room for a head its stream is refused, and the next one served",
  async (start) => {
    const set = start();
    await serveOne(set);
    const { room } = set.http2;
    let taken = 0;
    while (room.admit()) taken++;
    set.ask(3);
    await waitFor("the refusal", () => set.reply(3).reset === ErrorCode.REFUSED_STREAM);
    while (taken-- > 0) room.leave(NO_BYTES);
    set.ask(5);
    const backend = await set.backendOf();
    await waitFor("the request", () => backend.written.split("GET /").length === 3);
    backend.feed(OK_RESPONSE);
    await waitFor("the response", () => set.reply(5).ended);
  },
);

bothWays(
  "without room for a body its stream is reset, and its backend's connection ended",
  async (start) => {
    const set = start();
    set.ask(1, POST, false);
    const backend = await set.backendOf();
    const { bodies } = set.http2.room;
    let held = 0;
    for (let step = 1 << 30; step > 0; step >>= 1) while (bodies.take(step)) held += step;
    set.say(data(1, 100));
    await waitFor("the reset", () => set.reply(1).reset === ErrorCode.ENHANCE_YOUR_CALM);
    await waitFor("the end", () => backend.closed);
    bodies.give(held);
  },
);

bothWays(
  "without buffers for a head to the backend a request is answered with 503",
  async (start) => {
    const set = start();
    const { http2: { room }, worker: { outBuffers } } = set;
    const [small, large]: Uint8Array[][] = [[], []];
    for (let it = room.takeOut(); it !== null; it = room.takeOut()) small?.push(it);
    for (let it = outBuffers.take(); it !== null; it = outBuffers.take()) large?.push(it);
    set.ask(1);
    await waitFor("the answer", () => set.reply(1).ended);
    assert.equal(statusOf(set.reply(1)), 503);
    for (const it of small ?? []) room.giveOut(it);
    for (const it of large ?? []) outBuffers.give(it);
    const next = set.backends.length;
    set.ask(3);
    (await set.backendOf(next)).feed(OK_RESPONSE);
    await waitFor("the response", () => set.reply(3).ended);
    assert.equal(statusOf(set.reply(3)), 200);
  },
);

bothWays(
  "without large buffers responses still go out, and large frames end the connection",
  async (start) => {
    const set = start();
    const { bulk } = set.worker.inputBuffers;
    const taken: Uint8Array[] = [];
    for (let it = bulk.take(); it !== null; it = bulk.take()) taken.push(it);
    await serveOne(set);
    set.ask(3, POST, false);
    await waitFor("the request", () => set.backends.at(-1)?.written.includes("POST"));
    set.say(data(3, 16_000));
    await set.see(/^GOAWAY 3 11$/);
    for (const it of taken) bulk.give(it);
  },
);

bothWays("a session can be closed wherever it is", async (start) => {
  const steps: ((set: PlayedH2) => Promise<unknown>)[] = [
    () => Promise.resolve(),
    (set) => set.see(/^SETTINGS$/),
    (set) => (set.ask(1), set.backendOf()),
    (set) => (set.ask(1, POST, false), set.backendOf()),
    async (set) => {
      set.ask(1);
      (await set.backendOf()).feed(BEGINNING);
      await waitFor("the beginning", () => set.reply(1).text === "beg");
    },
  ];
  for (const step of steps) {
    const set = start();
    await step(set);
    set.session.close();
    await set.running;
    assert.equal(set.count(Counter.ACTIVE_REQUESTS), 0);
  }
});
