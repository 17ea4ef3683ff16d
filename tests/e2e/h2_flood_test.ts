// The caps on what an HTTP/2 client may do again and again: as many as allowed pass, one more ends the connection.

import assert from "node:assert/strict";
import type { HttpsListenerConfig } from "../../config/schema/messages.ts";
import { ErrorCode } from "../../src/protocol/h2/frames/error_code.ts";
import { FrameFlag, FrameType } from "../../src/protocol/h2/frames/frame.ts";
import { literals } from "../support/h2/blocks.ts";
import {
  data,
  frame,
  headers,
  padded,
  ping,
  priorityUpdate,
  reset,
  settings,
  uint32,
  windowUpdate,
} from "../support/h2/frames.ts";
import type { H2Client } from "../support/h2/h2_client.ts";
import { startH2Proxy } from "../support/h2/h2_proxy.ts";
import { getFields, requestFields } from "../support/h2/request_fields.ts";
import { startOrigin } from "../support/http/origin.ts";
import { waitFor } from "../support/wait.ts";

const { ENHANCE_YOUR_CALM, SETTINGS_TIMEOUT, CANCEL } = ErrorCode;
const post = requestFields("POST", "/");

function times(count: number, make: (index: number) => Uint8Array): Uint8Array[] {
  return Array.from({ length: count }, (_, index) => make(index));
}

const id = (index: number) => 2 * index + 1;

interface Flood {
  /** So many pass. */
  readonly few: number;
  /** So many end the connection. */
  readonly many: number;
  frames(count: number): Uint8Array[];
  readonly https?: Partial<HttpsListenerConfig>;
}

const FLOODS: Readonly<Record<string, Flood>> = {
  PING: { few: 1_900, many: 10_000, frames: (count) => times(count, () => ping()) },
  // The one behind the preface counts as well.
  SETTINGS: { few: 900, many: 5_000, frames: (count) => times(count, () => settings()) },
  "empty DATA": {
    few: 1_900,
    many: 10_000,
    frames: (count) => [headers(1, post, false), ...times(count, () => data(1, 0))],
  },
  "DATA of padding alone": {
    few: 500,
    many: 10_000,
    frames: (count) => [headers(1, post, false), ...times(count, () => padded(1, 0, 9))],
  },
  "WINDOW_UPDATE of the connection": {
    few: 1_900,
    many: 10_000,
    frames: (count) => times(count, () => windowUpdate(0, 1)),
  },
  "WINDOW_UPDATE of closed streams": {
    few: 900,
    many: 5_000,
    frames: (count) => [
      headers(1, post, false),
      reset(1, CANCEL),
      ...times(count, () => windowUpdate(1, 1)),
    ],
  },
  "requests that are cancelled at once": {
    few: 105,
    many: 1_100,
    frames: (count) =>
      times(count, (index) => headers(id(index), getFields())).flatMap((each, index) => [
        each,
        reset(id(index), CANCEL),
      ]),
  },
  "streams that the server is made to reset": {
    few: 40,
    many: 60,
    https: { h2_max_rst_stream_emitted_lifetime: 50n },
    frames: (count) =>
      times(count, (index) => headers(id(index), post, false)).flatMap((each, index) => [
        each,
        windowUpdate(id(index), 0),
      ]),
  },
  "CONTINUATION in one block": {
    few: 20,
    many: 21,
    frames: (count) =>
      [
        frame(FrameType.HEADERS, FrameFlag.END_STREAM, 1, literals(getFields())),
        ...times(count, () => frame(FrameType.CONTINUATION, 0, 1, literals([["a", "b"]]))),
        frame(FrameType.CONTINUATION, FrameFlag.END_HEADERS, 1),
      ].filter((_, index, all) => count > 20 || index !== all.length - 2),
  },
  "unknown settings": {
    few: 15,
    many: 90,
    https: { h2_max_glitch_count: 1_000 },
    frames: (count) => times(count, () => settings(...Array(60).fill([0xff00, 1]))),
  },
};

