import assert from "node:assert/strict";
import { startOrigin } from "./origin.ts";
import { connectRaw, get, readResponse, request, sayUntilClosed } from "./raw_client.ts";
import { waitFor } from "../wait.ts";

Deno.test("startOrigin() echoes the head it received and records the request", async () => {
  await using origin = startOrigin({ kind: "echo" });
  const response = await get(origin.port, "a.test", "/x?y=1");
  assert.equal(response.text, "GET /x?y=1 HTTP/1.1\r\nHost: a.test\r\n\r\n");
  assert.equal(origin.requests[0]?.header("HOST"), "a.test");
});

Deno.test("startOrigin() serves several requests on one connection", async () => {
  await using origin = startOrigin((seen) => ({ kind: "fixed", body: seen.target }));
  using wire = await connectRaw(origin.port);
  await wire.write("GET /1 HTTP/1.1\r\n\r\nGET /2 HTTP/1.1\r\n\r\n");
  assert.equal((await readResponse(wire)).text, "/1");
  assert.equal((await readResponse(wire)).text, "/2");
  assert.equal(origin.accepted, 1);
});

Deno.test("startOrigin() reads a chunked request body with trailers", async () => {
  await using origin = startOrigin({ kind: "echo-body" });
  const response = await request(
    origin.port,
    "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nSum: 5\r\n\r\n",
  );
  assert.equal(response.text, "abcde");
  assert.deepEqual(origin.requests[0]?.trailers, [["sum", "5"]]);
});

Deno.test("startOrigin() sends chunks and trailers", async () => {
  await using origin = startOrigin({
    kind: "chunked",
    chunks: ["one", "two"],
    trailers: [["Sum", "6"]],
  });
  const response = await get(origin.port, "a.test");
  assert.equal(response.text, "onetwo");
  assert.deepEqual(response.trailers, [["sum", "6"]]);
});

Deno.test("startOrigin() breaks off in the middle of a body", async () => {
  await using origin = startOrigin({ kind: "break-off", announced: 10, sent: 4 });
  const said = await sayUntilClosed(origin.port, "GET / HTTP/1.1\r\n\r\n");
  assert.match(said, /content-length: 10\r\n\r\nxxxx$/);
});

Deno.test("startOrigin() answers early, before the body has arrived", async () => {
  await using origin = startOrigin({ kind: "early", status: 413, body: "no" });
  const said = await sayUntilClosed(origin.port, "POST / HTTP/1.1\r\nContent-Length: 99\r\n\r\n");
  assert.match(said, /^HTTP\/1\.1 413 /);
});

Deno.test("startOrigin() upgrades and then echoes bytes", async () => {
  await using origin = startOrigin({ kind: "upgrade", protocol: "echo" });
  using wire = await connectRaw(origin.port);
  await wire.write("GET / HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n");
  assert.equal((await readResponse(wire)).status, 101);
  await wire.write("ping");
  assert.equal(new TextDecoder().decode(await wire.readExactly(4)), "ping");
});

Deno.test("startOrigin() stops with connections still open", async () => {
  const origin = startOrigin({ kind: "silent" });
  using wire = await connectRaw(origin.port);
  await wire.write("GET / HTTP/1.1\r\n\r\n");
  await waitFor("the request", () => origin.requests.length === 1);
  await origin.stop();
  assert.equal((await wire.readToEnd()).length, 0);
});

Deno.test("a read that outlives its deadline loses no byte", async () => {
  await using origin = startOrigin({ kind: "fixed", body: "late", delayMs: 100 });
  using wire = await connectRaw(origin.port);
  await wire.write("GET / HTTP/1.1\r\n\r\n");
  await assert.rejects(wire.readExactly(1, 5), /in vain/);
  assert.equal((await readResponse(wire)).text, "late");
});
