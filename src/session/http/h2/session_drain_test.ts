import assert from "node:assert/strict";
import { FrameFlag, FrameType } from "../../../protocol/h2/frames/frame.ts";
import { ErrorCode } from "../../../protocol/h2/frames/error_code.ts";
import { literals } from "../../../../tests/support/h2/blocks.ts";
import { frame, ping } from "../../../../tests/support/h2/frames.ts";
import { testLimits } from "../../../../tests/support/h2/limits.ts";
import { bothWays, OK_RESPONSE, serveOne } from "../../../../tests/support/session/h2_cases.ts";
import { httpSession } from "../../../../tests/support/session/http_sessions.ts";
import { type PlayedH2 } from "../../../../tests/support/session/h2_sessions.ts";
import { waitFor } from "../../../../tests/support/wait.ts";

const LAST_WORD = 0x7fffffff;

/** Lets the client say that it has heard of the end that is to come. */
async function hears(set: PlayedH2): Promise<void> {
  await set.see(new RegExp(`^GOAWAY ${LAST_WORD} 0$`));
  await set.see(/^PING$/);
  set.say(ping("sozudone", FrameFlag.ACK));
}

bothWays("a session that drains lets streams finish and refuses new ones", async (start) => {
  const set = start();
  set.ask(1);
  const backend = await set.backendOf();
  set.worker.draining = true;
  set.session.drain();
  await hears(set);
  set.ask(3);
  await waitFor("the refusal", () => set.reply(3).reset === ErrorCode.REFUSED_STREAM);
  backend.feed(OK_RESPONSE);
  await set.see(/^GOAWAY 3 0$/);
  assert.deepEqual([set.reply(1).text, set.reply(1).ended], ["ok", true]);
  await waitFor("the end", () => set.client.writeEnded);
});

bothWays("an idle session that drains says both its goodbyes at once", async (start) => {
  const set = start();
  await serveOne(set);
  set.worker.draining = true;
  set.session.drain();
  await hears(set);
  await set.see(/^GOAWAY 1 0$/);
  await waitFor("the end", () => set.client.writeEnded);
});

bothWays("a session that drains waits for the first request of its client", async (start) => {
  const set = start();
  await set.see(/^SETTINGS$/);
  set.worker.draining = true;
  set.session.drain();
  await set.pass(200);
  assert.ok(!set.client.writeEnded);
  set.ask(1);
  (await set.backendOf()).feed(OK_RESPONSE);
  await waitFor("the response", () => set.reply(1).text === "ok");
  await hears(set);
  await set.see(/^GOAWAY 1 0$/);
});

Deno.test("a session that drains closes without a word on a client whose preface never comes", async () => {
  const timeouts = { request: 60_000, front: 60_000, back: 2_000, connect: 2_000 };
  const set = httpSession({ timeouts }, undefined, 2);
  await waitFor("the session to read", () => set.client.reading);
  await set.pass(1_100);
  assert.ok(!set.client.closed);
  set.worker.draining = true;
  set.session.drain();
  await waitFor("the end", () => set.client.closed);
  await set.running;
  assert.equal(set.client.written, "");
  assert.equal(set.worker.h2Connections.size, 0);
  set.worker.upstreams.close();
});

bothWays("a session that drains waits for a header block on its way", async (start) => {
  const set = start();
  await serveOne(set);
  const block = literals([
    [":method", "GET"],
    [":scheme", "http"],
    [":path", "/"],
    [":authority", "a.test"],
  ]);
  set.say(frame(FrameType.HEADERS, FrameFlag.END_STREAM, 3, block.slice(0, 10)));
  await waitFor("the beginning to be read", () => set.client.reading);
  set.worker.draining = true;
  set.session.drain();
  await set.see(new RegExp(`^GOAWAY ${LAST_WORD} 0$`));
  set.say(frame(FrameType.CONTINUATION, FrameFlag.END_HEADERS, 3, block.slice(10)));
  await hears(set);
  const backend = await set.backendOf();
  await waitFor("the request", () => backend.written.split("GET /").length === 3);
  backend.feed(OK_RESPONSE);
  await set.see(/^GOAWAY 3 0$/);
  await waitFor("the response", () => set.reply(3).ended);
  assert.equal(set.reply(3).text, "ok");
});

bothWays("a session that drains waits no longer than it is told", async (start) => {
  const h2 = testLimits({ gracefulShutdownMs: 1_000 });
  const set = start({ h2 });
  set.ask(1);
  await set.backendOf();
  set.worker.draining = true;
  set.session.drain();
  await set.pass(1_300);
  await set.see(/^GOAWAY 1 0$/);
  await waitFor("the end", () => set.client.writeEnded || set.client.closed);
  await waitFor("the backend's end", () => set.backends[0]?.closed);
});
