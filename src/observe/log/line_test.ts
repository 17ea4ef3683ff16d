import assert from "node:assert/strict";
import { formatJsonLine, formatLogLine, type LogLine } from "./line.ts";

const line: LogLine = {
  time: 1_700_000_000_123.456,
  pid: 42,
  level: "warning",
  tag: "WRK-01",
  module: "sozu::worker",
  message: "Backend gone",
};

Deno.test("formatLogLine() writes time, nanoseconds, pid, padded level, tag, tab and message", () => {
  assert.equal(
    formatLogLine(line, false),
    "2023-11-14T22:13:20.123456Z 1700000000123456000 42 WARN  WRK-01\tBackend gone\n",
  );
});

Deno.test("formatLogLine() names the module for the verbose levels only", () => {
  assert.match(formatLogLine({ ...line, level: "debug" }, false), /DEBUG WRK-01\tsozu::worker\tB/);
  assert.doesNotMatch(formatLogLine({ ...line, level: "info" }, false), /sozu::worker/);
});

Deno.test("formatLogLine() keeps a record on one line whatever its message holds", () => {
  const text = formatLogLine({ ...line, message: "a\r\nb\nc" }, false);
  assert.equal(text.indexOf("\n"), text.length - 1);
});

Deno.test("formatLogLine() colours the level when asked to", () => {
  assert.ok(formatLogLine(line, true).includes("\x1b[;33;1mWARN "));
});

Deno.test("formatLogLine() leaves nothing in a message that drives a terminal or reorders text", () => {
  const text = formatLogLine({ ...line, message: "a\x1b[2J\x9b\u202eb\0c\u2028d" }, false);
  assert.match(text, /\ta\?\[2J\?\?b\?c\?d\n$/);
});

Deno.test("formatJsonLine() writes one object a line", () => {
  const text = formatJsonLine({ ...line, message: 'a "quoted"\nline\x1b\t' });
  assert.equal(text.indexOf("\n"), text.length - 1);
  assert.deepEqual(JSON.parse(text), {
    time: "2023-11-14T22:13:20.123456Z",
    level: "WARN",
    tag: "WRK-01",
    pid: 42,
    module: "sozu::worker",
    message: 'a "quoted" line?\t',
  });
});
