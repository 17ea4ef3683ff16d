// What the HTTP/2 core costs by itself, without sockets: nanoseconds to make an HTTP/1-shaped head of the
// header block a browser sends, to encode a request and a small response, and for a whole exchange through a
// server connection. The rounds of all measures alternate and the best round of each counts, which is the one
// least disturbed. Run it with `deno run tests/bench/h2/core.ts`.

import { asciiBytes } from "../../../src/bytes/ascii.ts";
import { ReadStatus } from "../../../src/protocol/h1/field_reader.ts";
import { requestHeadReader, responseHeadReader } from "../../../src/protocol/h1/head_reader.ts";
import { H2Connection } from "../../../src/protocol/h2/connection/connection.ts";
import { H2Counters } from "../../../src/protocol/h2/connection/counters.ts";
import type { ConnectionEvents, HeadSpace } from "../../../src/protocol/h2/connection/events.ts";
import { HeadTools } from "../../../src/protocol/h2/connection/head_tools.ts";
import { Role } from "../../../src/protocol/h2/connection/link.ts";
import type { H2Stream } from "../../../src/protocol/h2/connection/stream.ts";
import { EncodingRoom, HeadEncoder } from "../../../src/protocol/h2/heads/head_encoder.ts";
import { RequestHeadBuilder } from "../../../src/protocol/h2/heads/request_head_builder.ts";
import { HpackDecoder } from "../../../src/protocol/h2/hpack/hpack_decoder.ts";
import { MessageHead } from "../../../src/protocol/http/message_head.ts";
import { frame, preface } from "../../support/h2/frames.ts";
import { testLimits } from "../../support/h2/limits.ts";

const ROUNDS = 40;
const REPEATS = 10_000;
const BUFFER_BYTES = 16_393;
const NO_BYTES = new Uint8Array(0);

const REQUEST = [
  "GET /account/settings?tab=security&from=menu HTTP/1.1",
  "Host: www.example.com",
  "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
  "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
  "Accept-Language: en-GB,en;q=0.8,fr;q=0.5",
  "Accept-Encoding: gzip, deflate, br, zstd",
  "Referer: https://www.example.com/account/overview",
  "Cookie: session=8f14e45fceea167a5a36dedd4bea2543; theme=dark; consent=all",
  "Cache-Control: max-age=0",
  "Priority: u=0, i",
];

const RESPONSE = [
  "HTTP/1.1 200 OK",
  "Date: Tue, 02 Jun 2026 10:00:00 GMT",
  "Content-Type: text/plain; charset=utf-8",
  "Content-Length: 13",
  "Connection: keep-alive",
];

const LIMITS = { maxHeaderListSize: 65_536, maxHeaderFields: 128 };

/** One thing that is timed; each call is one message. */
interface Measure {
  readonly name: string;
  run(): void;
}

function read(
  reader: { head: MessageHead } & ReturnType<typeof requestHeadReader>,
  lines: string[],
) {
  const bytes = asciiBytes(lines.join("\r\n") + "\r\n\r\n");
  reader.begin(bytes, 0);
  if (reader.read(bytes.length) !== ReadStatus.DONE) throw new Error("A head was refused");
  return reader.head;
}

/** Answers every request with the same head and thirteen bytes. */
class Answering implements ConnectionEvents<null> {
  readonly #head = new MessageHead(NO_BYTES);
  readonly #bytes = new Uint8Array(BUFFER_BYTES);
  readonly #space: HeadSpace = { head: this.#head, bytes: this.#bytes, at: 0 };
  readonly #response = read(responseHeadReader(), RESPONSE);
  readonly #body = new Uint8Array(13);
  connection: H2Connection<null> | null = null;

  space(): HeadSpace {
    return this.#space;
  }

