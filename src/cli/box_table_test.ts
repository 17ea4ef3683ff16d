import assert from "node:assert/strict";
import { boxTable, plainTable } from "./box_table.ts";

Deno.test("boxTable rules every row, pads cells and fills short rows", () => {
  assert.equal(
    boxTable([["title"], ["id", "state"], ["1", "a\nbcdefg"]]),
    [
      "\u250c\u2500\u2500\u2500\u2500\u2500\u2500\u2500\u252c\u2500\u2500\u2500\u2500\u2500\u2500\u2500\u2500\u2510",
      "\u2502 title \u2502        \u2502",
      "\u251c\u2500\u2500\u2500\u2500\u2500\u2500\u2500\u253c\u2500\u2500\u2500\u2500\u2500\u2500\u2500\u2500\u2524",
      "\u2502 id    \u2502 state  \u2502",
      "\u251c\u2500\u2500\u2500\u2500\u2500\u2500\u2500\u253c\u2500\u2500\u2500\u2500\u2500\u2500\u2500\u2500\u2524",
      "\u2502 1     \u2502 a      \u2502",
      "\u2502       \u2502 bcdefg \u2502",
      "\u2514\u2500\u2500\u2500\u2500\u2500\u2500\u2500\u2534\u2500\u2500\u2500\u2500\u2500\u2500\u2500\u2500\u2518",
      "",
    ].join("\n"),
  );
});

Deno.test("boxTable keeps its shape when a cell holds escape sequences or wide code points", () => {
  const table = boxTable([["\x1b[31mred", "\u{1f600}"], ["x", "yy"]]);
  const widths = new Set(table.trimEnd().split("\n").map((line) => [...line].length));
  assert.equal(widths.size, 1);
  assert.ok(!table.includes("\x1b"));
});

Deno.test("plainTable aligns columns without a border", () => {
  assert.equal(plainTable([["a", "bb"], ["ccc", "d"]]), "a    bb\nccc  d\n");
});
