// Tables drawn with Unicode box characters. Pure layout: cells are plain strings, a newline inside
// a cell makes the row taller, other control characters are escaped. A table fits the given width: wide columns
// are cut, and where that is not enough each row becomes a list of its cells.

import { cutTo, displayWidth, padded } from "./display_width.ts";
import { printableLines } from "./printable.ts";

/** The size and the details of a table. */
export interface TableView {
  /** Cells of a line of the terminal; `null` where nothing limits it, such as in a pipe. */
  readonly columns: number | null;
  /** Whether to show details such as hashes. */
  readonly verbose: boolean;
}

/** A heading; a firm column is never cut. */
export type Column = string | { readonly title: string; readonly firm: true };

/** A column that is never cut: an address, a fingerprint. */
export function firm(title: string): Column {
  return { title, firm: true };
}

function titleOf(column: Column): string {
  return typeof column === "string" ? column : column.title;
}

type Grid = readonly (readonly (readonly string[])[])[];

// The least width of a cell that is cut.
const NARROWEST = 8;
// Cells of a column without its text: a space on each side and a line.
const AROUND = 3;

/** A box with a rule under its head; short rows are filled up. */
export function boxTable(
  head: readonly Column[],
  rows: readonly (readonly string[])[],
  { columns }: Pick<TableView, "columns">,
): string {
  const titles = head.map(titleOf);
  const grid = gridOf([titles, ...rows]);
  const natural = naturalWidths(grid, head.length);
  const widths = columns === null ? natural : fitted(natural, head, columns);
  if (widths === null) return recordList(head, rows, columns ?? 0);
  const [first, ...rest] = grid.map((row) => rowLines(row, widths));
  return [
    rule(widths, "\u250c", "\u252c", "\u2510"),
    first ?? "",
    rule(widths, "\u251c", "\u253c", "\u2524"),
    ...rest,
    rule(widths, "\u2514", "\u2534", "\u2518"),
  ].join("\n") + "\n";
}

/** A box of labels and values without a head. */
export function boxRecord(
  rows: readonly (readonly [label: string, value: string])[],
  { columns }: Pick<TableView, "columns">,
): string {
  const grid = gridOf(rows);
  const natural = naturalWidths(grid, 2);
  const widths = columns === null ? natural : fitted(natural, [firm(""), ""], columns);
  if (widths === null) {
    return rows.map(([label, value]) => recordList([label], [[value]], columns ?? 0)).join("");
  }
  return [
    rule(widths, "\u250c", "\u252c", "\u2510"),
    ...grid.map((row) => rowLines(row, widths)),
    rule(widths, "\u2514", "\u2534", "\u2518"),
  ].join("\n") + "\n";
}

/** For what is too narrow to be a table: a line for each cell, an empty one after each row. */
function recordList(
  head: readonly Column[],
  rows: readonly (readonly string[])[],
  columns: number,
): string {
  const records = rows.map((row) =>
    row.map((cell, index) => {
      const line = `${titleOf(head[index] ?? "")}: ${printableLines(cell).replaceAll("\n", ", ")}`;
      return (isFirm(head[index]) ? line : cutTo(line, columns)) + "\n";
    }).join("")
  );
  return records.join("\n");
}

function gridOf(rows: readonly (readonly string[])[]): Grid {
  return rows.map((row) => row.map((cell) => printableLines(cell).split("\n")));
}

function naturalWidths(grid: Grid, columns: number): number[] {
  return Array.from(
    { length: columns },
    (_, column) =>
      grid.reduce(
        (widest, row) =>
          (row[column] ?? []).reduce((w, line) => Math.max(w, displayWidth(line)), widest),
        0,
      ),
  );
}

/** Widths that fit `columns` cells without cutting a firm column; `null` when there are none. */
function fitted(
  natural: readonly number[],
  head: readonly Column[],
  columns: number,
): readonly number[] | null {
  const room = columns - 1 - AROUND * natural.length;
  const total = (widths: readonly number[]) => widths.reduce((sum, width) => sum + width, 0);
  const at = (cap: number) =>
    natural.map((width, index) => isFirm(head[index]) ? width : Math.min(width, cap));
  let cap = Math.max(NARROWEST, ...natural);
  while (cap > NARROWEST && total(at(cap)) > room) cap--;
  const widths = at(cap);
  const spare = room - total(widths);
  return spare < 0 ? null : grown(widths, natural, spare);
}

function isFirm(column: Column | undefined): boolean {
  return column !== undefined && typeof column !== "string";
}

/** Gives what is left to the columns that were cut, from the left. */
function grown(
  widths: readonly number[],
  natural: readonly number[],
  spare: number,
): readonly number[] {
  let left = spare;
  return widths.map((width, index) => {
    const more = Math.min(left, (natural[index] ?? width) - width);
    left -= more;
    return width + more;
  });
}

function rule(widths: readonly number[], left: string, middle: string, right: string): string {
  return left + widths.map((width) => "\u2500".repeat(width + 2)).join(middle) + right;
}

function rowLines(row: readonly (readonly string[])[], widths: readonly number[]): string {
  const height = Math.max(1, ...row.map((cell) => cell.length));
  return Array.from({ length: height }, (_, line) =>
    "\u2502" +
    widths.map((width, column) => ` ${padded(cutTo(row[column]?.[line] ?? "", width), width)} `)
      .join("\u2502") +
    "\u2502").join("\n");
}
