import assert from "node:assert/strict";
import { forEachDelivery } from "../../../tests/support/feed.ts";
import { fieldLines, latin1Bytes } from "../../../tests/support/http/h1_reading.ts";
import { Field, FieldFlag, MessageHead } from "../http/message_head.ts";
import { FieldReader, ReadStatus } from "./field_reader.ts";
import { Problem } from "./problem.ts";

const LEAD = 5;

interface FieldsReading {
  readonly status: ReadStatus;
  readonly problem: Problem;
  readonly position: number;
  readonly fields: readonly string[];
  readonly rewritten: readonly boolean[];
}

function read(chunks: readonly Uint8Array[]): FieldsReading {
  const bytes = new Uint8Array(400).fill(0x0d);
  const head = new MessageHead(bytes);
  head.reset(bytes, LEAD);
  const reader = new FieldReader();
  reader.begin(LEAD);
  let end = LEAD;
  let status: ReadStatus = ReadStatus.MORE;
  for (const chunk of chunks) {
    bytes.set(chunk, end);
    end += chunk.length;
    status = reader.read(head, end);
    if (status !== ReadStatus.MORE) break;
  }
  const rewritten = fieldLines(head).map((_, i) =>
    (head.at(i, Field.KIND) & FieldFlag.REWRITE) !== 0
  );
  const position = reader.position - LEAD;
  return { status, problem: reader.problem, position, fields: fieldLines(head), rewritten };
}

function expectFields(text: string, rows: readonly (readonly [string, boolean])[]): void {
  forEachDelivery(latin1Bytes(text), ({ chunks }) => {
    assert.deepEqual(read(chunks), {
      status: ReadStatus.DONE,
      problem: Problem.NONE,
      position: text.length,
      fields: rows.map(([line]) => line),
      rewritten: rows.map(([, flag]) => flag),
    });
  }, { trailing: latin1Bytes("\r\nNext: 1\r\n\r\n") });
}

Deno.test("FieldReader reads lines up to the empty line, however they arrive", () => {
  expectFields("\r\n", []);
  expectFields("Host: a\r\n\r\n", [["Host: a", false]]);
  expectFields("a: 1\r\nB-c: x y\tz\r\na: 2\r\n\r\n", [
    ["a: 1", false],
    ["B-c: x y\tz", false],
    ["a: 2", false],
  ]);
  expectFields("!#$%&'*+-.^_`|~: (),/:;<=>?@[\\]{}\"\r\n\r\n", [
    ["!#$%&'*+-.^_`|~: (),/:;<=>?@[\\]{}\"", false],
  ]);
});

Deno.test("FieldReader cuts blanks around a value and marks the line for rewriting", () => {
  expectFields("a:1\r\nb:  2\r\nc:\t3\r\nd: 4 \r\ne: 5\t \r\nf: 6\r\n\r\n", [
    ["a: 1", true],
    ["b: 2", true],
    ["c: 3", true],
    ["d: 4", true],
    ["e: 5", true],
    ["f: 6", false],
  ]);
});

Deno.test("FieldReader accepts empty values, spelled `name: ` or otherwise", () => {
  expectFields("a: \r\nb:\r\nc: \t \r\n\r\n", [["a: ", false], ["b: ", true], ["c: ", true]]);
});

Deno.test("FieldReader takes bytes above 0x7f in a value as they are, at its ends, too", () => {
  expectFields("a: \x80\r\nb: \xff \xa0\r\nc:\xc3\xa9 \r\n\r\n", [
    ["a: \x80", false],
    ["b: \xff \xa0", false],
    ["c: \xc3\xa9", true],
  ]);
});

