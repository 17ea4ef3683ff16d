import assert from "node:assert/strict";
import type { FakeStream } from "../../../../tests/support/session/fake_stream.ts";
import { httpSession } from "../../../../tests/support/session/http_sessions.ts";
import { waitFor } from "../../../../tests/support/wait.ts";
import { Counter } from "../../../observe/metrics/counters.ts";
import type { ListenerContext } from "../../listener_context.ts";

const GET = "GET / HTTP/1.1\r\nHost: a.test\r\n\r\n";
const OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
const UPLOAD = "POST / HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n";

type Played = ReturnType<typeof httpSession>;

/** A test of one session, served by the written-out loop and by the relay. */
function bothWays(
  name: string,
  test: (start: (settings?: Partial<ListenerContext>) => Played) => Promise<void>,
): void {
  for (const fastPath of [true, false]) {
    const way = fastPath ? "written out" : "through the relay";
    Deno.test(`${name} (${way})`, async () => {
      const started: Played[] = [];
      await test((settings = {}) => {
        const played = httpSession(settings, fastPath);
        started.push(played);
        return played;
      });
      for (const { session, running, worker } of started) {
        session.close();
        await running;
        worker.upstreams.close();
        await assertNothingLent(worker);
      }
    });
  }
}

/** Every buffer is given back, nobody is counted any more. */
async function assertNothingLent(worker: Played["worker"]): Promise<void> {
  const { small, head, bulk } = worker.inputBuffers;
  await waitFor("the buffers", () => small.lent + head.lent + bulk.lent === 0);
  assert.equal(worker.outBuffers.lent, 0);
  assert.equal(worker.upstreams.openCount, 0);
}

/** The backend dialled as number `index`, once it has the head of a request. */
async function backendOf({ backends }: Played, index = 0): Promise<FakeStream> {
  const backend = await waitFor("the backend", () => backends[index]);
  await waitFor("the request", () => backend.written.includes("\r\n\r\n"));
  return backend;
}

bothWays(
  "a session serves one request after the other on one backend connection",
  async (start) => {
    const set = start();
    for (let n = 1; n <= 3; n++) {
      set.client.feed(GET);
      const backend = await backendOf(set);
      await waitFor("the request", () => backend.written.split("GET /").length === n + 1);
      backend.feed(OK);
      await waitFor("the answer", () => set.client.written.split("ok").length === n + 1);
    }
    assert.equal(set.backends.length, 1);
    assert.equal(set.count(Counter.REQUESTS), 3);
  },
);

bothWays("a session serves requests that were sent before their turn", async (start) => {
  const set = start();
  set.client.feed(GET + GET);
  const backend = await backendOf(set);
  backend.feed(OK);
  await waitFor("the second request", () => backend.written.split("GET /").length === 3);
  backend.feed(OK);
  await waitFor("both answers", () => set.client.written.split("ok").length === 3);
});

bothWays("a head that comes byte by byte is served as any other", async (start) => {
  const set = start();
  for (const byte of GET) {
    set.client.feed(byte);
    await waitFor("the byte to be read", () => set.client.reading || set.backends.length > 0);
  }
  (await backendOf(set)).feed(OK);
  await waitFor("the answer", () => set.client.written.endsWith("ok"));
});

bothWays("a backend that sends more than its response is not used again", async (start) => {
  const set = start();
  set.client.feed(GET);
  const backend = await backendOf(set);
  backend.feed(`${OK}surplus`);
  await waitFor("the answer", () => set.client.written.endsWith("ok"));
  await waitFor("the end of its connection", () => backend.closed);
  set.client.feed(GET);
  (await backendOf(set, 1)).feed(OK);
  await waitFor("the answer", () => set.client.written.split("ok").length === 3);
});

bothWays("a stale idle connection costs its request nothing", async (start) => {
  const set = start();
  set.client.feed(GET);
  const stale = await backendOf(set);
  stale.feed(OK);
  await waitFor("the answer", () => set.client.written.endsWith("ok"));
  stale.write = () => Promise.reject(new Error("gone"));
  set.client.feed(GET.replace("\r\n\r\n", "\r\nX-Forwarded-For: 198.51.100.7\r\n\r\n"));
  const fresh = await backendOf(set, 1);
  assert.match(fresh.written, /X-Forwarded-For: 198\.51\.100\.7, 192\.0\.2\.1\r\n/);
  fresh.feed(OK);
  await waitFor("the answer", () => set.client.written.split("ok").length === 3);
  assert.equal(set.count(Counter.RETRIES), 1);
});

bothWays("a backend that closes without an answer is answered for with 502", async (start) => {
  const set = start();
  set.client.feed(GET);
  (await backendOf(set)).feed(null);
  await waitFor("the answer", () => set.client.written.startsWith("HTTP/1.1 502 "));
});

bothWays(
  "a response that is none is answered for with 502, one that breaks off cuts the client",
  async (start) => {
    const malformed = start();
    malformed.client.feed(GET);
    (await backendOf(malformed)).feed("nonsense\r\n\r\n");
    await waitFor("the answer", () => malformed.client.written.startsWith("HTTP/1.1 502 "));

    const broken = start();
    broken.client.feed(GET);
    const backend = await backendOf(broken);
    backend.feed("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nbeg");
    await waitFor("the beginning", () => broken.client.written.endsWith("beg"));
    backend.feed(null);
    await waitFor("the end", () => broken.client.closed);
  },
);

bothWays("a backend that is silent is answered for with 504", async (start) => {
  const set = start();
  set.client.feed(GET);
  await backendOf(set);
  await set.pass(2_600);
  assert.match(set.client.written, /^HTTP\/1\.1 504 /);
});

