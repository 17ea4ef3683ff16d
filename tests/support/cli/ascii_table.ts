// Box tables in plain characters, for expectations written inside tests.

/** The same drawing with `+`, `-` and `|`. */
export function asAscii(table: string): string {
  return table
    .replaceAll("\u2500", "-")
    .replaceAll("\u2502", "|")
    .replaceAll(/[\u250c-\u253c]/g, "+");
}

/** A table as a template literal: without its first newline and the indentation of its lines. */
export function drawn(strings: TemplateStringsArray): string {
  const lines = strings.join("").split("\n").slice(1);
  return lines.map((line) => line.trimStart()).join("\n");
}
