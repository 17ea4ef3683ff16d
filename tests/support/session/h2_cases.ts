// Cases of sessions of HTTP/2 on fake streams, played in both ways in which they are served.

import assert from "node:assert/strict";
import { Counter } from "../../../src/observe/metrics/counters.ts";
import type { ListenerContext } from "../../../src/session/listener_context.ts";
import { waitFor } from "../wait.ts";
import { h2Session, type PlayedH2 } from "./h2_sessions.ts";

/** A response in one piece. */
export const OK_RESPONSE = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

/** A test of one session, served at once and through the relay. */
export function bothWays(
  name: string,
  test: (start: (settings?: Partial<ListenerContext>) => PlayedH2) => Promise<void>,
): void {
  for (const fastPath of [true, false]) {
    Deno.test(`${name} (${fastPath ? "at once" : "through the relay"})`, async () => {
      const started: PlayedH2[] = [];
      await test((settings = {}) => {
        const played = h2Session(settings, fastPath);
        started.push(played);
        return played;
      });
      for (const { session, running, worker, http2, count } of started) {
        session.close();
        await running;
        worker.upstreams.close();
        const { small, head, bulk } = worker.inputBuffers;
        await waitFor("the buffers", () => small.lent + head.lent + bulk.lent === 0);
        assert.equal(worker.upstreams.openCount, 0);
        assert.equal(worker.h2Connections.size, 0);
        assert.equal(http2.room.bodies.held, 0);
        assert.equal(count(Counter.ACTIVE_REQUESTS), 0);
        assert.equal(count(Counter.INTERNAL_ERRORS), 0);
      }
    });
  }
}

/** Has a request served. */
export async function serveOne(set: PlayedH2, stream = 1): Promise<void> {
  set.ask(stream);
  const backend = await set.backendOf();
  await waitFor(
    "the request",
    () => backend.written.split("GET /").length === (stream + 1) / 2 + 1,
  );
  backend.feed(OK_RESPONSE);
  await waitFor("the response", () => set.reply(stream).ended);
}
