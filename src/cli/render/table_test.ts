import assert from "node:assert/strict";
import fc from "fast-check";
import { asAscii, drawn } from "../../../tests/support/cli/ascii_table.ts";
import { cutTo, displayWidth } from "./display_width.ts";
import { boxRecord, boxTable, firm } from "./table.ts";

const WIDE = { columns: null };

Deno.test("boxTable rules its head, pads cells and fills short rows", () => {
  assert.equal(
    asAscii(boxTable(["id", "state"], [["1", "a\nbcdefg"], ["2"]], WIDE)),
    drawn`
    +----+--------+
    | id | state  |
    +----+--------+
    | 1  | a      |
    |    | bcdefg |
    | 2  |        |
    +----+--------+
    `,
  );
});

Deno.test("boxTable aligns what takes two cells or none", () => {
  const table = boxTable(["name", "x"], [
    ["\u65e5\u672c\u8a9e", "1"],
    ["\ud55c\uad6d", "2"],
    ["e\u0301t\u00e9", "3"],
    ["\u{1f600}", "4"],
    ["\x1b[31mred", "5"],
  ], WIDE);
  const widths = new Set(table.trimEnd().split("\n").map(displayWidth));
  assert.equal(widths.size, 1);
  assert.ok(!table.includes("\x1b"));
});

Deno.test("boxTable cuts the widest columns to fit, and never a firm one", () => {
  const long = "n".repeat(40);
  const rows = [[long, "127.0.0.1:8080", "\u65e5".repeat(20), "up"]];
  assert.equal(
    asAscii(boxTable(["name", firm("address"), "tags", "state"], rows, { columns: 60 })),
    drawn`
    +----------------+----------------+----------------+-------+
    | name           | address        | tags           | state |
    +----------------+----------------+----------------+-------+
    | nnnnnnnnnnnnn\u2026 | 127.0.0.1:8080 | \u65e5\u65e5\u65e5\u65e5\u65e5\u65e5\u2026  | up    |
    +----------------+----------------+----------------+-------+
    `,
  );
});

Deno.test("boxTable lists its cells where a table is too wide", () => {
  const rows = [["a".repeat(50), "127.0.0.1:8080", "x", "up"], [
    "b",
    "[::1]:1",
    "y",
    "down\nagain",
  ]];
  assert.equal(
    boxTable(["name", firm("address"), "tags", "state"], rows, { columns: 20 }),
    "name: aaaaaaaaaaaaa\u2026\naddress: 127.0.0.1:8080\ntags: x\nstate: up\n\n" +
      "name: b\naddress: [::1]:1\ntags: y\nstate: down, again\n",
  );
  assert.equal(boxRecord([["label", "value"]], { columns: 8 }), "label: \u2026\n");
});

Deno.test("boxTable has lines of one width, within the width it is given", () => {
  const cell = fc.string({ unit: "grapheme", maxLength: 60 });
  fc.assert(fc.property(
    fc.array(fc.tuple(cell, cell, cell), { maxLength: 5 }),
    fc.integer({ min: 20, max: 120 }),
    (rows, columns) => {
      const lines = boxTable(["a", "bb", "ccc"], rows, { columns }).trimEnd().split("\n");
      for (const line of lines) assert.ok(displayWidth(line) <= columns, line);
      if (lines[0]?.startsWith("\u250c")) assert.equal(new Set(lines.map(displayWidth)).size, 1);
    },
  ));
});

Deno.test("cutTo() shows that something is missing and cuts no character in half", () => {
  assert.equal(cutTo("abc", 3), "abc");
  assert.equal(cutTo("abcd", 3), "ab\u2026");
  assert.equal(cutTo("\u65e5\u672c\u8a9e", 4), "\u65e5\u2026");
  assert.equal(
    cutTo("\u{1f468}\u200d\u{1f469}\u200d\u{1f467}xyz", 3),
    "\u{1f468}\u200d\u{1f469}\u200d\u{1f467}\u2026",
  );
});

Deno.test("boxRecord draws labels and values without rules between them", () => {
  assert.equal(
    asAscii(boxRecord([["a", "1"], ["label", "2\n3"]], WIDE)),
    drawn`
    +-------+---+
    | a     | 1 |
    | label | 2 |
    |       | 3 |
    +-------+---+
    `,
  );
});
