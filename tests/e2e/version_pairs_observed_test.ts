// What logs and metrics say of a request is the same whatever versions of HTTP client and backend speak.

import assert from "node:assert/strict";
import { logAccess } from "../support/observe/access_log.ts";
import type { Serve } from "../support/pairs/messages.ts";
import { everyPair } from "../support/pairs/pairs.ts";
import { waitFor } from "../support/wait.ts";

const byStatus: Serve = async (question, answer) => {
  const body = await question.body();
  const status = Number(question.path.split("/")[1]);
  if (status === 204 || status === 304) return await answer.head(status, [], true);
  await answer.whole(status, body.length > 0 ? body : "ok");
};

everyPair("every request leaves one line, and says the same of itself", byStatus, async (pair) => {
  const { client, proxy, backend, versions } = pair;
  await using log = logAccess(proxy);
  const body = "c".repeat(5_000);
  await client.ask({ path: "/200/a?b=1", fields: [["user-agent", "probe"]] });
  await client.ask({ method: "POST", path: "/201", body });
  await client.ask({ method: "POST", path: "/200/chunked", body, sized: false });
  await client.ask({ method: "HEAD", path: "/200" });
  await client.ask({ path: "/204" });
  await client.ask({ path: "/304" });
  await client.ask({ path: "/500" });
  await client.ask({ path: "/x", host: "nowhere.test" });
  const complete = versions.client === "h1" ? "H1::Complete" : "H2::Complete";
  const lines = await log.lines(8);
  assert.deepEqual(
    lines.map(({ method, path, status, level, message }) => [method, path, status, level, message]),
    [
      ["GET", "/200/a?b=1", 200, "INFO", complete],
      ["POST", "/201", 201, "INFO", complete],
      ["POST", "/200/chunked", 200, "INFO", complete],
      ["HEAD", "/200", 200, "INFO", complete],
      ["GET", "/204", 204, "INFO", complete],
      ["GET", "/304", 304, "INFO", complete],
      ["GET", "/500", 500, "INFO", complete],
      ["GET", "/x", 404, lines[7]?.level, complete],
    ],
  );
  const [first, sized, chunked] = lines;
  assert.deepEqual(
    [
      first?.protocol,
      first?.authority,
      first?.user_agent,
      first?.cluster_id,
      first?.backend_address,
    ],
    ["http", "app.test", "probe", "app", backend.address],
  );
  for (const line of [sized, chunked]) {
    assert.ok(line && line.bytes_in >= body.length && line.bytes_in < body.length + 1_500);
    assert.ok(line && line.bytes_out >= body.length && line.bytes_out < body.length + 1_500);
  }
  assert.equal(lines[7]?.backend_id, undefined);
  for (const line of lines.slice(0, 7)) assert.ok((line.response_time_us ?? 0) >= 0);
});

everyPair(
  "every request is counted once, by its status, and levels go back to zero",
  byStatus,
  async (pair) => {
    const { client, proxy, versions } = pair;
    for (const path of ["/200", "/204", "/301", "/404", "/500", "/200"]) await client.ask({ path });
    await client.ask({ method: "POST", path: "/200", body: "x".repeat(1_000) });
    await client.ask({ path: "/", host: "nowhere.test" });
    await waitFor("the end", () => proxy.count("http.active_requests") === 0);
    const counts = Object.fromEntries(
      [
        "http.requests",
        "http.status.2xx",
        "http.status.3xx",
        "http.status.4xx",
        "http.status.5xx",
        "http.errors",
        "http.e2e.http11",
        "http.e2e.h2",
        "http.404.errors",
        "http.internal.errors",
      ].map((name) => [name, proxy.count(name)]),
    );
    const isH2 = versions.client === "h2";
    assert.deepEqual(counts, {
      "http.requests": 8,
      "http.status.2xx": 4,
      "http.status.3xx": 1,
      "http.status.4xx": 1,
      "http.status.5xx": 1,
      "http.errors": 0,
      "http.e2e.http11": isH2 ? 0 : 8,
      "http.e2e.h2": isH2 ? 8 : 0,
      "http.404.errors": 1,
      "http.internal.errors": 0,
    });
    assert.ok(proxy.count("back_bytes_out") > 1_000);
    assert.ok(proxy.count("back_bytes_in") > 1_000);
  },
);
