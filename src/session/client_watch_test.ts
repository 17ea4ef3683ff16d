import assert from "node:assert/strict";
import { FakeStream } from "../../tests/support/session/fake_stream.ts";
import { httpSession } from "../../tests/support/session/http_sessions.ts";
import { waitFor } from "../../tests/support/wait.ts";
import { Counter } from "../observe/metrics/counters.ts";
import { ClientWatch, Watching } from "./client_watch.ts";
import { DeadlineWheel } from "./timing/deadline_wheel.ts";

/** A client whose every write is answered by the test. */
function watched(how: Watching) {
  const wheel = new DeadlineWheel(0);
  const asked: PromiseWithResolvers<number>[] = [];
  const stream = new FakeStream();
  stream.write = (from) => {
    assert.equal(from.length, 0);
    const done = Promise.withResolvers<number>();
    asked.push(done);
    return done.promise;
  };
  const watcher = {
    stream,
    how,
    resets: 0,
    watching: () => watcher.how,
    broken: [] as unknown[],
    client: { broke: (error: unknown) => void watcher.broken.push(error) },
    clientReset: () => void watcher.resets++,
  };
  const watch = new ClientWatch(watcher, wheel);
  let now = 0;
  const pass = (ms: number) => {
    for (const end = now + ms; now < end;) wheel.advance(now += 100);
  };
  return { watcher, watch, asked, pass };
}

Deno.test("ClientWatch asks again and again, one question at a time, until the client is gone", async () => {
  const { watcher, watch, asked, pass } = watched(Watching.ASK);
  watch.start();
  pass(1_000);
  assert.equal(asked.length, 1);
  asked[0]?.resolve(0);
  await Promise.resolve();
  pass(400);
  assert.equal(asked.length, 2);
  asked[1]?.reject(new Error("reset"));
  await waitFor("the news", () => watcher.resets === 1);
  assert.deepEqual(watcher.broken, [new Error("reset")]);
});

Deno.test("ClientWatch asks nothing while a read will tell, nor when all is over", () => {
  const { watcher, watch, asked, pass } = watched(Watching.READ);
  watch.start();
  pass(1_000);
  assert.equal(asked.length, 0);
  watcher.how = Watching.ASK;
  pass(400);
  assert.equal(asked.length, 1);
  watch.stop();
  const over = watched(Watching.OVER);
  over.watch.start();
  over.pass(1_000);
  over.watcher.how = Watching.ASK;
  over.pass(1_000);
  assert.equal(over.asked.length, 0);
});

Deno.test("ClientWatch does not tell what came true only after the end", async () => {
  const { watcher, watch, asked, pass } = watched(Watching.ASK);
  watch.start();
  pass(400);
  watcher.how = Watching.OVER;
  asked[0]?.reject(new Error("we closed it"));
  await new Promise((resolve) => setTimeout(resolve, 0));
  assert.equal(watcher.resets, 0);
});

Deno.test("HttpSession waits for a backend with one read and no question, also when it takes long", async () => {
  const { client, backends, pass, session } = httpSession();
  let questions = 0;
  const write = client.write.bind(client);
  client.write = (from) => {
    if (from.length === 0) questions++;
    return write(from);
  };
  client.feed("GET / HTTP/1.1\r\nHost: a.test\r\n\r\n");
  await waitFor("the request", () => backends[0]?.written.includes("\r\n\r\n"));
  await pass(1_500);
  assert.ok(client.reading);
  assert.equal(questions, 0);
  // From its end of stream on a read would tell nothing.
  client.feed(null);
  await pass(800);
  assert.ok(questions >= 1);
  session.close();
});

Deno.test("HttpSession blames a client whose connection breaks in an upload, not the backend", async () => {
  const { client, backends, running, count } = httpSession();
  client.feed("POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 100\r\n\r\npart");
  await waitFor("the request", () => backends[0]?.written.includes("part") && client.reading);
  client.close();
  await running;
  assert.ok(backends[0]?.closed);
  assert.equal(count(Counter.CLIENT_ABORTS), 1);
  assert.equal(count(Counter.DEFAULT_ANSWERS), 0);
});
