import assert from "node:assert/strict";
import { LINGER_MS, LINGER_STEP_BYTES } from "../../../../config/defaults.ts";
import type { FakeStream } from "../../../../tests/support/session/fake_stream.ts";
import { httpSession, shopListener } from "../../../../tests/support/session/http_sessions.ts";
import { waitFor } from "../../../../tests/support/wait.ts";
import { AnswerSet, compileAnswers } from "../../../answers/answer_set.ts";
import { TemplateError } from "../../../answers/template.ts";
import { asciiBytes } from "../../../bytes/ascii.ts";
import { Counter } from "../../../observe/metrics/counters.ts";

const LENGTH = 1_000_000;
const UPLOAD = `POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: ${LENGTH}\r\n\r\n`;
const REFUSAL = "HTTP/1.1 413 Content Too Large\r\nContent-Length: 4\r\n\r\nmuch";
const ENOUGH = "x".repeat(LINGER_STEP_BYTES);
const SECOND = 1_000;

/** The backend of a session, once it has been dialled and told of the request. */
async function told({ backends }: ReturnType<typeof httpSession>): Promise<FakeStream> {
  const backend = await waitFor("the backend", () => backends[0]);
  await waitFor("the request", () => backend.written.includes("\r\n\r\n"));
  return backend;
}

/** Nothing is lent any more. */
function assertAllGivenBack({ worker }: ReturnType<typeof httpSession>): void {
  const { small, head, bulk } = worker.inputBuffers;
  assert.deepEqual([small.lent, head.lent, bulk.lent, worker.outBuffers.lent], [0, 0, 0, 0]);
}

/** A session, and how many requests count as active for the worker and for its backend. */
function watchedSession(fastPath?: boolean) {
  const listener = shopListener();
  const route = listener.routes.match(asciiBytes("a.test/GET"), 0, 6, 6, 7, 7, 10)?.route;
  const backend = route?.cluster?.backends.get("shop-1", "192.0.2.9:80");
  assert.ok(backend);
  const set = httpSession(listener, fastPath);
  const active = () => [set.count(Counter.ACTIVE_REQUESTS), backend.activeRequests];
  return { ...set, active };
}

/** Lets no write of `stream` end before it is closed. */
function stopTaking(stream: FakeStream): void {
  const blocked = Promise.withResolvers<number>();
  const close = stream.close.bind(stream);
  stream.write = () => blocked.promise;
  stream.close = () => {
    close();
    blocked.reject(new Error("closed"));
  };
}

Deno.test("A client that is sent away lingers while it sends fast enough, and not for ever", async () => {
  const { client, pass } = httpSession();
  client.feed(UPLOAD.replace("a.test", "b.test"));
  await waitFor("the answer", () => client.writeEnded);
  assert.match(client.written, /^HTTP\/1\.1 404 [^]*\r\nConnection: close\r\n/);
  for (let passed = 0; passed < LINGER_MS - 2 * SECOND; passed += SECOND) {
    client.feed(ENOUGH);
    await pass(SECOND);
    assert.ok(!client.closed, `after ${passed} ms`);
  }
  for (let i = 0; i < 4; i++) {
    client.feed(ENOUGH);
    await pass(SECOND);
  }
  assert.ok(client.closed);
});

Deno.test("A client that is sent away and drips, or is silent, is closed soon", async () => {
  for (const drip of ["", "x"]) {
    const { client, pass } = httpSession();
    client.feed(UPLOAD.replace("a.test", "b.test"));
    await waitFor("the answer", () => client.writeEnded);
    for (let i = 0; i < 8 && !client.closed; i++) {
      if (drip !== "") client.feed(drip);
      await pass(SECOND / 4);
    }
    assert.ok(client.closed);
  }
});

Deno.test("A body flows on to a backend that has answered, which then is used again", async () => {
  const set = httpSession();
  const { client, pass } = set;
  client.feed(UPLOAD);
  const backend = await told(set);
  backend.feed(REFUSAL);
  await waitFor("the goodbye", () => client.writeEnded);
  assert.match(client.written, /\r\nConnection: close\r\n/);
  const piece = "x".repeat(LENGTH / 50);
  for (let i = 0; i < 50; i++) {
    client.feed(piece);
    await pass(SECOND);
  }
  assert.ok(!backend.closed);
  assert.ok(backend.written.endsWith(piece));
  assert.equal(backend.written.split("\r\n\r\n")[1]?.length, LENGTH);
  // An idle connection is read from, see Upstream.rest.
  assert.ok(backend.reading && !backend.closed);
  client.feed(null);
  await set.running;
  assertAllGivenBack(set);
  assert.equal(set.count(Counter.CLIENT_ABORTS), 0);
});

Deno.test("A backend that has answered and takes nothing is cut, and its client heard out", async () => {
  const set = httpSession();
  const { client, pass } = set;
  client.feed(UPLOAD);
  const backend = await told(set);
  stopTaking(backend);
  client.feed(ENOUGH);
  backend.feed(REFUSAL);
  await waitFor("the goodbye", () => client.writeEnded);
  await pass(1.2 * SECOND);
  assert.ok(backend.closed);
  assert.ok(!client.closed);
  for (let i = 0; i < 5; i++) {
    client.feed(ENOUGH);
    await pass(SECOND);
  }
  assert.ok(!client.closed);
  client.feed(null);
  await set.running;
  assertAllGivenBack(set);
});

