// Compiles the text of an answer template (a whole HTTP/1 response with `%NAME` placeholders) into
// pieces that render without parsing. A template that could confuse the framing of the connection
// it is written to is refused here, so that rendering cannot fail. Knows nothing of which answer
// is chosen when, nor of connections.

import { variablesFor } from "./variables.ts";
import type { VariableRule } from "./variables.ts";
import { readTemplateHead } from "./template_head.ts";
import type { TemplateField } from "./template_head.ts";

/** Longest accepted template in UTF-16 units: an error page, not a file server. */
export const MAX_TEMPLATE_LENGTH = 1024 * 1024;

/** Most placeholders in one template; with the cap on a value this bounds a rendered answer. */
export const MAX_PLACEHOLDERS = 64;

/** Literal bytes or the variable that takes their place. */
export type TemplatePiece = Uint8Array | VariableRule;

/** A header line: fixed value, one variable, or the length of the rendered body. */
export interface TemplateHeader {
  readonly name: string;
  readonly value:
    | { readonly kind: "literal"; readonly text: string }
    | { readonly kind: "variable"; readonly variable: VariableRule }
    | { readonly kind: "body_length" };
}

/** A template that is known to be renderable. Immutable, shared by all connections. */
export interface CompiledTemplate {
  readonly status: number;
  readonly reason: string;
  readonly headers: readonly TemplateHeader[];
  readonly body: readonly TemplatePiece[];
  /** Variables in the body are escaped for HTML. */
  readonly escapesHtml: boolean;
  /** The template says `Connection: close`. */
  readonly asksToClose: boolean;
  /** The template has a Content-Length, so a peer can find the end on a connection that stays. */
  readonly hasContentLength: boolean;
}

/** Why a template was refused. */
export class TemplateError {
  /** The code the template was configured for, as written. */
  readonly status: string;
  /** One sentence: what is wrong and what is accepted. */
  readonly reason: string;

  constructor(status: number | string, reason: string) {
    this.status = String(status);
    this.reason = reason;
  }

  /** The reason with the status it belongs to. */
  get message(): string {
    return `Cannot compile the answer template for "${this.status}": ${this.reason}`;
  }
}

/** Settings of one compilation. */
export interface CompileOptions {
  /** Escape variables in the body for HTML; by default decided by the template's Content-Type. */
  readonly escapesHtml?: boolean;
}

/**
 * Compiles `text` for `status`. Lines may end in LF or CRLF; CRLF is written, in the body too.
 * The status line must carry `status`.
 */
export function compileTemplate(
  status: number,
  text: string,
  options: CompileOptions = {},
): CompiledTemplate | TemplateError {
  if (text.length > MAX_TEMPLATE_LENGTH) {
    return new TemplateError(
      status,
      `it has ${text.length} characters, at most ${MAX_TEMPLATE_LENGTH} are accepted`,
    );
  }
  const head = readTemplateHead(status, text.replaceAll(/\r?\n/g, "\r\n"));
  if (typeof head === "string") return new TemplateError(status, head);

  const uses = new PlaceholderUses(variablesFor(status));
  const headers = head.fields.map((field) => compileHeader(field, uses));
  const body = compileBody(head.body, uses);
  const reason = uses.problem ?? duplicateLength(headers);
  if (reason !== null) return new TemplateError(status, reason);

  return {
    status,
    reason: head.reason,
    headers,
    body,
    escapesHtml: options.escapesHtml ?? head.hasHtmlType,
    asksToClose: head.asksToClose,
    hasContentLength: headers.some((header) => header.value.kind === "body_length"),
  };
}

/** Counts placeholders and remembers the first rule that was broken. */
class PlaceholderUses {
  readonly #variables: readonly VariableRule[];
  readonly #used = new Set<string>();
  #count = 0;
  problem: string | null = null;

  constructor(variables: readonly VariableRule[]) {
    this.#variables = variables;
  }

  /** The variable whose `%NAME` starts at `at`, or null when the text there is literal. */
  match(text: string, at: number): VariableRule | null {
    if (text[at] !== "%") return null;
    return this.#variables.find((variable) => text.startsWith(variable.name, at + 1)) ?? null;
  }

  /** Notes one use of `variable` in the head or in the body. */
  use(variable: VariableRule, place: "header" | "body"): void {
    this.#count++;
    const allowed = place === "header" ? variable.inHeader : variable.inBody;
    if (!allowed) {
      const other = place === "header" ? "the body" : "a header value";
      this.problem ??= `"%${variable.name}" is not accepted in ${
        place === "header" ? "a header value" : "the body"
      }, only in ${other}`;
    }
    if (variable.once && this.#used.has(variable.name)) {
      this.problem ??= `"%${variable.name}" is used twice, once is accepted`;
    }
    if (this.#count > MAX_PLACEHOLDERS) {
      this.problem ??= `it has more than ${MAX_PLACEHOLDERS} placeholders`;
    }
    this.#used.add(variable.name);
  }
}

function compileHeader(field: TemplateField, uses: PlaceholderUses): TemplateHeader {
  if (field.name.toLowerCase() === "content-length") {
    return { name: field.name, value: { kind: "body_length" } };
  }
  const variable = uses.match(field.value, 0);
  if (variable === null || field.value.length !== variable.name.length + 1) {
    return { name: field.name, value: { kind: "literal", text: field.value } };
  }
  uses.use(variable, "header");
  return { name: field.name, value: { kind: "variable", variable } };
}

function compileBody(text: string, uses: PlaceholderUses): TemplatePiece[] {
  const encoder = new TextEncoder();
  const pieces: TemplatePiece[] = [];
  let literalStart = 0;
  let at = text.indexOf("%");
  while (at !== -1 && uses.problem === null) {
    const variable = uses.match(text, at);
    let next = at + 1;
    if (variable !== null) {
      uses.use(variable, "body");
      if (at > literalStart) pieces.push(encoder.encode(text.slice(literalStart, at)));
      pieces.push(variable);
      next += variable.name.length;
      literalStart = next;
    }
    at = text.indexOf("%", next);
  }
  if (literalStart < text.length) pieces.push(encoder.encode(text.slice(literalStart)));
  return pieces;
}

/** Two lengths would let two readers disagree on where the answer ends. */
function duplicateLength(headers: readonly TemplateHeader[]): string | null {
  const lengths = headers.filter((header) => header.value.kind === "body_length").length;
  return lengths > 1 ? `it has ${lengths} Content-Length headers, at most one is accepted` : null;
}