/** The last frame of a flood that has the proxy say that it has read all of it. */
async function flooded(client: H2Client, frames: readonly Uint8Array[]): Promise<void> {
  await client.send(...frames);
  await client.settle().catch(() => {});
}

for (const [name, { few, many, frames, https = {} }] of Object.entries(FLOODS)) {
  Deno.test(`${name}: ${few} are borne, ${many} end the connection`, async () => {
    await using origin = startOrigin({ kind: "fixed", body: "ok" });
    await using proxy = await startH2Proxy([origin.address], { https });
    await using patient = await proxy.open();
    await flooded(patient, frames(few));
    assert.ok(!patient.seen.some((each) => each.startsWith("GOAWAY")), patient.seen.join());
    assert.equal((await patient.ask(9_001, getFields())).text, "ok");

    await using flooding = await proxy.open();
    await flooding.send(...frames(many));
    assert.equal(await flooding.goaway(), ENHANCE_YOUR_CALM);
    await flooding.gone();
    await using next = await proxy.open();
    assert.equal((await next.ask(1, getFields())).text, "ok");
  });
}

Deno.test("a field that is referred to again and again costs its stream alone", async () => {
  await using origin = startOrigin({ kind: "fixed", body: "ok" });
  await using proxy = await startH2Proxy([origin.address]);
  await using client = await proxy.open();
  const field = literals([["x-bomb", "b".repeat(1_000)]], true);
  const flags = FrameFlag.END_HEADERS | FrameFlag.END_STREAM;
  const block = [...literals(getFields()), ...field];
  await client.send(frame(FrameType.HEADERS, flags, 1, block));
  assert.equal((await client.finished(1)).text, "ok");
  const bomb = [...literals(getFields()), ...Array(200).fill(0x80 | 62)];
  await client.send(frame(FrameType.HEADERS, flags, 3, bomb));
  assert.equal((await client.finished(3)).reset, ENHANCE_YOUR_CALM);
  assert.equal((await client.ask(5, getFields())).text, "ok");
  assert.equal(origin.requests.length, 2);
});

Deno.test("priorities of streams that are not there are forgotten", async () => {
  await using origin = startOrigin({ kind: "fixed", body: "ok" });
  await using proxy = await startH2Proxy([origin.address]);
  await using client = await proxy.open();
  await client.send(
    ...times(
      4_500,
      (index) => frame(FrameType.PRIORITY, 0, id(index), [...uint32(id(index + 1)), 16]),
    ),
    ...times(4_500, (index) => priorityUpdate(id(index + 1_000), "u=1")),
  );
  assert.equal((await client.ask(1, getFields())).text, "ok");
});

Deno.test("settings that nobody acknowledges end the connection after five seconds", async () => {
  await using origin = startOrigin({ kind: "fixed", body: "ok" });
  await using proxy = await startH2Proxy([origin.address]);
  await using client = await proxy.open({ acknowledges: false });
  const began = performance.now();
  const timer = setInterval(() => void client.send(ping()).catch(() => {}), 500);
  try {
    assert.equal(await client.goaway(), SETTINGS_TIMEOUT);
    assert.ok(performance.now() - began > 4_000);
  } finally {
    clearInterval(timer);
  }
});

Deno.test("a client that cancels and is answered as often is no flood", async () => {
  await using origin = startOrigin({ kind: "fixed", body: "ok" });
  await using proxy = await startH2Proxy([origin.address], {
    https: { h2_max_rst_stream_abusive_lifetime: 20n },
  });
  await using client = await proxy.open();
  let stream = 1;
  for (let i = 0; i < 60; i++, stream += 4) {
    assert.equal((await client.ask(stream, getFields())).text, "ok");
    await client.send(headers(stream + 2, getFields()), reset(stream + 2, CANCEL));
  }
  await client.settle();
  assert.ok(!client.seen.some((each) => each.startsWith("GOAWAY")));
  await waitFor("all of it to be over", () => client.reply(stream - 4).ended);
});
