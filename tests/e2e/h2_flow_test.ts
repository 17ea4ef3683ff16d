// Flow control in both directions, priorities, and the guards against streams that rest or stall.

import assert from "node:assert/strict";
import { ErrorCode } from "../../src/protocol/h2/frames/error_code.ts";
import { FrameFlag, FrameType } from "../../src/protocol/h2/frames/frame.ts";
import { type Fields } from "../support/h2/blocks.ts";
import {
  data,
  headers,
  padded,
  ping,
  priorityUpdate,
  settings,
  windowUpdate,
} from "../support/h2/frames.ts";
import type { H2Client } from "../support/h2/h2_client.ts";
import { getFields, requestFields } from "../support/h2/request_fields.ts";
import { startH2Proxy } from "../support/h2/h2_proxy.ts";
import { startOrigin } from "../support/http/origin.ts";
import { pause, waitFor } from "../support/wait.ts";

const INITIAL_WINDOW = 0x4;
const post = (path = "/"): Fields => requestFields("POST", path);

/** Bytes of credit that a stream got. */
function credit(client: H2Client, stream: number): number {
  return client.frames
    .filter((each) => each.type === FrameType.WINDOW_UPDATE && each.stream === stream)
    .reduce((sum, { payload }) => sum + new DataView(payload.buffer).getUint32(0), 0);
}

Deno.test("credit counts padding, and the content arrives without it", async () => {
  await using origin = startOrigin({ kind: "echo-body" });
  await using proxy = await startH2Proxy([origin.address]);
  await using client = await proxy.open();
  await client.send(headers(1, post(), false), padded(1, 100, 50), padded(1, 100, 50));
  await waitFor("the credit", () => credit(client, 1) >= 302);
  await client.send(padded(1, 0, 5, true));
  assert.equal((await client.finished(1)).body.length, 200);
  assert.equal(credit(client, 1), 302);
});

Deno.test("uploads beyond every window arrive whole, one after the other and side by side", async () => {
  await using origin = startOrigin({ kind: "echo-body" });
  await using proxy = await startH2Proxy([origin.address]);
  await using client = await proxy.open();
  const size = 300_000;
  const upload = async (stream: number) => {
    await client.send(headers(stream, post(`/${stream}`), false));
    let sent = 0;
    while (sent < size) {
      await waitFor("credit", () => 65_535 + credit(client, stream) > sent, { deadlineMs: 10_000 });
      const window = 65_535 + credit(client, stream) - sent;
      const piece = Math.min(16_384, size - sent, window);
      sent += piece;
      await client.send(data(stream, piece, sent === size));
    }
  };
  await Promise.all([1, 3, 5, 7].map(upload));
  for (const stream of [1, 3, 5, 7]) {
    assert.equal((await client.finished(stream)).body.length, size);
  }
});

Deno.test("a response goes no further than the windows, and on when they open", async () => {
  await using origin = startOrigin({ kind: "fixed", body: new Uint8Array(100_000).fill(1) });
  await using proxy = await startH2Proxy([origin.address]);
  await using client = await proxy.open({ credits: false, settings: [[INITIAL_WINDOW, 1_000]] });
  await client.request(1);
  await waitFor("the first window", () => client.reply(1).body.length >= 1_000);
  await client.settle();
  assert.equal(client.reply(1).body.length, 1_000);
  await client.send(windowUpdate(1, 500));
  await waitFor("more", () => client.reply(1).body.length >= 1_500);
  await client.settle();
  assert.equal(client.reply(1).body.length, 1_500);
  // Below what has been sent: the window is negative until it is opened again.
  await client.send(settings([INITIAL_WINDOW, 0]), windowUpdate(1, 1_000));
  await client.settle();
  assert.equal(client.reply(1).body.length, 1_500);
  await client.send(windowUpdate(1, 10_000), settings([INITIAL_WINDOW, 1_000]));
  await waitFor("what is allowed", () => client.reply(1).body.length >= 12_500);
  await client.send(windowUpdate(1, 1_000_000), windowUpdate(0, 1_000_000));
  assert.equal((await client.finished(1)).body.length, 100_000);
});

Deno.test("a stalled stream keeps no other one from being served", async () => {
  const large = new Uint8Array(500_000);
  await using origin = startOrigin(({ target }) => ({
    kind: "fixed",
    body: target === "/large" ? large : "small",
  }));
  await using proxy = await startH2Proxy([origin.address]);
  await using client = await proxy.open({ credits: false });
  await client.send(windowUpdate(0, 10_000_000), headers(1, getFields("/large")));
  await waitFor("the window to be used up", () => client.reply(1).body.length === 65_535);
  for (let stream = 3; stream < 23; stream += 2) {
    assert.equal((await client.ask(stream)).text, "small");
  }
  await client.send(windowUpdate(1, 1_000_000));
  assert.equal((await client.finished(1)).body.length, large.length);
});

/** Sends something on the connection that moves no stream, until it is told to stop. */
function chatter(client: H2Client, frames: () => Uint8Array[] = () => [ping()]): Disposable {
  const timer = setInterval(() => void client.send(...frames()).catch(() => {}), 300);
  return { [Symbol.dispose]: () => clearInterval(timer) };
}

const IDLE = { h2_stream_idle_timeout_seconds: 1 };

