// Backends that fail under an HTTP/2 client: what its stream learns, and that the connection goes on.

import assert from "node:assert/strict";
import { ErrorCode } from "../../src/protocol/h2/frames/error_code.ts";
import { headers, reset } from "../support/h2/frames.ts";
import type { H2Client } from "../support/h2/h2_client.ts";
import { getFields, requestFields } from "../support/h2/request_fields.ts";
import { Gate } from "../support/gate.ts";
import { startH2Proxy } from "../support/h2/h2_proxy.ts";
import { type Answer, scriptedOrigin, startOrigin } from "../support/http/origin.ts";
import { freePort } from "../support/ports.ts";
import { waitFor } from "../support/wait.ts";

const HEAD = "HTTP/1.1 200 OK\r\n";

async function stillServes(client: H2Client, stream: number): Promise<void> {
  assert.equal((await client.ask(stream, getFields("/fine"))).text, "fine");
  assert.ok(!client.seen.some((each) => each.startsWith("GOAWAY")));
}

/** Fine for `/fine`, otherwise as told. */
function origin(answer: Answer) {
  return startOrigin(({ target }) => target === "/fine" ? { kind: "fixed", body: "fine" } : answer);
}

/** What comes with the head, and what comes before the end. */
const CUT: Readonly<Record<string, readonly [string, string]>> = {
  "short of its length": ["Content-Length: 100\r\n\r\nhalf", ""],
  "short of its length, closing": ["Connection: close\r\nContent-Length: 100\r\n\r\nhalf", ""],
  "inside of a chunk": ["Transfer-Encoding: chunked\r\n\r\n64\r\nhalf", ""],
  "between chunks": ["Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n", ""],
  "inside of its trailers": ["Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n", "0\r\nx: y\r\n"],
  "by a chunk that is none": ["Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n", "zz\r\n"],
};

for (const [name, [first, last]] of Object.entries(CUT)) {
  Deno.test(`a response cut ${name} is reset and never ended`, async () => {
    await using backend = scriptedOrigin(async (wire) => {
      if ((await wire.readThrough("\r\n\r\n", 600_000)).startsWith("GET /fine")) {
        await wire.write(`${HEAD}Content-Length: 4\r\n\r\nfine`);
        return;
      }
      await wire.write(`${HEAD}${first}`);
      await gate.passed;
      await wire.write(last);
    });
    await using proxy = await startH2Proxy([backend.address]);
    await using client = await proxy.open();
    using gate = new Gate();
    await client.request(1);
    await client.see(/^DATA 1/);
    gate.open();
    const reply = await client.finished(1);
    assert.deepEqual([reply.ended, reply.reset], [false, ErrorCode.INTERNAL_ERROR]);
    assert.deepEqual([reply.statuses, reply.text], [[200], "half"]);
    await stillServes(client, 3);
  });
}

Deno.test("a response that ends with its connection is whole", async () => {
  const body = "x".repeat(300_000);
  const bytes = `${HEAD}Connection: close\r\n\r\n${body}`;
  await using backend = origin({ kind: "raw", bytes, close: true });
  await using proxy = await startH2Proxy([backend.address]);
  await using client = await proxy.open();
  const reply = await client.ask(1);
  assert.deepEqual([reply.ended, reply.reset, reply.body.length], [true, null, body.length]);
  assert.equal(reply.field("connection"), undefined);
  await stillServes(client, 3);
});

const NO_RESPONSE: Readonly<Record<string, readonly [Answer, number]>> = {
  "closes without a byte": [{ kind: "close" }, 502],
  "speaks something else": [{ kind: "raw", bytes: "SMTP ready\r\n\r\n", close: true }, 502],
  "answers with two lengths": [
    { kind: "raw", bytes: `${HEAD}Content-Length: 1\r\nContent-Length: 2\r\n\r\nab` },
    502,
  ],
};

for (const [name, [answer, status]] of Object.entries(NO_RESPONSE)) {
  Deno.test(`a backend that ${name} is answered ${status} on its stream alone`, async () => {
    await using backend = origin(answer);
    await using proxy = await startH2Proxy([backend.address]);
    await using client = await proxy.open();
    const reply = await client.ask(1, requestFields("POST", "/"), "body");
    assert.deepEqual([reply.status, reply.ended], [status, true]);
    await stillServes(client, 3);
  });
}

Deno.test("a cluster whose backends do not listen is unavailable", async () => {
  await using proxy = await startH2Proxy([`127.0.0.1:${freePort()}`]);
  await using client = await proxy.open();
  assert.equal((await client.ask(1)).status, 503);
  assert.equal((await client.ask(3)).status, 503);
  assert.ok(!client.seen.some((each) => each.startsWith("GOAWAY")));
});

Deno.test("a silent backend is given up after back_timeout, the other streams go on", async () => {
  await using backend = origin({ kind: "silent" });
  await using proxy = await startH2Proxy([backend.address], { https: { back_timeout: 1 } });
  await using client = await proxy.open();
  await client.request(1);
  await stillServes(client, 3);
  const reply = await client.finished(1);
  assert.deepEqual([reply.status, reply.ended], [504, true]);
  await stillServes(client, 5);
});

Deno.test("a client that cancels gives its backend connection up and takes nobody else's", async () => {
  await using backend = startOrigin(({ target }) =>
    target === "/fine"
      ? { kind: "fixed", body: "fine" }
      : target === "/never"
      ? { kind: "silent" }
      : { kind: "fixed", body: "late", delayMs: 200 }
  );
  await using proxy = await startH2Proxy([backend.address]);
  await using client = await proxy.open();
  await client.send(headers(1, getFields("/never")), headers(3, getFields("/late")));
  await waitFor("both requests to arrive", () => backend.requests.length === 2);
  await client.send(reset(1, ErrorCode.CANCEL));
  assert.equal((await client.finished(3)).text, "late");
  await waitFor("the cancelled request to be given up", () => backend.open === 1);
  await stillServes(client, 5);
});

Deno.test("a client that leaves in the middle of everything leaves nothing behind", async () => {
  await using backend = origin({ kind: "silent" });
  await using proxy = await startH2Proxy([backend.address]);
  {
    await using client = await proxy.open();
    await client.send(
      headers(1, getFields()),
      headers(3, requestFields("POST", "/"), false),
      headers(5, requestFields("POST", "/"), false),
    );
    await waitFor("a request to arrive", () => backend.requests.length > 0);
  }
  await waitFor("the client to be gone", () => proxy.ours.count("client.connections") === 0);
  await waitFor("its requests to be given up", () => backend.open === 0);
  assert.equal(proxy.ours.count("http.active_requests"), 0);
  assert.equal(proxy.ours.count("h2.connection.active_streams"), 0);
  assert.equal(proxy.ours.count("session.internal_errors"), 0);
});
