// Templates of rewritten hosts and paths: literal text with `$HOST[n]` and `$PATH[n]`, the captures of
// the rule that matched. Checked against that rule when it is added, so rendering cannot fail.

import { countHostCaptures, countPathCaptures } from "./captures.ts";
import type { CompiledRule } from "./route_entry.ts";

/** Longest template accepted, in UTF-16 units; the result has to fit in a request head. */
const MAX_TEMPLATE_LENGTH = 4096;

type Piece =
  | { readonly kind: "literal"; readonly text: string }
  | { readonly kind: "host"; readonly index: number }
  | { readonly kind: "path"; readonly index: number };

/** What stays printable inside a request line or a Host line. */
const PRINTABLE = /^[\x21-\x7e]*$/;

/** A compiled template. */
export class RewriteTemplate {
  readonly #pieces: readonly Piece[];

  constructor(pieces: readonly Piece[]) {
    this.#pieces = pieces;
  }

  /** The text for one request; a capture that did not take part is empty. */
  render(host: readonly string[], path: readonly string[]): string {
    let text = "";
    for (const piece of this.#pieces) {
      if (piece.kind === "literal") text += piece.text;
      else text += (piece.kind === "host" ? host : path)[piece.index] ?? "";
    }
    return text;
  }
}

/** Compiles `text` for a rule; a string tells why it is refused. */
export function compileRewrite(text: string, rule: CompiledRule): RewriteTemplate | string {
  if (text.length > MAX_TEMPLATE_LENGTH) {
    return `Rewrite template is longer than ${MAX_TEMPLATE_LENGTH} characters`;
  }
  if (!PRINTABLE.test(text)) {
    return `Invalid rewrite template "${text}": printable ASCII without spaces is accepted`;
  }
  const counts = { host: countHostCaptures(rule), path: countPathCaptures(rule) };
  const pieces: Piece[] = [];
  let at = 0;
  while (at < text.length) {
    const dollar = text.indexOf("$", at);
    const literalEnd = dollar < 0 ? text.length : dollar;
    if (literalEnd > at) pieces.push({ kind: "literal", text: text.slice(at, literalEnd) });
    if (dollar < 0) break;
    const match = /^\$(HOST|PATH)\[([0-9]{1,3})\]/.exec(text.slice(dollar));
    if (match === null) {
      return `Invalid rewrite template "${text}": after $ only HOST[n] and PATH[n] are accepted`;
    }
    const kind = match[1] === "HOST" ? "host" : "path";
    const index = Number(match[2]);
    if (index >= counts[kind]) {
      return `Invalid rewrite template "${text}": ${match[0]} does not exist, this rule has ` +
        `indexes 0 to ${counts[kind] - 1}`;
    }
    pieces.push({ kind, index });
    at = dollar + match[0].length;
  }
  return new RewriteTemplate(pieces);
}
