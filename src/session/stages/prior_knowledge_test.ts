import assert from "node:assert/strict";
import { FakeStream } from "../../../tests/support/session/fake_stream.ts";
import { asciiBytes, asciiText } from "../../bytes/ascii.ts";
import { PriorKnowledgeStage } from "./prior_knowledge.ts";

const MAGIC = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/** What a client is taken to speak that sends `pieces`, and what the next stage reads. */
async function enter(
  ...pieces: string[]
): Promise<[speaksH2: boolean | undefined, text: string] | null> {
  const stream = new FakeStream();
  const accepted = { stream, peer: { ip: "192.0.2.1", port: 1 }, destination: null, tls: null };
  const entering = new PriorKnowledgeStage().enter(accepted);
  for (const piece of pieces) stream.feed(piece);
  stream.feed(null);
  const entered = await entering;
  if (entered === null) return null;
  let text = "";
  const bytes = new Uint8Array(7);
  for (;;) {
    const count = await entered.stream.read(bytes);
    if (count === 0) return [entered.speaksH2, text];
    text += asciiText(bytes, 0, count);
  }
}

Deno.test("a client that begins with the preface speaks HTTP/2, however it comes, and nothing is lost", async () => {
  assert.deepEqual(await enter(MAGIC + "rest"), [true, MAGIC + "rest"]);
  assert.deepEqual(await enter("PRI * HT", "TP/2.0\r\n\r\nSM\r\n\r", "\nrest"), [
    true,
    MAGIC + "rest",
  ]);
});

Deno.test("what may be HTTP/1.1 is passed on as it came", async () => {
  for (
    const head of [
      "GET / HTTP/1.1\r\n\r\n",
      "PRI / HTTP/1.1\r\n\r\n",
      "OPTIONS * HTTP/1.1\r\n\r\n",
      "GET http://a.test/ HTTP/1.1\r\n\r\n",
      "CONNECT a.test:443 HTTP/1.1\r\n\r\n",
      "G",
      "PRI * HTTP/2.0\r\n\r\nSN\r\n\r\n",
    ]
  ) assert.deepEqual(await enter(head), [false, head]);
});

Deno.test("what is neither gets no answer, and neither does who says nothing", async () => {
  assert.equal(await enter("INVALID CONNECTION PREFACE\r\n\r\n"), null);
  assert.equal(await enter(), null);
  assert.equal(asciiBytes(MAGIC).length, 24);
});
