import assert from "node:assert/strict";
import { FakeStream } from "../../../../tests/support/session/fake_stream.ts";
import { shopListener } from "../../../../tests/support/session/http_sessions.ts";
import { waitFor } from "../../../../tests/support/wait.ts";
import { NO_HTTP2, testWorkerContext } from "../../../../tests/support/session/worker_context.ts";
import { HttpStarter } from "../starter.ts";

/** A backend that can stop taking bytes. */
class StallingStream extends FakeStream {
  stalled: PromiseWithResolvers<void> | null = null;

  override async write(from: Uint8Array): Promise<number> {
    if (this.stalled !== null) await this.stalled.promise;
    return await super.write(from);
  }
}

function setUp() {
  const backends: StallingStream[] = [];
  const dial = () => {
    const backend = new StallingStream();
    backends.push(backend);
    return Promise.resolve(backend);
  };
  const worker = testWorkerContext(10, { connect: dial });
  const context = shopListener();
  const connect = () => {
    const stream = new FakeStream();
    const peer = { ip: "192.0.2.1", port: 1 };
    const accepted = { stream, peer, destination: null, tls: null };
    void new HttpStarter(context, worker, NO_HTTP2).start(accepted, () => {})?.run();
    return stream;
  };
  return { backends, worker, connect };
}

Deno.test("a backend connection is not lent to another client while a request is written to it", async () => {
  const { backends, worker, connect } = setUp();
  const uploader = connect();
  uploader.feed("POST /up HTTP/1.1\r\nHost: a.test\r\nContent-Length: 8\r\n\r\n");
  await waitFor("the head", () => backends[0]?.written.endsWith("\r\n\r\n") === true);
  const backend = backends[0] as StallingStream;
  backend.stalled = Promise.withResolvers();
  uploader.feed("the body");
  await waitFor("the upload to be read", () => !uploader.reading);
  backend.feed("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
  await waitFor("the answer", () => uploader.written.endsWith("ok"));
  const other = connect();
  other.feed("GET /other HTTP/1.1\r\nHost: a.test\r\n\r\n");
  await waitFor("the other request", () => backends.length === 2);
  assert.equal(worker.upstreams.idleCount, 0);
  backend.stalled.resolve();
  await waitFor("the upload", () => backend.written.endsWith("the body"));
  assert.doesNotMatch(backend.written, /other/);
});