bothWays("a client that is too slow with its body is told so with 408", async (start) => {
  const set = start({ uploadMinBytes: 10 });
  set.client.feed(`${UPLOAD}1\r\na\r\n`);
  await backendOf(set);
  await set.pass(2_600);
  assert.match(set.client.written, /^HTTP\/1\.1 408 /);
});

bothWays("a body that breaks the rules behind its head is answered with 400", async (start) => {
  const set = start();
  set.client.feed(UPLOAD);
  const backend = await backendOf(set);
  set.client.feed("zz\r\n");
  await waitFor("the answer", () => set.client.written.startsWith("HTTP/1.1 400 "));
  assert.ok(backend.closed);
});

bothWays(
  "a body and its trailers reach the backend, and the answer the client, beside each other",
  async (start) => {
    const set = start();
    set.client.feed(`${UPLOAD}3\r\nabc\r\n`);
    const backend = await backendOf(set);
    await waitFor("the piece", () => backend.written.includes("abc"));
    backend.feed("HTTP/1.1 100 Continue\r\n\r\n");
    await waitFor("the interim answer", () => set.client.written.startsWith("HTTP/1.1 100 "));
    set.client.feed("3\r\ndef\r\n0\r\nT: 1\r\n\r\n");
    await waitFor("the body", () => backend.written.endsWith("3\r\ndef\r\n0\r\nT: 1\r\n\r\n"));
    backend.feed("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n");
    backend.feed("0\r\nU: 2\r\n\r\n");
    await waitFor("the answer", () => set.client.written.endsWith("2\r\nok\r\n0\r\nU: 2\r\n\r\n"));
    set.client.feed(GET);
    await waitFor("the next request", () => backend.written.includes("GET /"));
  },
);

bothWays(
  "a client of HTTP/1.0 gets the payload of a chunked answer, then the end",
  async (start) => {
    const set = start();
    set.client.feed("GET / HTTP/1.0\r\nHost: a.test\r\n\r\n");
    const backend = await backendOf(set);
    backend.feed("HTTP/1.1 100 Continue\r\n\r\n");
    backend.feed(
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n2\r\ncd\r\n0\r\n\r\n",
    );
    await waitFor("the end", () => set.client.closed || set.client.writeEnded);
    assert.match(set.client.written, /^HTTP\/1\.1 200 /);
    assert.ok(set.client.written.endsWith("\r\n\r\nabcd"));
    assert.ok(!set.client.written.includes("Transfer-Encoding"));
  },
);

bothWays(
  "a body that only the end of its connection ends ends the client's as well",
  async (start) => {
    const set = start();
    set.client.feed(GET);
    const backend = await backendOf(set);
    backend.feed("HTTP/1.1 200 OK\r\n\r\nall ");
    backend.feed("of it");
    backend.feed(null);
    await waitFor("the end", () => set.client.closed || set.client.writeEnded);
    assert.ok(set.client.written.endsWith("all of it"));
  },
);

bothWays("a client that resets ends its backend connection", async (start) => {
  const set = start();
  set.client.feed(GET);
  const backend = await backendOf(set);
  set.client.write = () => Promise.reject(new Error("reset"));
  backend.feed("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nbeg");
  await waitFor("the end", () => backend.closed && set.client.closed);
});

bothWays("an upgrade that was asked for becomes a tunnel both ways", async (start) => {
  const set = start();
  set.client.feed("GET / HTTP/1.1\r\nHost: a.test\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n");
  const backend = await backendOf(set);
  backend.feed(
    "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\nearly",
  );
  await waitFor("the answer", () => set.client.written.endsWith("early"));
  set.client.feed("ping");
  await waitFor("the ping", () => backend.written.endsWith("ping"));
  backend.feed("pong");
  await waitFor("the pong", () => set.client.written.endsWith("pong"));
});

bothWays(
  "a session that drains says goodbye behind the answer that is under way",
  async (start) => {
    const set = start();
    set.client.feed(GET);
    const backend = await backendOf(set);
    set.worker.draining = true;
    set.session.drain();
    backend.feed(OK);
    await waitFor("the goodbye", () => set.client.writeEnded || set.client.closed);
    assert.match(set.client.written, /\r\nConnection: close\r\n/);
  },
);

bothWays("a session that waits for its next request may be told to go at once", async (start) => {
  const set = start();
  set.client.feed(GET);
  (await backendOf(set)).feed(OK);
  await waitFor("the answer", () => set.client.written.endsWith("ok") && set.client.reading);
  set.worker.draining = true;
  assert.ok(set.session.leaveIdle());
  assert.ok(set.session.leaveIdle());
  await waitFor("the goodbye", () => set.client.writeEnded);
  set.client.feed(null);
  await set.running;
});

bothWays("a session can be closed wherever it is", async (start) => {
  const steps: ((set: Played) => Promise<unknown>)[] = [
    () => Promise.resolve(),
    ({ client }) => Promise.resolve(client.feed("GET / HT")),
    (set) => (set.client.feed(GET), backendOf(set)),
    (set) => (set.client.feed(UPLOAD), backendOf(set)),
    async (set) => {
      set.client.feed(GET);
      (await backendOf(set)).feed("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nbeg");
      await waitFor("the beginning", () => set.client.written.endsWith("beg"));
    },
  ];
  for (const step of steps) {
    const set = start();
    await step(set);
    set.session.close();
    await set.running;
    assert.equal(set.count(Counter.INTERNAL_ERRORS), 0);
  }
});