  head(stream: H2Stream<null>): void {
    const { connection } = this;
    if (connection === null) return;
    connection.sendHead(stream, 200, this.#response, NO_BYTES, 0, 0, false);
    connection.sendData(stream, this.#body, 0, 13, true);
  }

  wantsWrite(): void {}
  interim(): void {}
  data(): void {}
  trailers(): void {}
  sent(): void {}
  ended(): void {}
  malformed(): void {
    throw new Error("The benchmark's request was refused");
  }
  settled(): void {}
  pong(): void {}
  goaway(): void {}
}

/** HEADERS frames whose ids rise by two in place. */
function exchanges(block: Uint8Array): Measure {
  const events = new Answering();
  const spare: Uint8Array[] = [new Uint8Array(65_572), new Uint8Array(65_572)];
  const buffers = {
    size: 65_572,
    take: () => spare.pop() ?? null,
    give: (buffer: Uint8Array) => void spare.push(buffer),
  };
  const tools = new HeadTools();
  let id = 1;
  let connection: H2Connection<null>;
  const restart = () => {
    const parts = {
      role: Role.SERVER,
      limits: testLimits(),
      events,
      tools,
      counters: new H2Counters(),
      buffers,
      allowsConnectProtocol: false,
    };
    connection = events.connection = new H2Connection(parts, 0);
    const start = preface([4, 1_000_000]);
    connection.receive(start, 0, start.length, 0);
    connection.take(0);
    connection.written();
    id = 1;
  };
  restart();
  // As h2load does it: 100 streams a write.
  const one = frame(1, 0x5, 1, block);
  const many = new Uint8Array(one.length * 100 + 13);
  for (let i = 0; i < 100; i++) many.set(one, i * one.length);
  many.set(frame(8, 0, 0, [0, 0, 5, 20]), one.length * 100);
  let calls = 0;
  const run = () => {
    if (++calls % 100 !== 0) return;
    if (id > 1_000_000) restart();
    for (let i = 0; i < 100; i++, id += 2) {
      const at = i * one.length + 5;
      many[at + 1] = id >>> 16;
      many[at + 2] = id >>> 8;
      many[at + 3] = id;
    }
    connection.receive(many, 0, many.length, 0);
    while (connection.take(0) !== null) connection.written();
    if (connection.streams > 0) throw new Error("A stream was left");
  };
  return { name: "server: whole exchange", run };
}

function measures(): Measure[] {
  const request = read(requestHeadReader(), REQUEST);
  const response = read(responseHeadReader(), RESPONSE);
  const room = new EncodingRoom();
  const encoder = new HeadEncoder(room);
  const first = room.block.slice(0, encoder.request(request, "https", NO_BYTES, 0, 0));
  encoder.request(request, "https", NO_BYTES, 0, 0);
  const responses = new HeadEncoder(room);
  const decoder = new HpackDecoder(4096);
  const builder = new RequestHeadBuilder();
  const head = new MessageHead(NO_BYTES);
  const bytes = new Uint8Array(BUFFER_BYTES);
  const build = (block: Uint8Array) => {
    builder.begin(head, bytes, 0, LIMITS);
    decoder.decode(block, 0, block.length, builder);
    if (!builder.finish(true)) throw new Error("The benchmark's head was refused");
  };
  // Both sides of a table that has seen the request before.
  const again = new HeadEncoder(room);
  let known = NO_BYTES;
  for (let i = 0; i < 3; i++) {
    known = room.block.slice(0, again.request(request, "https", NO_BYTES, 0, 0));
    build(known);
  }
  const plain = asciiBytes(REQUEST.join("\r\n") + "\r\n\r\n");
  const reader = requestHeadReader();
  const parse = () => {
    reader.begin(plain, 0);
    reader.read(plain.length);
  };
  console.log(`block: ${first.length} bytes the first time, ${known.length} when it repeats`);
  return [
    { name: "(HTTP/1 reads the same head)", run: parse },
    { name: "request: literals to a head", run: () => build(first) },
    { name: "request: table to a head", run: () => build(known) },
    {
      name: "request: encode",
      run: () => void encoder.request(request, "https", NO_BYTES, 0, 0),
    },
    {
      name: "response: encode",
      run: () => void responses.response(200, response, NO_BYTES, 0, 0),
    },
    exchanges(first),
  ];
}

/** Nanoseconds a call. */
function time(run: () => void): number {
  const began = performance.now();
  for (let i = 0; i < REPEATS; i++) run();
  return (performance.now() - began) * 1e6 / REPEATS;
}

/** Prints nanoseconds a message for each part of the core. */
export function runH2CoreBench(): Promise<number> {
  const all = measures();
  const best = all.map(() => Number.POSITIVE_INFINITY);
  for (let round = 0; round < ROUNDS; round++) {
    all.forEach((measure, i) => {
      best[i] = Math.min(best[i] as number, time(measure.run));
    });
  }
  console.log("HTTP/2 core");
  all.forEach(({ name }, i) => {
    console.log(`${name.padEnd(28)}${(best[i] as number).toFixed(0).padStart(6)} ns`);
  });
  return Promise.resolve(0);
}

if (import.meta.main) await runH2CoreBench();
