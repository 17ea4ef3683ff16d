// Tables drawn with Unicode box characters. Pure layout: cells are plain strings, a newline inside
// a cell makes the row taller, any other control character is shown harmlessly.

import { printableLines } from "./printable.ts";

/** Draws `rows` as a box with a rule between every two rows; short rows are filled up. */
export function boxTable(rows: readonly (readonly string[])[]): string {
  const grid = rows.map((row) => row.map((cell) => printableLines(cell).split("\n")));
  const columns = Math.max(0, ...grid.map((row) => row.length));
  const widths = Array.from(
    { length: columns },
    (_, column) => Math.max(0, ...grid.map((row) => widest(row[column] ?? []))),
  );
  const body = grid.map((row) => rowLines(row, widths).join("\n"));
  const rule = (left: string, middle: string, right: string) =>
    left + widths.map((width) => "\u2500".repeat(width + 2)).join(middle) + right;
  return [
    rule("\u250c", "\u252c", "\u2510"),
    body.join("\n" + rule("\u251c", "\u253c", "\u2524") + "\n"),
    rule("\u2514", "\u2534", "\u2518"),
  ].join("\n") + "\n";
}

/** Columns separated by two spaces, without any border. */
export function plainTable(rows: readonly (readonly string[])[]): string {
  const columns = Math.max(0, ...rows.map((row) => row.length));
  const safe = rows.map((row) => row.map((cell) => printableLines(cell).replaceAll("\n", " ")));
  const widths = Array.from(
    { length: columns },
    (_, column) => Math.max(0, ...safe.map((row) => displayWidth(row[column] ?? ""))),
  );
  return safe.map((row) => row.map((cell, i) => pad(cell, widths[i] ?? 0)).join("  ").trimEnd())
    .join("\n") + "\n";
}

function rowLines(row: readonly (readonly string[])[], widths: readonly number[]): string[] {
  const height = Math.max(1, ...row.map((cell) => cell.length));
  return Array.from({ length: height }, (_, line) =>
    "\u2502" +
    widths.map((width, column) => ` ${pad(row[column]?.[line] ?? "", width)} `).join("\u2502") +
    "\u2502");
}

function widest(lines: readonly string[]): number {
  return Math.max(0, ...lines.map(displayWidth));
}

function pad(text: string, width: number): string {
  return text + " ".repeat(Math.max(0, width - displayWidth(text)));
}

/** Code points, a good enough measure: ids, addresses and names are hardly ever wide characters. */
function displayWidth(text: string): number {
  return [...text].length;
}
