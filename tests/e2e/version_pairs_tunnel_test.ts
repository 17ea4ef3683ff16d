// WebSockets run between clients and backends of any versions of HTTP.

import assert from "node:assert/strict";
import type { Serve } from "../support/pairs/messages.ts";
import { everyPair } from "../support/pairs/pairs.ts";
import { latin1 } from "../support/session/wire.ts";
import { waitFor } from "../support/wait.ts";

/** Says back what it is told, or refuses. */
const echo: Serve = async (question, answer) => {
  if (question.path === "/no") return await answer.whole(403, "no");
  if (!question.tunnels) return await answer.whole(200, "plain");
  await answer.agree();
  for (let piece = await question.next(); piece !== null; piece = await question.next()) {
    await answer.write(piece);
  }
  await answer.end();
  answer.die();
};

everyPair(
  "a WebSocket carries bytes both ways",
  echo,
  async ({ client, backend, proxy, versions }) => {
    const tunnel = await client.upgrade("/chat");
    const head = await tunnel.head();
    assert.equal(head.status, versions.client === "h1" ? 101 : 200);
    assert.equal(backend.questions[0]?.path, "/chat");
    const long = "0123456789".repeat(6_000);
    for (const text of ["ping", "pong", long]) {
      const writing = tunnel.write(text);
      let back = "";
      while (back.length < text.length) back += latin1(await tunnel.some());
      assert.equal(back, text);
      await writing;
    }
    assert.equal(proxy.count("websocket.active_requests"), 1);
    await tunnel.cancel();
    await waitFor("the end", () => proxy.count("websocket.active_requests") === 0);
  },
);

everyPair(
  "a WebSocket that is refused gets the answer of its backend",
  echo,
  async ({ client }) => {
    const tunnel = await client.upgrade("/no");
    const reply = await tunnel.reply();
    assert.deepEqual([reply.status, latin1(reply.body)], [403, "no"]);
  },
);
