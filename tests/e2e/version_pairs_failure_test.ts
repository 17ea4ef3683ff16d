// What goes wrong behind a proxy, its client learns in the same way whatever versions of HTTP both speak.

import assert from "node:assert/strict";
import { freePort } from "../support/ports.ts";
import { logAccess } from "../support/observe/access_log.ts";
import type { Answering, Question, Serve } from "../support/pairs/messages.ts";
import { everyPair, type Pair } from "../support/pairs/pairs.ts";
import { latin1 } from "../support/session/wire.ts";
import { pause, waitFor } from "../support/wait.ts";

/** Does what the path says. */
const byPath: Serve = async (question, answer) => {
  switch (question.path) {
    case "/die":
      return answer.die();
    case "/die-after-body":
      await question.body();
      return answer.die();
    case "/die-within":
    case "/die-within-open":
      await answer.head(200, question.path === "/die-within" ? [["content-length", "100"]] : []);
      await answer.write("beginning");
      await pause(50);
      return answer.die();
    case "/drip":
      await answer.head(200);
      for (;;) {
        await answer.write("drop");
        await pause(10);
      }
    case "/stall":
      return await never();
    case "/stall-within":
      await answer.head(200, [["content-length", "100"]]);
      await answer.write("beginning");
      return await never();
    default:
      await question.body();
      return await answer.whole(200, "ok");
  }
};

/** Gives up what the backend of a test has left unanswered. */
const unanswered: (() => void)[] = [];

/** Waits until the test is over. */
async function never(): Promise<void> {
  await new Promise<void>((_, reject) => unanswered.push(() => reject(new Error("given up"))));
}

/** The client is still served. */
async function goesOn({ client }: Pair): Promise<void> {
  const reply = await client.ask({ path: "/ok" });
  assert.deepEqual([reply.status, latin1(reply.body), reply.whole], [200, "ok", true]);
}

everyPair(
  "a backend that dies before its response costs 502, a repeatable request or not",
  byPath,
  async (pair) => {
    for (const method of ["GET", "POST"]) {
      const body = method === "POST" ? "content" : null;
      assert.equal((await pair.client.ask({ method, path: "/die", body })).status, 502, method);
    }
    const reply = await pair.client.ask({
      method: "POST",
      path: "/die-after-body",
      body: "content",
    });
    assert.equal(reply.status, 502);
    await goesOn(pair);
  },
);

everyPair("a response that breaks off is told as broken", byPath, async (pair) => {
  await using log = logAccess(pair.proxy);
  for (const path of ["/die-within", "/die-within-open"]) {
    const reply = await pair.client.ask({ path });
    assert.deepEqual([reply.status, reply.whole], [200, false], path);
    assert.ok("beginning".startsWith(latin1(reply.body)));
    await goesOn(pair);
  }
  const lines = await log.lines(4);
  assert.deepEqual(lines.map(({ status, level }) => [status, level]), [
    [200, "ERROR"],
    [200, "INFO"],
    [200, "ERROR"],
    [200, "INFO"],
  ]);
});

everyPair(
  "a request on a connection that proves dead is sent again where it may be",
  () => {},
  async (pair) => {
    // Each connection answers once and dies with the next request.
    const served = new Set<number>();
    const once: Serve = async (question: Question, answer: Answering) => {
      if (served.has(question.connection)) return answer.die();
      served.add(question.connection);
      await question.body();
      await answer.whole(200, "ok");
    };
    const backend = pair.another(once);
    await pair.proxy.addBackend("app", backend.address);
    await goesOn(pair);
    assert.equal((await pair.client.ask({ path: "/again" })).status, 200);
    assert.equal(backend.accepted, 2);
    assert.equal(backend.questions.filter(({ path }) => path === "/again").length, 2);
    const post = await pair.client.ask({ method: "POST", path: "/once", body: "x" });
    assert.equal(post.status, 502);
    assert.equal(backend.questions.filter(({ path }) => path === "/once").length, 1);
  },
  { alone: true },
);

everyPair("a backend whose idle connections end is asked on new ones", byPath, async (pair) => {
  await goesOn(pair);
  pair.backend.dropConnections();
  await waitFor("the proxy to notice", () => pair.proxy.count("backend.connections") === 0);
  const reply = await pair.client.ask({ method: "POST", body: "x" });
  assert.equal(reply.status, 200);
  assert.equal(pair.backend.accepted, 2);
});

everyPair(
  "a silent backend costs 504, one that falls silent the rest of its response",
  byPath,
  async (pair) => {
    await using log = logAccess(pair.proxy);
    const silent = await pair.client.ask({ path: "/stall" });
    assert.equal(silent.status, 504);
    const cut = await pair.client.ask({ path: "/stall-within" });
    assert.deepEqual([cut.status, cut.whole, latin1(cut.body)], [200, false, "beginning"]);
    await goesOn(pair);
    const lines = await log.lines(3);
    assert.deepEqual(lines.map(({ path, status, reason }) => [path, status, reason]), [
      ["/stall", 504, "backend_timeout"],
      ["/stall-within", 200, undefined],
      ["/ok", 200, undefined],
    ]);
    for (const giveUp of unanswered.splice(0)) giveUp();
  },
  { listener: { back_timeout: 1 } },
);

everyPair("without a backend, or one that listens, a request costs 503", byPath, async (pair) => {
  const { client, proxy } = pair;
  assert.equal((await client.ask()).status, 503);
  assert.equal((await client.ask({ method: "POST", body: "x".repeat(10_000) })).status, 503);
  await proxy.addBackend("app", `127.0.0.1:${freePort()}`);
  assert.equal((await client.ask()).status, 503);
  assert.equal((await client.ask({ method: "POST", body: "x".repeat(10_000) })).status, 503);
  await proxy.addBackend("app", pair.backend.address);
  await goesOn(pair);
}, { alone: true });

everyPair(
  "requests that lead nowhere are answered for and keep their connection usable",
  byPath,
  async (pair) => {
    const { client } = pair;
    assert.equal((await client.ask({ host: "nowhere.test" })).status, 404);
    assert.equal(
      (await client.ask({ host: "nowhere.test", method: "POST", body: "abc" })).status,
      404,
    );
    assert.equal((await client.ask({ host: "nowhere.test", method: "HEAD" })).status, 404);
    await goesOn(pair);
  },
);

everyPair("a client that gives up frees its backend", byPath, async (pair) => {
  const { client, proxy } = pair;
  const exchange = await client.begin({ path: "/drip" });
  assert.equal((await exchange.head()).status, 200);
  assert.equal(proxy.count("http.active_requests"), 1);
  await exchange.cancel();
  await waitFor("the end", () => proxy.count("http.active_requests") === 0);
  await goesOn(pair);
});

everyPair("a head that is too large is answered for", byPath, async (pair) => {
  const { client, versions } = pair;
  const reply = await client.ask({ fields: [["x-large", "v".repeat(40_000)]] });
  // A head of HTTP/1.1 has to fit into a buffer.
  const fits = versions.client === "h2" && versions.backend === "h2";
  assert.deepEqual([reply.status, reply.whole], [fits ? 200 : 413, true]);
  await goesOn(pair);
});
