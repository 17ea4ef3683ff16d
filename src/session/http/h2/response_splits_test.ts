// A response that is passed on at once and one that is relayed are the same for the client, wherever their bytes are
// cut on the way.

import assert from "node:assert/strict";
import * as fc from "fast-check";
import { h2Session, type StreamReply } from "../../../../tests/support/session/h2_sessions.ts";
import { waitFor } from "../../../../tests/support/wait.ts";

/** A response on the wire of HTTP/1.1, and whether its connection ends it. */
interface Shape {
  readonly text: string;
  readonly closes: boolean;
}

const bodies = fc.string({ unit: fc.constantFrom(..."ab\r\n\x00\xff0"), maxLength: 300 });
const statuses = fc.constantFrom("200 OK", "404 Not Found", "204 No Content", "304 Not Modified");
const fields = fc.constantFrom("", "X-A: 1\r\nx-b: 2\r\n", "Connection: x-hop\r\nX-Hop: 1\r\n");
const framings = fc.constantFrom("length", "chunked", "trailers", "close");

const shapes: fc.Arbitrary<Shape> = fc.tuple(statuses, fields, framings, bodies).map(
  ([status, lines, framing, body]) => {
    const head = `HTTP/1.1 ${status}\r\n${lines}`;
    if (/^(?:204|304)/.test(status)) return { text: `${head}\r\n`, closes: false };
    const chunk = body === "" ? "" : `${body.length.toString(16)}\r\n${body}\r\n`;
    switch (framing) {
      case "length":
        return { text: `${head}Content-Length: ${body.length}\r\n\r\n${body}`, closes: false };
      case "close":
        return { text: `${head}\r\n${body}`, closes: true };
      default: {
        const trailer = framing === "trailers" ? "X-Sum: 1\r\n" : "";
        const all = `${head}Transfer-Encoding: chunked\r\n\r\n${chunk}0\r\n${trailer}\r\n`;
        return { text: all, closes: false };
      }
    }
  },
);

/** What the client gets of a response that comes in these pieces. */
async function deliver(
  { text, closes }: Shape,
  cuts: readonly number[],
  fastPath: boolean,
): Promise<StreamReply> {
  const set = h2Session({}, fastPath);
  try {
    set.ask(1);
    const backend = await set.backendOf();
    const places = [...new Set(cuts.map((cut) => cut % text.length))].sort((a, b) => a - b);
    for (const [index, at] of [0, ...places].entries()) {
      const piece = text.slice(at, places[index] ?? text.length);
      if (piece !== "") backend.feed(piece);
    }
    if (closes) backend.feed(null);
    await waitFor("the response", () => set.reply(1).ended || set.reply(1).reset !== null, {
      everyMs: 1,
    });
    return set.reply(1);
  } finally {
    set.session.close();
    await set.running;
    set.worker.upstreams.close();
  }
}

Deno.test("a response is the same for its client at once and relayed, whole and in pieces", async () => {
  const cuts = fc.array(fc.nat(400), { maxLength: 5 });
  await fc.assert(
    fc.asyncProperty(shapes, cuts, async (shape, places) => {
      const whole = await deliver(shape, [], true);
      assert.ok(whole.ended && whole.reset === null);
      for (const fastPath of [true, false]) {
        assert.deepEqual(await deliver(shape, places, fastPath), whole);
      }
    }),
    { numRuns: 60 },
  );
});

Deno.test("a response that breaks off is reset wherever it does", async () => {
  const text = "HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\n12345678";
  const head = text.length - 8;
  for (const fastPath of [true, false]) {
    for (let end = head; end < text.length; end++) {
      const shape = { text: text.slice(0, end), closes: true };
      const reply = await deliver(shape, [], fastPath);
      assert.deepEqual([reply.text, reply.ended, reply.reset], [text.slice(head, end), false, 2]);
    }
  }
});
