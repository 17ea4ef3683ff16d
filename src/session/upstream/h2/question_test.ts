import assert from "node:assert/strict";
import {
  goaway,
  headers,
  reset,
  settings,
  SETTINGS_ACK,
} from "../../../../tests/support/h2/frames.ts";
import { FakeStream } from "../../../../tests/support/session/fake_stream.ts";
import { latin1 } from "../../../../tests/support/session/wire.ts";
import { NO_LINES, probeLines } from "../../../protocol/h1/probe.ts";
import { HeadTools } from "../../../protocol/h2/connection/head_tools.ts";
import { H2Question } from "./question.ts";

const TOOLS = new HeadTools();

/** What asking a backend ends with that sends this; `null` is the end of its connection. */
async function asked(...pieces: (Uint8Array | string | null)[]): Promise<number | string> {
  const stream = new FakeStream();
  const answer = new H2Question("/up", "127.0.0.1:80", NO_LINES, TOOLS).ask(stream);
  for (const piece of pieces) {
    stream.feed(piece instanceof Uint8Array ? latin1(piece) : piece);
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
  return await answer;
}

const begin = [settings(), SETTINGS_ACK];

Deno.test("H2Question asks once the backend has spoken, and tells the status of the final response", async () => {
  const interim = headers(1, [[":status", "103"]], false);
  assert.equal(await asked(...begin, interim, headers(1, [[":status", "204"]])), 204);
  assert.equal(await asked(...begin, headers(1, [[":status", "500"]], false)), 500);
});

Deno.test("H2Question says why there is no answer", async () => {
  const cases: [(Uint8Array | string | null)[], RegExp][] = [
    [["HTTP/1.1 200 OK\r\n\r\n"], /not one of HTTP\/2/],
    [[null], /closed/],
    [[...begin, null], /closed/],
    [[...begin, reset(1, 7)], /refused_stream/],
    [[...begin, goaway(0, 0)], /Reset with refused_stream/],
    [[...begin, headers(1, [[":status", "101"]], false)], /invalid_status/],
    [[settings([4, 0xffff_ffff])], /takes no requests/],
    [[settings([3, 0]), SETTINGS_ACK, goaway(0, 0)], /takes no requests/],
  ];
  for (const [pieces, reason] of cases) assert.match(String(await asked(...pieces)), reason);
});

Deno.test("H2Question sends its headers in lower case, in order, and never for a table", async () => {
  const value = (text: string) => new TextEncoder().encode(text);
  const lines = probeLines([
    { name: "X-Key", value: value("v\u00e9") },
    { name: "Accept", value: value("a") },
  ]);
  const stream = new FakeStream();
  const answer = new H2Question("/up", "127.0.0.1:80", lines, TOOLS).ask(stream);
  for (const piece of begin) stream.feed(latin1(piece));
  stream.feed(latin1(headers(1, [[":status", "204"]])));
  assert.equal(await answer, 204);
  // RFC 7541 section 6.2.3: 0001 and the index of the name, 0 for one that follows.
  const block = "\x10\x05x-key\x03v\u00c3\u00a9\x1f\x04\x01a";
  assert.ok(stream.written.endsWith(block), JSON.stringify(stream.written));
});
