// How many cells of a terminal a text takes: none for combining marks, two for most of East Asia and for
// emoji. And texts cut to a number of cells.

import stringWidth from "string-width";

const PLAIN = /^[\x20-\x7e]*$/;
const ELLIPSIS = "\u2026";

/** Cells taken by one line of text without control characters. */
export function displayWidth(text: string): number {
  return PLAIN.test(text) ? text.length : stringWidth(text, { countAnsiEscapeCodes: true });
}

/** `text` with spaces behind it, `width` cells in all. */
export function padded(text: string, width: number): string {
  return text + " ".repeat(Math.max(0, width - displayWidth(text)));
}

/** As much of `text` as fits into `width` cells, an ellipsis where something is missing. */
export function cutTo(text: string, width: number): string {
  if (displayWidth(text) <= width) return text;
  let kept = "";
  let cells = 0;
  for (const { segment } of new Intl.Segmenter().segment(text)) {
    cells += displayWidth(segment);
    if (cells > width - 1) break;
    kept += segment;
  }
  return kept + ELLIPSIS;
}
