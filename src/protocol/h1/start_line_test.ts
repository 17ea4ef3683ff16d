import assert from "node:assert/strict";
import { forEachDelivery } from "../../../tests/support/feed.ts";
import { latin1Bytes } from "../../../tests/support/h1_reading.ts";
import { asciiText } from "../../bytes/ascii.ts";
import { MessageHead } from "../http/message_head.ts";
import { ReadStatus } from "./field_reader.ts";
import { Problem } from "./problem.ts";
import { RequestLineReader, StatusLineReader } from "./start_line.ts";

const TRAILING = latin1Bytes("Host: a\r\nHTTP/1.1 200 OK\r\n");

interface LineReading {
  readonly status: ReadStatus;
  readonly problem: Problem;
  readonly parts: readonly (string | number)[];
  readonly position: number;
}

function read(
  line: RequestLineReader | StatusLineReader,
  chunks: readonly Uint8Array[],
): LineReading {
  const at = 3;
  const bytes = new Uint8Array(300).fill(0x20);
  const head = new MessageHead(bytes);
  head.reset(bytes, at);
  line.begin(at);
  let end = at;
  let status: ReadStatus = ReadStatus.MORE;
  for (const chunk of chunks) {
    bytes.set(chunk, end);
    end += chunk.length;
    status = line.read(head, end);
    if (status !== ReadStatus.MORE) break;
  }
  const text = (start: number, stop: number) => asciiText(bytes, start, stop);
  const parts = line instanceof RequestLineReader
    ? [
      text(head.methodStart, head.methodEnd),
      text(head.targetStart, head.targetEnd),
      head.version,
    ]
    : [head.version, head.status, text(head.reasonStart, head.reasonEnd)];
  const isDone = status === ReadStatus.DONE;
  return {
    status,
    problem: line.problem,
    parts: isDone ? parts : [],
    position: line.position - at,
  };
}

function expectLine(
  make: () => RequestLineReader | StatusLineReader,
  text: string,
  parts: readonly (string | number)[],
): void {
  forEachDelivery(latin1Bytes(text), ({ chunks }) => {
    const expected = {
      status: ReadStatus.DONE,
      problem: Problem.NONE,
      parts,
      position: text.length,
    };
    assert.deepEqual(read(make(), chunks), expected, text);
  }, { trailing: TRAILING });
}

/** The problem shows at the byte `at`, as soon as that byte arrives. */
function expectProblem(
  make: () => RequestLineReader | StatusLineReader,
  text: string,
  problem: Problem,
  at: number,
): void {
  forEachDelivery(latin1Bytes(text), ({ chunks }) => {
    const expected = { status: ReadStatus.BAD, problem, parts: [], position: at };
    assert.deepEqual(read(make(), chunks), expected, JSON.stringify(text));
  });
  const before = read(make(), [latin1Bytes(text.slice(0, at))]);
  assert.equal(before.status, ReadStatus.MORE, JSON.stringify(text));
}

const request = () => new RequestLineReader();
const status = () => new StatusLineReader();

Deno.test("RequestLineReader reads method, target and version, however they arrive", () => {
  expectLine(request, "GET / HTTP/1.1\r\n", ["GET", "/", 11]);
  expectLine(request, "GET /a?b=c;d HTTP/1.0\r\n", ["GET", "/a?b=c;d", 10]);
  expectLine(request, "M-SEARCH * HTTP/1.1\r\n", ["M-SEARCH", "*", 11]);
  expectLine(request, "!#$%&'*+-.^_`|~09azAZ /~ HTTP/1.1\r\n", ["!#$%&'*+-.^_`|~09azAZ", "/~", 11]);
  expectLine(request, 'GET http://u@h:1/<>"{}|^`\\ HTTP/1.1\r\n', [
    "GET",
    'http://u@h:1/<>"{}|^`\\',
    11,
  ]);
});

