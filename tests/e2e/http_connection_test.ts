// Whose connection stays open after an exchange, and how messages that arrive in pieces are passed on.

import assert from "node:assert/strict";
import { scriptedOrigin, startOrigin } from "../support/http/origin.ts";
import { startProxy } from "../support/session/proxy.ts";
import { connectRaw, readResponse, sayUntilClosed } from "../support/http/raw_client.ts";
import { waitFor, within } from "../support/wait.ts";
import { latin1 } from "../support/session/wire.ts";

const GET = "GET / HTTP/1.1\r\nHost: app.test\r\n\r\n";

for (const frontCloses of [true, false]) {
  for (const backCloses of [true, false]) {
    const wish = (closes: boolean) => closes ? "closes" : "stays";
    Deno.test(`keep-alive: the client's connection ${wish(frontCloses)}, the backend's ${wish(backCloses)}, as each was asked for`, async () => {
      await using origin = startOrigin({
        kind: "fixed",
        headers: backCloses ? [["Connection", "close"]] : [],
        body: "ok",
      });
      await using proxy = await startProxy({ backends: [origin.address] });
      using wire = await connectRaw(proxy.port);
      const line = frontCloses ? "Connection: close\r\n" : "";
      await wire.write(`GET / HTTP/1.1\r\nHost: app.test\r\n${line}\r\n`);
      const response = await readResponse(wire);
      assert.equal(response.text, "ok");
      assert.equal(response.header("connection"), frontCloses ? "close" : undefined);
      if (frontCloses) assert.equal((await wire.readToEnd()).length, 0);
      else {
        await wire.write(GET);
        assert.equal((await readResponse(wire)).text, "ok");
      }
      const open = backCloses ? 0 : 1;
      await waitFor("the backend connections to be as asked", () => origin.open === open);
      assert.equal(origin.accepted, backCloses && !frontCloses ? 2 : 1);
    });
  }
}

Deno.test("a request in twelve fragments reaches the backend when its head is complete, not before", async () => {
  const head = [
    "PO",
    "ST / HT",
    "TP/1.1\r",
    "\nHo",
    "st: app",
    ".test\r\nContent-Le",
    "ngth: 1",
    "2\r\n",
    "\r",
    "\n",
  ];
  const body = ["hello ", "world!"];
  await using origin = startOrigin({ kind: "echo-body" });
  await using proxy = await startProxy({ backends: [origin.address] });
  using wire = await connectRaw(proxy.port);
  let sent = 0;
  for (const fragment of head) {
    assert.equal(origin.accepted, 0);
    await wire.write(fragment);
    sent += fragment.length;
    // Every fragment is a read of its own.
    await waitFor("the fragment to be read", () => proxy.count("bytes_in") === sent);
  }
  await waitFor("the backend to be contacted", () => origin.accepted === 1);
  assert.equal(origin.requests.length, 0);
  for (const fragment of body) await wire.write(fragment);
  assert.equal((await readResponse(wire)).text, body.join(""));
});

Deno.test("a response with length and Connection: close is complete, small or large", async () => {
  for (const size of [5, 48 * 1024]) {
    const body = "x".repeat(size);
    await using origin = startOrigin({
      kind: "raw",
      bytes: `HTTP/1.1 200 OK\r\nContent-Length: ${size}\r\nConnection: close\r\n\r\n${body}`,
      close: true,
    });
    await using proxy = await startProxy({ backends: [origin.address] });
    using wire = await connectRaw(proxy.port);
    for (let i = 0; i < 2; i++) {
      await wire.write(GET);
      assert.equal((await readResponse(wire)).text, body);
    }
  }
});

Deno.test("a chunked response keeps its chunks, its Trailer field and its trailers", async () => {
  const chunks = "5\r\nhello\r\n6\r\n world\r\n0\r\nX-Sum: 42\r\n\r\n";
  await using origin = startOrigin({
    kind: "raw",
    bytes: `HTTP/1.1 200 OK\r\nTrailer: X-Sum\r\nTransfer-Encoding: chunked\r\n\r\n${chunks}`,
  });
  await using proxy = await startProxy({ backends: [origin.address] });
  const text = await sayUntilClosed(
    proxy.port,
    "GET / HTTP/1.1\r\nHost: app.test\r\nConnection: close\r\n\r\n",
  );
  assert.match(text, /\r\nTrailer: X-Sum\r\n/);
  assert.ok(text.endsWith(`\r\n\r\n${chunks}`), text);
});

Deno.test("a reason phrase that ends with a blank is passed on, and the worker stops afterwards", async () => {
  await using origin = startOrigin({
    kind: "raw",
    bytes: "HTTP/1.1 200 OK \r\nContent-Length: 2\r\n\r\nok",
  });
  await using proxy = await startProxy({ backends: [origin.address] });
  using wire = await connectRaw(proxy.port);
  await wire.write(GET);
  assert.equal((await readResponse(wire)).text, "ok");
  await within("the worker to stop", 1_000, proxy.plane.softStop());
  assert.equal((await wire.readToEnd()).length, 0);
  assert.equal(proxy.count("session.internal_errors"), 0);
});

Deno.test("an Expect request that is answered at once gets that answer, without the body", async () => {
  let heard = "";
  await using origin = scriptedOrigin(async (wire) => {
    heard = await wire.readThrough("\r\n\r\n");
    await wire.write("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nfinal");
    await wire.readToEnd();
  });
  await using proxy = await startProxy({ backends: [origin.address] });
  using wire = await connectRaw(proxy.port);
  await wire.write(
    "POST / HTTP/1.1\r\nHost: app.test\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n",
  );
  const response = await readResponse(wire);
  assert.deepEqual([response.status, response.text], [200, "final"]);
  assert.match(heard, /\r\nExpect: 100-continue\r\n/);
});

Deno.test("of ten bytes behind a 100 the backend gets the four that were announced", async () => {
  let body = "";
  await using origin = scriptedOrigin(async (wire) => {
    await wire.readThrough("\r\n\r\n");
    await wire.write("HTTP/1.1 100 Continue\r\n\r\n");
    body = latin1(await wire.readExactly(4));
    await wire.write("HTTP/1.1 200 OK\r\n\r\nno length");
    await wire.closeWrite();
    body += latin1(await wire.readToEnd());
  });
  await using proxy = await startProxy({ backends: [origin.address] });
  using wire = await connectRaw(proxy.port);
  await wire.write(
    "POST / HTTP/1.1\r\nHost: app.test\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n",
  );
  assert.equal((await readResponse(wire)).status, 100);
  await wire.write("0123456789");
  assert.equal((await readResponse(wire)).status, 200);
  assert.equal(body, "0123");
});

Deno.test("a 101 with a stray Transfer-Encoding still opens a tunnel", async () => {
  await using origin = scriptedOrigin(async (wire) => {
    await wire.readThrough("\r\n\r\n");
    await wire.write(
      "HTTP/1.1 101 Switching Protocols\r\nTransfer-Encoding: 10\r\nConnection: upgrade\r\n" +
        "Upgrade: x\r\n\r\n",
    );
    await wire.write(`heard ${latin1(await wire.readExactly(5))}`);
  });
  await using proxy = await startProxy({ backends: [origin.address] });
  using wire = await connectRaw(proxy.port);
  await wire.write(
    "GET / HTTP/1.1\r\nHost: app.test\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n",
  );
  assert.equal((await readResponse(wire)).status, 101);
  await wire.write("hello");
  assert.equal(latin1(await wire.readToEnd()), "heard hello");
});
