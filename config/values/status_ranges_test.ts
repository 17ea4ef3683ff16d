import assert from "node:assert/strict";
import { parseStatusRange, statusRangeText } from "./status_ranges.ts";

Deno.test("parseStatusRange() reads statuses, ranges, classes and any", () => {
  const cases: [text: string, start: number, end: number][] = [
    ["404", 404, 404],
    ["200-399", 200, 399],
    ["2xx", 200, 299],
    ["5xx", 500, 599],
    ["any", 100, 599],
  ];
  for (const [text, start, end] of cases) {
    assert.deepEqual(parseStatusRange(text), { start, end });
    assert.equal(statusRangeText({ start, end }), text);
  }
});

Deno.test("parseStatusRange() takes nothing else", () => {
  const others = [
    "",
    "99",
    "600",
    "0xx",
    "6xx",
    "2XX",
    "300-200",
    "200-",
    "-200",
    "200-600",
    "2 00",
  ];
  for (const text of [...others, "Any", "200,204", " 200", "200-300-400", "1e2"]) {
    assert.equal(parseStatusRange(text), null, text);
  }
});
