// Clients of either version and backends of HTTP/2 that do whatever they like for some seconds. A failure tells the
// seed; SOZU_SEED=N replays what is decided by chance.

import assert from "node:assert/strict";
import { connectRaw, readResponse } from "../support/http/raw_client.ts";
import { abruptClient } from "../support/http/abrupt_client.ts";
import { Counter } from "../../src/observe/metrics/counters.ts";
import { loadedHttp2 } from "../../src/session/http/http2.ts";
import { seededRandom } from "../support/seeded_random.ts";
import { ErrorCode } from "../../src/protocol/h2/frames/error_code.ts";
import { reset, windowUpdate } from "../support/h2/frames.ts";
import { type H2Client, requestFields } from "../support/h2/h2_client.ts";
import { startH2Proxy } from "../support/h2/h2_proxy.ts";
import { startProxy, type TestPlane, type TestProxy } from "../support/session/proxy.ts";
import { waitFor } from "../support/wait.ts";
import { chaosOrigin, letterOf } from "./h2_chaos_backend.ts";

const SEED = Number(Deno.env.get("SOZU_SEED") ?? crypto.getRandomValues(new Uint32Array(1))[0]);
const CLIENTS = 16;
const REQUESTS_EACH = 30;
const LARGEST_UPLOAD = 120_000;
const ROUNDS = 4;
const STREAMS_EACH = 40;
const INITIAL_WINDOW = 4;
const WINDOW = 1 << 20;
const STATUSES = [200, 204, 502, 503, 504];

/** One request on a connection of its own; what was wrong with its response, or `null`. */
async function ask(proxy: TestProxy, number: number, random: () => number): Promise<string | null> {
  const path = `/${number}`;
  const letter = letterOf(path);
  const method = random() < 0.1 ? "HEAD" : random() < 0.5 ? "GET" : "POST";
  const size = method === "POST" ? Math.floor(random() ** 3 * LARGEST_UPLOAD) : 0;
  const length = method === "POST" ? `Content-Length: ${size}\r\n` : "";
  const head = `${method} ${path} HTTP/1.1\r\nHost: app.test\r\n${length}\r\n`;
  const body = String.fromCharCode(letter).repeat(size);
  if (random() < 0.1) {
    using client = await abruptClient(proxy.port);
    await client.send(head + body.slice(0, Math.floor(size / 2))).catch(() => {});
    await new Promise((resolve) => setTimeout(resolve, random() * 20));
    client.reset();
    return null;
  }
  using wire = await connectRaw(proxy.port);
  wire.write(head + body).catch(() => {});
  for (;;) {
    let response;
    try {
      response = await readResponse(wire, { method, deadlineMs: 10_000 });
    } catch (error) {
      // It may be cut, but not hang.
      return String(error).includes("in vain") ? `${path} hangs: ${error}` : null;
    }
    if (response.status === 103) continue;
    if (!STATUSES.includes(response.status)) return `${path} has status ${response.status}`;
    if (response.status !== 200) return null;
    const foreign = response.body.some((byte) => byte !== letter);
    return foreign ? `${path} has a byte of another response` : null;
  }
}

Deno.test("no byte of one stream turns up in another, nothing hangs and nothing is left", async () => {
  const random = seededRandom(SEED);
  await using first = chaosOrigin(random);
  await using second = chaosOrigin(random);
  const proxy = await startProxy({
    backends: [first.address, second.address],
    listener: { back_timeout: 1, front_timeout: 2, connect_timeout: 1 },
  });
  await proxy.addCluster("app", { http2: true });
  const findings: string[] = [];
  let number = 0;
  await Promise.all(Array.from({ length: CLIENTS }, async () => {
    for (let i = 0; i < REQUESTS_EACH; i++) {
      const finding = await ask(proxy, number++, random);
      if (finding !== null) findings.push(finding);
    }
  }));
  findings.push(...first.findings, ...second.findings);
  assert.deepEqual(findings, [], `SOZU_SEED=${SEED}`);
  await assertNothingLeft(proxy);
});

Deno.test("the same for clients of HTTP/2", async () => {
  const random = seededRandom(SEED);
  await using first = chaosOrigin(random);
  await using second = chaosOrigin(random);
  await using proxy = await startH2Proxy([first.address, second.address], {
    https: { back_timeout: 1, front_timeout: 10, connect_timeout: 1 },
  });
  await proxy.ours.addCluster("app", { http2: true });
  const findings: string[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    await using client = await proxy.open({ settings: [[INITIAL_WINDOW, WINDOW]] });
    await client.send(windowUpdate(0, WINDOW * STREAMS_EACH));
    const asked = Array.from({ length: STREAMS_EACH }, async (_, i) => {
      const finding = await askOnStream(client, 2 * i + 1, random);
      if (finding !== null) findings.push(finding);
    });
    await Promise.all(asked);
  }
  findings.push(...first.findings, ...second.findings);
  assert.deepEqual(findings, [], `SOZU_SEED=${SEED}`);
  await assertNothingLeft(proxy.ours);
});

/** One request on a stream of `client`; what was wrong with its response, or `null`. */
async function askOnStream(
  client: H2Client,
  id: number,
  random: () => number,
): Promise<string | null> {
  const path = `/${id}`;
  const letter = letterOf(path);
  const body = random() < 0.5 ? null : new Uint8Array(Math.floor(random() * 16_000)).fill(letter);
  await client.request(id, requestFields(body === null ? "GET" : "POST", path), body);
  if (random() < 0.1) {
    await client.send(reset(id, ErrorCode.CANCEL));
    return null;
  }
  try {
    const answer = await client.finished(id, 15_000);
    const known = answer.reset !== null || STATUSES.includes(answer.status);
    if (!known) return `${path} has status ${answer.status}`;
    const foreign = answer.status === 200 && answer.body.some((byte) => byte !== letter);
    return foreign ? `${path} has a byte of another response` : null;
  } catch (error) {
    return `${path} hangs: ${error}`;
  }
}

/** Stops `proxy`: nothing is under way, lent or open any more. */
async function assertNothingLeft(proxy: TestPlane): Promise<void> {
  const { worker, http2, clusters } = proxy.plane.contents;
  await waitFor("all requests to be over", () => proxy.count("http.active_requests") === 0);
  for (const backend of clusters.get("app").backends.members) {
    assert.equal(backend.activeRequests, 0, `SOZU_SEED=${SEED}`);
  }
  assert.equal(worker.counters.get(Counter.INTERNAL_ERRORS), 0);
  await proxy.plane.softStop();
  const { room: { bodyBuffers, bodies }, upstreams: { openCount } } = loadedHttp2({
    loaded: http2,
  });
  assert.deepEqual([bodyBuffers.lent, bodies.held, openCount], [0, 0, 0], `SOZU_SEED=${SEED}`);
  for (const { activeConnections } of clusters.get("app").backends.members) {
    assert.equal(activeConnections, 0);
  }
}