Deno.test("requests whose body does not come are cancelled, though PINGs do come", async () => {
  await using origin = startOrigin({ kind: "fixed", body: "ok" });
  await using proxy = await startH2Proxy([origin.address], { https: IDLE });
  await using client = await proxy.open();
  using _ = chatter(client);
  const ids = Array.from({ length: 10 }, (_, index) => 2 * index + 1);
  await client.send(...ids.map((id) => headers(id, post(), false)));
  for (const id of ids) assert.equal((await client.finished(id)).reset, ErrorCode.CANCEL);
  assert.equal((await client.ask(101)).text, "ok");
  await waitFor(
    "them to be counted",
    () => proxy.ours.count("h2.streams.reaped.idle_timeout") === ids.length,
  );
});

Deno.test("an upload that moves outlives the guard", async () => {
  await using origin = startOrigin({ kind: "echo-body" });
  await using proxy = await startH2Proxy([origin.address], { https: IDLE });
  await using client = await proxy.open();
  await client.send(headers(1, post(), false));
  for (let i = 0; i < 8; i++) {
    await client.send(data(1, 1));
    await pause(300);
  }
  await client.send(data(1, 1, true));
  assert.equal((await client.finished(1)).body.length, 9);
});

const STALLS: Readonly<Record<string, (client: H2Client) => Uint8Array[]>> = {
  "while PINGs come": () => [ping()],
  "while its window opens byte by byte": () => [windowUpdate(1, 1)],
  "while its own body drips": () => [data(1, 1)],
  "in silence": () => [],
};

for (const [name, frames] of Object.entries(STALLS)) {
  Deno.test(`a response nobody takes is cancelled ${name}`, async () => {
    await using origin = startOrigin(() =>
      name.includes("drips")
        ? { kind: "early", status: 200, body: "x".repeat(50_000) }
        : { kind: "fixed", body: new Uint8Array(50_000) }
    );
    await using proxy = await startH2Proxy([origin.address], { https: IDLE });
    await using client = await proxy.open({ settings: [[INITIAL_WINDOW, 0]], credits: false });
    using _ = chatter(client, () => frames(client));
    const drips = name.includes("drips");
    await client.send(headers(1, drips ? post() : getFields(), !drips));
    assert.equal((await client.finished(1)).reset, ErrorCode.CANCEL);
    assert.ok(client.reply(1).body.length < 100);
  });
}

/** How often the stream changes from one DATA frame to the next. */
function switches(client: H2Client): number {
  const order = client.frames.filter(({ type, payload }) =>
    type === FrameType.DATA && payload.length > 0
  ).map(({ stream }) => stream);
  return order.filter((stream, index) => index > 0 && stream !== order[index - 1]).length;
}

/** The streams in the order in which they end. */
function ends(client: H2Client): number[] {
  return client.frames
    .filter(({ type, flags }) => type === FrameType.DATA && (flags & FrameFlag.END_STREAM) !== 0)
    .map(({ stream }) => stream);
}

/** Asks for 60 KB on streams 1, 3 and 5 with these priorities, and lets all of it come at once. */
async function race(client: H2Client, priorities: readonly string[], arrived: () => boolean) {
  const ids = priorities.map((_, index) => 2 * index + 1);
  await client.send(
    ...priorities.map((priority, index) =>
      headers(2 * index + 1, getFields("/", [["priority", priority]]))
    ),
  );
  await waitFor("the requests to arrive", arrived);
  for (const id of ids) await waitFor("the heads", () => client.reply(id).status === 200);
  await client.settle();
  await client.send(windowUpdate(0, 1_000_000), settings([INITIAL_WINDOW, 1_000_000]));
  for (const id of ids) assert.equal((await client.finished(id)).body.length, 60_000);
}

Deno.test("incremental streams share, others follow one another, urgent ones come first", async () => {
  await using origin = startOrigin({ kind: "fixed", body: new Uint8Array(60_000) });
  await using proxy = await startH2Proxy([origin.address]);
  const run = async (...priorities: string[]) => {
    const before = origin.requests.length;
    await using client = await proxy.open({ settings: [[INITIAL_WINDOW, 0]], credits: false });
    await race(client, priorities, () => origin.requests.length === before + priorities.length);
    return client;
  };
  assert.ok(switches(await run("u=3, i", "u=3, i", "u=3, i")) >= 3);
  assert.deepEqual(ends(await run("u=3", "u=3", "u=3")), [1, 3, 5]);
  assert.deepEqual(ends(await run("u=7, i", "u=0, i")), [3, 1]);
  const late = await run("u=7", "u=0");
  const first = late.frames.find(({ type, payload }) => type === 0 && payload.length > 0);
  assert.equal(first?.stream, 3);
});

Deno.test("a priority that is updated on an open stream is taken over", async () => {
  await using origin = startOrigin({ kind: "fixed", body: new Uint8Array(60_000) });
  await using proxy = await startH2Proxy([origin.address]);
  await using client = await proxy.open({ settings: [[INITIAL_WINDOW, 0]], credits: false });
  await client.send(headers(1, getFields()), headers(3, getFields()));
  for (const id of [1, 3]) await waitFor("the heads", () => client.reply(id).status === 200);
  await client.send(priorityUpdate(3, "u=0"));
  await client.settle();
  await client.send(windowUpdate(0, 1_000_000), settings([INITIAL_WINDOW, 1_000_000]));
  for (const id of [1, 3]) assert.equal((await client.finished(id)).body.length, 60_000);
  const first = client.frames.find(({ type, payload }) => type === 0 && payload.length > 0);
  assert.equal(first?.stream, 3);
});
