// What the HTTP/1.1 core costs by itself, without sockets: nanoseconds to read the head a browser sends,
// to write it for a backend, and to relay the head of a small response. The rounds of all measures
// alternate and the best round of each counts, which is the one least disturbed.

import { asciiBytes } from "../../src/bytes/ascii.ts";
import { ReadStatus } from "../../src/protocol/h1/field_reader.ts";
import {
  type HeadReader,
  requestHeadReader,
  responseHeadReader,
} from "../../src/protocol/h1/head_reader.ts";
import { writeRequestHead, writeResponseHead } from "../../src/protocol/h1/head_writer.ts";
import { dropHopByHop } from "../../src/protocol/http/hop_by_hop.ts";

const ROUNDS = 60;
const REPEATS = 20_000;
const BUFFER_BYTES = 16_393;

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
  "Connection: keep-alive",
];

const RESPONSE = [
  "HTTP/1.1 200 OK",
  "Date: Tue, 02 Jun 2026 10:00:00 GMT",
  "Content-Type: text/plain; charset=utf-8",
  "Content-Length: 13",
  "Connection: keep-alive",
];

/** One thing that is timed; each call is one message. */
interface Measure {
  readonly name: string;
  run(): void;
}

function wire(lines: readonly string[]): Uint8Array {
  const bytes = new Uint8Array(BUFFER_BYTES);
  bytes.set(asciiBytes(lines.join("\r\n") + "\r\n\r\n"));
  return bytes;
}

function length(lines: readonly string[]): number {
  return lines.join("\r\n").length + 4;
}

function parse(reader: HeadReader, bytes: Uint8Array, end: number): void {
  reader.begin(bytes, 0);
  if (reader.read(end) !== ReadStatus.DONE) throw new Error("The benchmark's head was refused");
}

function measures(): Measure[] {
  const out = new Uint8Array(BUFFER_BYTES);
  const requestBytes = wire(REQUEST);
  const requestEnd = length(REQUEST);
  const responseBytes = wire(RESPONSE);
  const responseEnd = length(RESPONSE);
  const reading = requestHeadReader();
  const written = requestHeadReader();
  const response = responseHeadReader();
  parse(written, requestBytes, requestEnd);
  dropHopByHop(written.head, false);
  return [
    { name: "request: parse", run: () => parse(reading, requestBytes, requestEnd) },
    { name: "request: write", run: () => void writeRequestHead(written.head, out, 0) },
    {
      name: "response: parse and write",
      run: () => {
        parse(response, responseBytes, responseEnd);
        dropHopByHop(response.head, false);
        writeResponseHead(response.head, out, 0);
      },
    },
  ];
}

/** Nanoseconds a call. */
function time(run: () => void): number {
  const began = performance.now();
  for (let i = 0; i < REPEATS; i++) run();
  return (performance.now() - began) * 1e6 / REPEATS;
}

/** Prints nanoseconds a message for each part of the core. */
export function runH1CoreBench(): Promise<number> {
  const all = measures();
  const best = all.map(() => Number.POSITIVE_INFINITY);
  for (let round = 0; round < ROUNDS; round++) {
    all.forEach((measure, i) => {
      best[i] = Math.min(best[i] as number, time(measure.run));
    });
  }
  console.log(`HTTP/1.1 core; heads of ${length(REQUEST)} and ${length(RESPONSE)} bytes`);
  all.forEach(({ name }, i) => {
    console.log(`${name.padEnd(28)}${(best[i] as number).toFixed(0).padStart(6)} ns`);
  });
  return Promise.resolve(0);
}

if (import.meta.main) await runH1CoreBench();
