// Responses of backends as they reach a client: what our data plane makes of them, and whether nginx and
// HAProxy pass the same bytes on.

import assert from "node:assert/strict";
import { Lab } from "../support/lab.ts";
import { startOrigin } from "../support/origin.ts";
import { startProxy } from "../support/proxy.ts";
import { connectRaw } from "../support/raw_client.ts";
import { PEERS, startPeer } from "./peers.ts";

const CHUNKED = "Transfer-Encoding: chunked\r\n";
const ONE_CHUNK = "3\r\nabc\r\n0\r\n\r\n";
const REFUSED = "HTTP/1.1 502 ";

/** A response of a backend, and the lines of its head that a client is to get, without those we add. */
interface ResponseCase {
  readonly name: string;
  readonly raw: string;
  /** Null when the response is answered 502. */
  readonly head: string | null;
}

function row(name: string, raw: string, head: string | null): ResponseCase {
  return { name, raw, head };
}

const CASES: readonly ResponseCase[] = [
  row("chunks", `HTTP/1.1 200 OK\r\n${CHUNKED}\r\n${ONE_CHUNK}`, `HTTP/1.1 200 OK\r\n${CHUNKED}`),
  row(
    "chunk extensions",
    `HTTP/1.1 200 OK\r\n${CHUNKED}\r\n3;a=b\r\nabc\r\n0;c\r\n\r\n`,
    `HTTP/1.1 200 OK\r\n${CHUNKED}`,
  ),
  row(
    "blanks behind a chunk size",
    `HTTP/1.1 200 OK\r\n${CHUNKED}\r\n3 \r\nabc\r\n0\t\r\n\r\n`,
    `HTTP/1.1 200 OK\r\n${CHUNKED}`,
  ),
  row(
    "blanks behind chunked",
    `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked \t\r\n\r\n${ONE_CHUNK}`,
    `HTTP/1.1 200 OK\r\n${CHUNKED}`,
  ),
  row(
    "blanks behind a length",
    "HTTP/1.1 200 OK\r\nContent-Length: 3 \r\n\r\nabc",
    "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n",
  ),
  row(
    "no reason",
    "HTTP/1.1 200\r\nContent-Length: 3\r\n\r\nabc",
    "HTTP/1.1 200 \r\nContent-Length: 3\r\n",
  ),
  row("gzip, then chunked", response("gzip, chunked"), null),
  row("identity, then chunked", response("identity, chunked"), null),
  row("chunked twice", response("chunked, chunked"), null),
  row("chunked with a parameter", response("chunked;a"), null),
  row("204 with chunked", `HTTP/1.1 204 None\r\n${CHUNKED}\r\n`, "HTTP/1.1 204 None\r\n"),
  row("304 with chunked", `HTTP/1.1 304 Same\r\n${CHUNKED}\r\n`, "HTTP/1.1 304 Same\r\n"),
  row(
    "204 with a length",
    "HTTP/1.1 204 None\r\nContent-Length: 0\r\n\r\n",
    "HTTP/1.1 204 None\r\n",
  ),
  row(
    "304 with a length",
    "HTTP/1.1 304 Same\r\nContent-Length: 9\r\n\r\n",
    "HTTP/1.1 304 Same\r\nContent-Length: 9\r\n",
  ),
  row(
    "426 with Upgrade",
    "HTTP/1.1 426 Up\r\nConnection: upgrade\r\nUpgrade: websocket\r\nContent-Length: 0\r\n\r\n",
    "HTTP/1.1 426 Up\r\nUpgrade: websocket\r\nContent-Length: 0\r\nConnection: upgrade\r\n",
  ),
  row(
    "obs-text",
    "HTTP/1.1 200 Tr\xc3\xa8s\r\nX: \xc3\xa9\xff\r\nContent-Length: 0\r\n\r\n",
    "HTTP/1.1 200 Tr\xc3\xa8s\r\nX: \xc3\xa9\xff\r\nContent-Length: 0\r\n",
  ),
  row("NUL in a value", "HTTP/1.1 200 OK\r\nX: \x00\r\nContent-Length: 0\r\n\r\n", null),
  row(
    "two lengths that differ",
    "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
    null,
  ),
];

function response(coding: string): string {
  return `HTTP/1.1 200 OK\r\nTransfer-Encoding: ${coding}\r\n\r\n${ONE_CHUNK}`;
}

/** A backend whose target `/N` is answered with case N, and `/` with 200. */
function startCases() {
  return startOrigin(({ target }) => {
    const raw = CASES[Number(target.slice(1) || -1)]?.raw;
    return raw === undefined
      ? { kind: "fixed", body: "" }
      : { kind: "raw", bytes: raw, close: true };
  });
}

/** The head of the answer to case `index`, and the chunks behind it where it announces some. */
async function answerTo(port: number, index: number): Promise<[head: string, body: string]> {
  using wire = await connectRaw(port);
  await wire.write(`GET /${index} HTTP/1.1\r\nHost: app.test\r\nConnection: close\r\n\r\n`);
  const head = await wire.readThrough("\r\n\r\n");
  if (!/transfer-encoding/i.test(head)) return [head, ""];
  return [head, await wire.readThrough("0\r\n\r\n").catch(() => "broken off")];
}

Deno.test("responses of backends reach the client in their one canonical form, or 502 does", async () => {
  await using origin = startCases();
  await using proxy = await startProxy({ backends: [origin.address] });
  for (const [index, { name, head }] of CASES.entries()) {
    const [answer, body] = await answerTo(proxy.port, index);
    if (head === null) {
      assert.ok(answer.startsWith(REFUSED), `[${name}] ${answer}`);
      continue;
    }
    const kept = answer.replace(/(?:Connection: close|Sozu-Id: \w+)\r\n/g, "");
    assert.equal(kept, `${head}\r\n`, name);
    if (body !== "") assert.equal(body, ONE_CHUNK, name);
  }
});

const missing = PEERS.filter(({ program }) => program === null).map(({ name }) => name);
if (missing.length > 0) {
  console.error(`SKIPPED the comparison of responses: ${missing.join(", ")} not installed`);
}

Deno.test({
  name:
    "no response that nginx and HAProxy both refuse is passed on, none that both pass is refused",
  ignore: missing.length > 0,
  async fn() {
    await using lab = new Lab();
    await using origin = startCases();
    const ports: number[] = [];
    for (const peer of PEERS) ports.push(await startPeer(lab, peer, origin.port));
    for (const [index, { name, head }] of CASES.entries()) {
      const answers = await Promise.all(ports.map((port) => answerTo(port, index)));
      const refusals = answers.filter(([answer]) => answer.startsWith(REFUSED)).length;
      if (refusals === ports.length) assert.equal(head, null, name);
      if (refusals === 0) assert.notEqual(head, null, name);
    }
  },
});