Deno.test("RequestLineReader refuses at the first byte that cannot belong to the line", () => {
  const rows: readonly (readonly [string, Problem, number])[] = [
    ["\r\nGET / HTTP/1.1\r\n", Problem.METHOD, 0],
    ["\nGET / HTTP/1.1\r\n", Problem.METHOD, 0],
    [" GET / HTTP/1.1\r\n", Problem.METHOD, 0],
    [" / HTTP/1.1\r\n", Problem.METHOD, 0],
    ["\x16\x03\x01\x02\x00", Problem.METHOD, 0],
    ["GE\x00T / HTTP/1.1\r\n", Problem.METHOD, 2],
    ["GE\xffT / HTTP/1.1\r\n", Problem.METHOD, 2],
    ["GE\x7fT / HTTP/1.1\r\n", Problem.METHOD, 2],
    ["GET\t/ HTTP/1.1\r\n", Problem.METHOD, 3],
    ["G:T / HTTP/1.1\r\n", Problem.METHOD, 1],
    ["HELLO\r\n\r\n", Problem.METHOD, 5],
    ["GET  HTTP/1.1\r\n", Problem.TARGET, 4],
    ["GET  / HTTP/1.1\r\n", Problem.TARGET, 4],
    ["GET\r\n\r\n", Problem.METHOD, 3],
    ["GET /\r\n", Problem.TARGET, 5],
    ["GET /\tHTTP/1.1\r\n", Problem.TARGET, 5],
    ["GET /\x00 HTTP/1.1\r\n", Problem.TARGET, 5],
    ["GET /\xc3\xa9 HTTP/1.1\r\n", Problem.TARGET, 5],
    ["GET /\x7f HTTP/1.1\r\n", Problem.TARGET, 5],
    ["GET / a HTTP/1.1\r\n", Problem.VERSION, 6],
    ["GET /  HTTP/1.1\r\n", Problem.VERSION, 6],
    ["GET / http/1.1\r\n", Problem.VERSION, 6],
    ["GET / HTTP/2.0\r\n", Problem.VERSION, 11],
    ["PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", Problem.VERSION, 11],
    ["GET / HTTP/1.2\r\n", Problem.VERSION, 13],
    ["GET / HTTP/1.10\r\n", Problem.VERSION, 14],
    ["GET / HTTP/1.1 \r\n", Problem.VERSION, 14],
    ["GET / HTTP/1.1\n", Problem.VERSION, 14],
    ["GET / HTTP/1.1\r\r\n", Problem.LINE_END, 15],
    ["GET / HTTP/1.1\rHost", Problem.LINE_END, 15],
  ];
  for (const [text, problem, at] of rows) expectProblem(request, text, problem, at);
});

Deno.test("StatusLineReader reads version, status and reason, however they arrive", () => {
  expectLine(status, "HTTP/1.1 200 OK\r\n", [11, 200, "OK"]);
  expectLine(status, "HTTP/1.0 404 Not Found \r\n", [10, 404, "Not Found "]);
  expectLine(status, "HTTP/1.1 204 \r\n", [11, 204, ""]);
  expectLine(status, "HTTP/1.1 999 \ta~\r\n", [11, 999, "\ta~"]);
  expectLine(status, "HTTP/1.1 200\r\n", [11, 200, ""]);
  expectLine(status, "HTTP/1.1 100  \r\n", [11, 100, " "]);
  expectLine(status, "HTTP/1.1 200 \xc3\xa9\r\n", [11, 200, "\xc3\xa9"]);
});

Deno.test("StatusLineReader refuses at the first byte that cannot belong to the line", () => {
  const rows: readonly (readonly [string, Problem, number])[] = [
    ["\r\nHTTP/1.1 200 OK\r\n", Problem.VERSION, 0],
    ["HTTP/2 200 OK\r\n", Problem.VERSION, 5],
    ["HTTP/1.2 200 OK\r\n", Problem.VERSION, 7],
    ["HTTP/1.1\t200 OK\r\n", Problem.VERSION, 8],
    ["HTTP/1.1  200 OK\r\n", Problem.STATUS, 9],
    ["HTTP/1.1 2x0 OK\r\n", Problem.STATUS, 10],
    ["HTTP/1.1 -20 OK\r\n", Problem.STATUS, 9],
    ["HTTP/1.1 20 OK\r\n", Problem.STATUS, 11],
    ["HTTP/1.1 2000 OK\r\n", Problem.STATUS, 12],
    ["HTTP/1.1 099 OK\r\n", Problem.STATUS, 12],
    ["HTTP/1.1 000 OK\r\n", Problem.STATUS, 12],
    ["HTTP/1.1 200\n", Problem.STATUS, 12],
    ["HTTP/1.1 200\rO", Problem.LINE_END, 13],
    ["HTTP/1.1 099\r\n", Problem.STATUS, 12],
    ["HTTP/1.1 20\r\n", Problem.STATUS, 11],
    ["HTTP/1.1 200 O\x00K\r\n", Problem.STATUS, 14],
    ["HTTP/1.1 200 \xc3\x7f\r\n", Problem.STATUS, 14],
    ["HTTP/1.1 200 OK\n", Problem.STATUS, 15],
    ["HTTP/1.1 200 OK\r\r\n", Problem.LINE_END, 16],
  ];
  for (const [text, problem, at] of rows) expectProblem(status, text, problem, at);
});

Deno.test("the line readers start over with every begin()", () => {
  const line = new RequestLineReader();
  assert.equal(read(line, [latin1Bytes("G\x00")]).status, ReadStatus.BAD);
  assert.equal(read(line, [latin1Bytes("PUT /half")]).status, ReadStatus.MORE);
  assert.deepEqual(read(line, [latin1Bytes("GET / HTTP/1.1\r\n")]).parts, ["GET", "/", 11]);
  const reply = new StatusLineReader();
  assert.equal(read(reply, [latin1Bytes("HTTP/1.1 50")]).status, ReadStatus.MORE);
  assert.deepEqual(read(reply, [latin1Bytes("HTTP/1.0 200 \r\n")]).parts, [10, 200, ""]);
});
