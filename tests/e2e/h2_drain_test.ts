// The end of HTTP/2 connections: soft stops in two steps, clients that say goodbye, and that nothing in flight is lost.

import assert from "node:assert/strict";
import { ErrorCode } from "../../src/protocol/h2/frames/error_code.ts";
import { FrameFlag, FrameType } from "../../src/protocol/h2/frames/frame.ts";
import { literals } from "../support/h2/blocks.ts";
import { frame, goaway, headers } from "../support/h2/frames.ts";
import { Gate } from "../support/gate.ts";
import type { H2Client } from "../support/h2/h2_client.ts";
import { getFields } from "../support/h2/request_fields.ts";
import { startH2Proxy } from "../support/h2/h2_proxy.ts";
import { startOrigin } from "../support/http/origin.ts";
import { connectSecure } from "../support/tls/tls_client.ts";
import { CERTIFICATE, HOST } from "../support/h2/front.ts";
import { waitFor, within } from "../support/wait.ts";
import { join, preface } from "../support/h2/frames.ts";

const LARGEST_ID = 0x7fffffff;

function goaways(client: H2Client): string[] {
  return client.seen.filter((each) => each.startsWith("GOAWAY"));
}

Deno.test("a soft stop says so at once, lets requests finish, refuses new ones and says goodbye last", async () => {
  await using origin = startOrigin(() => ({ kind: "fixed", body: "late", after: gate.passed }));
  await using proxy = await startH2Proxy([origin.address]);
  await using client = await proxy.open();
  using gate = new Gate();
  await client.request(1);
  await waitFor("the request to arrive", () => origin.requests.length === 1);
  let empty = false;
  const stopped = proxy.ours.plane.softStop().then(() => empty = true);
  await client.see(/^GOAWAY/);
  assert.equal(goaways(client)[0], `GOAWAY ${LARGEST_ID} 0`);
  // Requests that crossed the GOAWAY are served; once the client must have seen it, none is.
  await client.settle();
  assert.equal((await client.ask(3)).reset, ErrorCode.REFUSED_STREAM);
  await client.settle();
  assert.equal(empty, false, "the worker waits for the request in flight");
  gate.open();
  assert.equal((await client.finished(1)).text, "late");
  await client.gone();
  // The first last stream leaves room for all, those after it never take one in again.
  const last = goaways(client).map((each) => Number(each.split(" ")[1]));
  assert.ok(last.length >= 2);
  assert.ok(last.slice(1).every((id) => id === 1 || id === 3), String(last));
  assert.ok(goaways(client).every((each) => each.endsWith(" 0")));
  client.wire.close();
  await within("the worker to be empty", 5_000, stopped);
});

Deno.test("a soft stop ends an idle connection with both GOAWAYs", async () => {
  await using origin = startOrigin({ kind: "fixed", body: "ok" });
  await using proxy = await startH2Proxy([origin.address]);
  await using client = await proxy.open();
  await client.ask(1);
  const stopped = proxy.ours.plane.softStop();
  await client.gone();
  assert.deepEqual(goaways(client), [`GOAWAY ${LARGEST_ID} 0`, "GOAWAY 1 0"]);
  client.wire.close();
  await within("the worker to be empty", 5_000, stopped);
});

Deno.test("a soft stop waits for a header block on its way and serves it", async () => {
  await using origin = startOrigin({ kind: "fixed", body: "served" });
  await using proxy = await startH2Proxy([origin.address]);
  // An answer to a PING must not come within the block.
  await using client = await proxy.open({ acknowledges: false });
  const block = literals(getFields());
  await client.send(frame(FrameType.HEADERS, FrameFlag.END_STREAM, 1, block.subarray(0, 10)));
  await waitFor("the block to be begun", () => proxy.ours.count("bytes_in") > 0).catch(() => {});
  const stopped = proxy.ours.plane.softStop();
  await client.see(/^GOAWAY/);
  await client.send(
    frame(FrameType.CONTINUATION, FrameFlag.END_HEADERS, 1, block.subarray(10)),
  );
  assert.equal((await client.finished(1)).text, "served");
  await client.gone();
  assert.deepEqual(goaways(client), [`GOAWAY ${LARGEST_ID} 0`, "GOAWAY 1 0"]);
  client.wire.close();
  await within("the worker to be empty", 5_000, stopped);
});

Deno.test("a soft stop waits no longer than its deadline, and says goodbye before it cuts", async () => {
  await using origin = startOrigin({ kind: "silent" });
  await using proxy = await startH2Proxy([origin.address], {
    https: { h2_graceful_shutdown_deadline_seconds: 1 },
  });
  await using client = await proxy.open();
  await client.request(1);
  await waitFor("the request to arrive", () => origin.requests.length === 1);
  const began = performance.now();
  const stopped = proxy.ours.plane.softStop();
  await client.gone();
  assert.ok(performance.now() - began >= 900, "it was cut before the deadline");
  assert.deepEqual(goaways(client), [`GOAWAY ${LARGEST_ID} 0`, "GOAWAY 1 0"]);
  client.wire.close();
  await within("the worker to be empty", 5_000, stopped);
});

Deno.test("a client that says goodbye gets what it is still owed, then the same word", async () => {
  await using origin = startOrigin(() => ({
    kind: "fixed",
    body: "x".repeat(200_000),
    after: gate.passed,
  }));
  await using proxy = await startH2Proxy([origin.address]);
  await using client = await proxy.open();
  using gate = new Gate();
  await client.send(headers(1, getFields()), headers(3, getFields()));
  await waitFor("the requests to arrive", () => origin.requests.length === 2);
  await client.send(goaway(0, ErrorCode.NO_ERROR));
  await client.settle();
  assert.deepEqual(goaways(client), []);
  gate.open();
  for (const id of [1, 3]) {
    const reply = await client.finished(id);
    assert.deepEqual([reply.ended, reply.body.length], [true, 200_000]);
  }
  await client.gone();
  assert.deepEqual(goaways(client), ["GOAWAY 3 0"]);
});

Deno.test("a client that repeats its goodbye without end is told to calm down", async () => {
  await using origin = startOrigin({ kind: "silent" });
  await using proxy = await startH2Proxy([origin.address], { https: { h2_max_glitch_count: 50 } });
  await using client = await proxy.open();
  await client.request(1);
  await client.send(...Array.from({ length: 200 }, () => goaway(0, ErrorCode.NO_ERROR)));
  assert.equal(await client.goaway(), ErrorCode.ENHANCE_YOUR_CALM);
});

Deno.test("a client that ends its side after its request gets the whole response", async () => {
  const size = 2_000_000;
  await using origin = startOrigin({ kind: "fixed", body: new Uint8Array(size), delayMs: 100 });
  await using proxy = await startH2Proxy([origin.address]);
  using wire = await connectSecure(proxy.port, HOST, [CERTIFICATE.certificate], ["h2"]);
  const windows = [[0x4, 0x7fffffff]] as const;
  const credit = frame(FrameType.WINDOW_UPDATE, 0, 0, [0x7f, 0xff, 0, 0]);
  await wire.write(join(preface(...windows), credit, headers(1, getFields())));
  await wire.closeWrite();
  const received = await wire.readToEnd(20_000);
  assert.ok(received.length > size, `${received.length} of ${size} bytes`);
});
