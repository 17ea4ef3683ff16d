import assert from "node:assert/strict";
import { HttpFront } from "../../src/proxy/listeners/http_front.ts";
import { HttpRoutes } from "../../src/proxy/listeners/http_routes.ts";
import { Counter } from "../../src/observe/metrics/counters.ts";
import { SessionSet } from "../../src/session/session_set.ts";
import { FakeStream } from "../support/session/fake_stream.ts";
import { socketAddress } from "../support/session/proxy.ts";
import { NO_HTTP2, testWorkerContext } from "../support/session/worker_context.ts";
import { waitFor } from "../support/wait.ts";

const GET = "GET / HTTP/1.1\r\nHost: nowhere.test\r\n\r\n";

/** A stream whose every write is a mistake of the program's. */
class DefectiveStream extends FakeStream {
  override write(_from: Uint8Array): Promise<number> {
    return Promise.reject(new TypeError("undefined is not a stream"));
  }
}

Deno.test("an exception in one session ends that session, is counted, and leaves the others alone", async () => {
  const worker = testWorkerContext();
  const front = HttpFront.create(
    "http",
    {
      address: socketAddress("127.0.0.1:80"),
      sticky_name: "S",
      front_timeout: 60,
      back_timeout: 30,
      connect_timeout: 3,
      request_timeout: 10,
      answers: new Map(),
    },
    { worker, http2: NO_HTTP2 },
    new HttpRoutes("http"),
  );
  assert.ok(front instanceof HttpFront);
  const sessions = new SessionSet(worker, {
    maxConnections: 5,
    evicts: false,
    queueTimeout: 1_000,
    zombieInterval: 1_000,
  });
  const admit = (stream: FakeStream) => {
    const peer = { ip: "192.0.2.1", port: 1 };
    sessions.admit({ stream, peer, destination: null, tls: null }, front.starter);
    return stream;
  };
  const well = admit(new FakeStream());
  const defective = admit(new DefectiveStream());
  const silenced = console.error;
  console.error = () => {};
  try {
    defective.feed(GET);
    await waitFor("the session to end", () => defective.closed);
  } finally {
    console.error = silenced;
  }
  assert.equal(worker.counters.get(Counter.INTERNAL_ERRORS), 1);
  assert.equal(sessions.size, 1);
  well.feed(GET);
  await waitFor("the answer", () => well.written.startsWith("HTTP/1.1 404 "));
  sessions.closeAll();
  await waitFor("the end", () => sessions.size === 0);
});
