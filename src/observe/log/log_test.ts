import assert from "node:assert/strict";
import { applyLogging, endLogging, loggerOf } from "./log.ts";
import { parseLogFilter } from "./filter.ts";

function capture(): { lines: string[]; use: (filter: string) => void } {
  const lines: string[] = [];
  const setup = {
    tag: "MAIN",
    pid: 1,
    colored: false,
    json: false,
    writeLine: (line: string) => void lines.push(line.split("\t").at(-1)?.trim() ?? ""),
  };
  return { lines, use: (filter) => applyLogging(setup, parseLogFilter(filter).directives) };
}

Deno.test("applyLogging() filters by the level of each module and can change while running", () => {
  const { lines, use } = capture();
  try {
    const worker = loggerOf("worker::control");
    const main = loggerOf("supervisor");
    use("warn,sozu_lib::worker=debug");
    worker.debug("one");
    main.info("two");
    main.warn("three {n}", { n: 3 });
    use("off");
    main.error("four");
    use("info");
    main.info("five");
    worker.debug("six");
    assert.deepEqual(lines, ["one", "three 3", "five"]);
  } finally {
    endLogging();
  }
});