Deno.test("FieldReader refuses at the first byte that cannot stand there", () => {
  const rows: readonly (readonly [string, Problem, number])[] = [
    [": 1\r\n\r\n", Problem.FIELD_NAME, 0],
    ["a : 1\r\n\r\n", Problem.FIELD_NAME, 1],
    ["a\t: 1\r\n\r\n", Problem.FIELD_NAME, 1],
    ["a\r\n\r\n", Problem.FIELD_NAME, 1],
    ["a\n\r\n", Problem.FIELD_NAME, 1],
    ["a\x00b: 1\r\n\r\n", Problem.FIELD_NAME, 1],
    ["a\x80: 1\r\n\r\n", Problem.FIELD_NAME, 1],
    ['a"b: 1\r\n\r\n', Problem.FIELD_NAME, 1],
    ["\na: 1\r\n\r\n", Problem.FIELD_NAME, 0],
    [" a: 1\r\n\r\n", Problem.FIELD_NAME, 0],
    ["a: 1\r\n b: 2\r\n\r\n", Problem.FIELD_NAME, 6],
    ["a: 1\r\n\tb: 2\r\n\r\n", Problem.FIELD_NAME, 6],
    ["a: 1\n\r\n", Problem.FIELD_VALUE, 4],
    ["a: 1\x00\r\n\r\n", Problem.FIELD_VALUE, 4],
    ["a: 1\x0b\r\n\r\n", Problem.FIELD_VALUE, 4],
    ["a: \x7f\r\n\r\n", Problem.FIELD_VALUE, 3],
    ["a: \x80\x00\r\n\r\n", Problem.FIELD_VALUE, 4],
    ["a: 1\rb: 2\r\n\r\n", Problem.LINE_END, 5],
    ["a: 1\r\r\n\r\n", Problem.LINE_END, 5],
    ["a:\rb\r\n\r\n", Problem.LINE_END, 3],
    ["\rx", Problem.LINE_END, 1],
    ["a: 1\r\n\r\r\n", Problem.LINE_END, 7],
  ];
  for (const [text, problem, at] of rows) {
    forEachDelivery(latin1Bytes(text), ({ chunks }) => {
      const reading = read(chunks);
      assert.deepEqual(
        [reading.status, reading.problem, reading.position],
        [ReadStatus.BAD, problem, at],
        JSON.stringify(text),
      );
    });
    assert.equal(read([latin1Bytes(text.slice(0, at))]).status, ReadStatus.MORE);
  }
});

Deno.test("FieldReader follows its bytes to another buffer at every position of a line", () => {
  const text = "First:  one \r\nSecond: two\r\n\r\n";
  const source = latin1Bytes(text);
  for (let cut = 0; cut <= text.length; cut++) {
    const before = new Uint8Array(100);
    before.set(source, 20);
    const head = new MessageHead(before);
    head.reset(before, 20);
    const reader = new FieldReader();
    reader.begin(20);
    const status = reader.read(head, 20 + cut);
    assert.equal(status, cut === text.length ? ReadStatus.DONE : ReadStatus.MORE);
    const after = new Uint8Array(100).fill(0x0a);
    after.set(source, 4);
    before.fill(0);
    head.relocate(after, -16);
    reader.relocate(-16);
    if (cut < text.length) assert.equal(reader.read(head, 4 + text.length), ReadStatus.DONE);
    assert.equal(reader.position, 4 + text.length);
    assert.deepEqual(fieldLines(head), ["First: one", "Second: two"]);
  }
});

Deno.test("FieldReader looks at no byte twice", () => {
  const length = 3000;
  const bytes = latin1Bytes(`a: ${"x".repeat(length)}\r\n\r\n`);
  let looks = 0;
  const counting = new Proxy(bytes, {
    get(target, key) {
      if (typeof key === "string" && /^\d+$/.test(key)) looks++;
      return Reflect.get(target, key, target);
    },
  });
  const head = new MessageHead(counting);
  head.reset(counting, 0);
  const reader = new FieldReader();
  reader.begin(0);
  for (let end = 1; end < bytes.length; end++) {
    assert.equal(reader.read(head, end), ReadStatus.MORE);
  }
  assert.equal(reader.read(head, bytes.length), ReadStatus.DONE);
  assert.ok(looks < 2 * bytes.length, `${looks} looks at ${bytes.length} bytes`);
});
