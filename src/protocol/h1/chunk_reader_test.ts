import assert from "node:assert/strict";
import { forEachDelivery } from "../../../tests/support/feed.ts";
import { latin1Bytes } from "../../../tests/support/h1_reading.ts";
import { asciiText } from "../../bytes/ascii.ts";
import { ChunkReader, ChunkStatus } from "./chunk_reader.ts";
import { Problem } from "./problem.ts";

interface ChunksReading {
  readonly status: ChunkStatus;
  readonly problem: Problem;
  readonly consumed: number;
  readonly data: string;
}

function read(pieces: readonly Uint8Array[]): ChunksReading {
  const reader = new ChunkReader();
  reader.begin();
  let consumed = 0;
  let data = "";
  for (const piece of pieces) {
    for (let at = 0; at < piece.length && reader.status === ChunkStatus.MORE;) {
      const next = reader.read(piece, at, piece.length);
      data += asciiText(piece, reader.dataStart, reader.dataEnd);
      consumed += next - at;
      at = next;
    }
  }
  return { status: reader.status, problem: reader.problem, consumed, data };
}

function expectChunks(text: string, data: string): void {
  forEachDelivery(latin1Bytes(text), ({ chunks }) => {
    assert.deepEqual(read(chunks), {
      status: ChunkStatus.LAST,
      problem: Problem.NONE,
      consumed: text.length,
      data,
    }, JSON.stringify(text));
  }, { trailing: latin1Bytes("\r\nGET / HTTP/1.1\r\n") });
}

Deno.test("ChunkReader stops behind the size line of the last chunk", () => {
  expectChunks("0\r\n", "");
  expectChunks("5\r\nhello\r\n0\r\n", "hello");
  expectChunks("5\r\nhello\r\n3\r\n\r\n!\r\n0\r\n", "hello\r\n!");
  expectChunks("a\r\n0123456789\r\nB\r\n0123456789x\r\n000\r\n", "01234567890123456789x");
  expectChunks("0000000000000000\r\n", "");
  expectChunks("00000000000000001\r\nx\r\n0\r\n", "x");
});

Deno.test("ChunkReader steps over extensions and blanks behind a size, within a bound", () => {
  expectChunks("5;a=b\r\nhello\r\n0;x\r\n", "hello");
  expectChunks("5;\r\nhello\r\n0 \t\r\n", "hello");
  expectChunks('5 ; a = "b;\\"\\\\c\t" ;d\r\nhello\r\n0\r\n', "hello");
  expectChunks("5;\xc3\xa9\r\nhello\r\n0\r\n", "hello");
  expectChunks(`5;${"a".repeat(1023)}\r\nhello\r\n0${" ".repeat(1024)}\r\n`, "hello");
});

Deno.test("ChunkReader refuses at the first byte that cannot stand there", () => {
  const size = Problem.CHUNK_SIZE;
  const rows: readonly (readonly [string, Problem, number])[] = [
    ["\r\n", size, 0],
    [" 5\r\n", size, 0],
    ["+5\r\n", size, 0],
    ["-1\r\n", size, 0],
    ["0x5\r\n", size, 1],
    ["g\r\n", size, 0],
    ["5 5\r\nhello\r\n", size, 2],
    ["5 a=b\r\nhello\r\n", size, 2],
    ["5;a\nb", size, 3],
    ["5;a\rb", size, 4],
    ["5;\r\rb", size, 3],
    ["5 \nb", size, 2],
    ["5;\x00", size, 2],
    ["5;\x7f", size, 2],
    ['5;a="\r\nb', size, 5],
    ['5;a="\\"\r\nb', size, 7],
    ['5;a="\\\r\nb', size, 6],
    [";a\r\n", size, 0],
    [`5;${"a".repeat(1024)}\r\n`, Problem.CHUNK_EXTENSION, 1025],
    [`5${" ".repeat(1024)};\r\n`, Problem.CHUNK_EXTENSION, 1025],
    ["5\nhello\r\n", size, 1],
    ["5\r\rhello", size, 2],
    ["5\rhello", size, 2],
    ["5\x00\r\n", size, 1],
    ["5\x85\r\n", size, 1],
    ["\uff15\r\n", size, 0],
    ["0\n", size, 1],
    ["0\r\r", size, 2],
    ["5\r\nhelloX", Problem.CHUNK_END, 8],
    ["5\r\nhello\n", Problem.CHUNK_END, 8],
    ["5\r\nhello\rX", Problem.CHUNK_END, 9],
    ["5\r\nhello0\r\n", Problem.CHUNK_END, 8],
    ["1\r\na\r\n;\r\n", size, 6],
    ["1\r\na\r\n\r\n", size, 6],
  ];
  for (const [text, problem, consumed] of rows) {
    forEachDelivery(latin1Bytes(text), ({ chunks }) => {
      const reading = read(chunks);
      assert.deepEqual(
        [reading.status, reading.problem, reading.consumed],
        [ChunkStatus.BAD, problem, consumed],
        JSON.stringify(text),
      );
    });
  }
});

Deno.test("ChunkReader counts sizes exactly and refuses those it could not count", () => {
  const largest = read([latin1Bytes("fffffffffffff\r\nab")]);
  assert.deepEqual([largest.status, largest.data], [ChunkStatus.MORE, "ab"]);
  const refused = [
    "10000000000000\r\n",
    "ffffffffffffffff\r\n",
    "10000000000000000\r\n",
    "100000000000000000000000000000005\r\n",
    `${"0".repeat(17)}\r\n`,
    "0".repeat(5000),
  ];
  for (const text of refused) {
    const reading = read([latin1Bytes(text)]);
    assert.deepEqual(
      [reading.status, reading.problem],
      [ChunkStatus.BAD, Problem.CHUNK_SIZE],
      text,
    );
  }
});

Deno.test("ChunkReader starts over with begin()", () => {
  const reader = new ChunkReader();
  for (const text of ["5\r\nhel", "x", "5", "0\r\n", "2\r\nab\r"]) {
    reader.begin();
    for (let at = 0; at < text.length && reader.status === ChunkStatus.MORE;) {
      at = reader.read(latin1Bytes(text), at, text.length);
    }
  }
  reader.begin();
  const bytes = latin1Bytes("1\r\nz\r\n");
  assert.equal(reader.read(bytes, 0, bytes.length), 4);
  assert.equal(asciiText(bytes, reader.dataStart, reader.dataEnd), "z");
});