for (const fastPath of [true, false]) {
  const way = fastPath ? "written out" : "by the relay";

  Deno.test(`A request is over when its backend, which has answered, is cut, ${way}`, async () => {
    const set = watchedSession(fastPath);
    const { client, pass, active } = set;
    client.feed(UPLOAD);
    const backend = await told(set);
    stopTaking(backend);
    client.feed(ENOUGH);
    backend.feed(REFUSAL);
    await waitFor("the goodbye", () => client.writeEnded);
    assert.deepEqual(active(), [1, 1]);
    await pass(1.2 * SECOND);
    assert.ok(backend.closed && !client.closed);
    assert.deepEqual(active(), [0, 0]);
    client.feed(ENOUGH);
    await waitFor("the exchange to be given back", () => set.worker.outBuffers.lent === 0);
    assert.ok(!client.closed);
    client.feed(null);
    await set.running;
    assertAllGivenBack(set);
  });

  Deno.test(`A request is over when it is answered for a lost backend, ${way}`, async () => {
    const set = watchedSession(fastPath);
    const { client, active } = set;
    client.feed(UPLOAD);
    const backend = await told(set);
    const taken = Promise.withResolvers<number>();
    client.write = () => taken.promise;
    backend.feed("nonsense\r\n\r\n");
    await waitFor("the backend to be given up", () => backend.closed);
    assert.deepEqual(active(), [1, 0]);
    taken.resolve(1_000);
    await waitFor("the goodbye", () => client.writeEnded);
    assert.deepEqual(active(), [0, 0]);
    assert.ok(!client.closed);
    client.feed(null);
    await set.running;
    assertAllGivenBack(set);
  });

  Deno.test(`A request is over when its connection is closed, ${way}`, async () => {
    const set = watchedSession(fastPath);
    const { client, session, active } = set;
    client.feed(UPLOAD);
    await told(set);
    // Inside TLS a read ends only when the client has been told.
    const close = client.close.bind(client);
    client.close = () => {};
    session.close();
    await waitFor("the end", () => active().every((it) => it === 0));
    close();
    await set.running;
    assertAllGivenBack(set);
  });
}

Deno.test("A backend has done its work before a slow client has its answer", async () => {
  const set = watchedSession(true);
  const { client, session, active } = set;
  client.write = () => new Promise(() => {});
  client.feed("GET / HTTP/1.1\r\nHost: a.test\r\n\r\n");
  const backend = await told(set);
  assert.deepEqual(active(), [1, 1]);
  backend.feed("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nno");
  await waitFor("the connection to be given back", () => backend.reading);
  assert.deepEqual(active(), [1, 0]);
  session.close();
});

Deno.test("A client that has its early answer may be silent as long as any other, not longer", async () => {
  const set = httpSession();
  const { client, pass } = set;
  client.feed(UPLOAD);
  const backend = await told(set);
  backend.feed(REFUSAL);
  await waitFor("the goodbye", () => client.writeEnded);
  await pass(1.5 * SECOND);
  assert.ok(!client.closed);
  await pass(2.5 * SECOND);
  assert.ok(client.closed && backend.closed);
});

Deno.test("A backend connection is not used again while a body is still being written to it", async () => {
  const set = httpSession();
  const { client } = set;
  client.feed(UPLOAD.replace(String(LENGTH), "5"));
  const backend = await told(set);
  const taken = Promise.withResolvers<number>();
  backend.write = () => taken.promise;
  client.feed("hello");
  await waitFor("the body to be read", () => !client.reading);
  backend.feed(REFUSAL);
  await waitFor("the answer", () => client.written.endsWith("much"));
  assert.ok(!backend.reading);
  taken.resolve(5);
  await waitFor("the end of the body", () => backend.reading);
  set.session.close();
});

Deno.test("An answer of a listener that keeps its connections says that it closes within a body", async () => {
  const text = "HTTP/1.1 404 Not Here\r\nContent-Length: 2\r\n\r\nno";
  const layer = compileAnswers(new Map([["404", text]]));
  assert.ok(!(layer instanceof TemplateError));
  for (const [length, closes] of [["5", true], ["0", false]] as const) {
    const { client, session } = httpSession({ answers: new AnswerSet(layer) });
    client.feed(UPLOAD.replace("a.test", "b.test").replace(String(LENGTH), length));
    await waitFor("the answer", () => client.written.endsWith("no"));
    assert.equal(client.written.includes("Connection: close"), closes);
    session.close();
  }
});

Deno.test("A late head is answered, and what is left of it does not reset the answer", async () => {
  const { client, pass, running } = httpSession();
  client.feed("GET / HT");
  await pass(1.2 * SECOND);
  await waitFor("the goodbye", () => client.writeEnded);
  assert.match(client.written, /^HTTP\/1\.1 408 /);
  client.feed("TP/1.1\r\nHost: a.test\r\n\r\n");
  client.feed(null);
  await running;
  assert.equal(client.written.split("HTTP/1.1").length, 2);
});
