// Renders a compiled template into a response: a neutral form for any HTTP version, and the bytes
// of an HTTP/1.1 message. What is rendered is bounded by the limits of the template times the cap
// on a variable. Knows nothing of which answer is chosen when.

import type { CompiledTemplate, TemplateHeader } from "./template.ts";
import type { AnswerVariables, VariableRule } from "./variables.ts";

/** Longest value put in place of a variable, in UTF-16 units: what fits in a request head. */
export const MAX_VARIABLE_LENGTH = 16_384;

/** One header of an answer; both parts are printable ASCII. */
export interface AnswerHeader {
  readonly name: string;
  readonly value: string;
}

/** A rendered answer before it is written in some HTTP version. */
export interface AnswerMessage {
  readonly status: number;
  readonly reason: string;
  readonly headers: readonly AnswerHeader[];
  /** Empty for an answer to HEAD. */
  readonly body: Uint8Array;
  /** The template says `Connection: close`. */
  readonly asksToClose: boolean;
}

/** What the request and the route decide about an answer. */
export interface AnswerOptions {
  /** The request was HEAD: same head, no body (RFC 9110 section 9.3.2). */
  readonly head: boolean;
  /** The client connection will close after the answer, whatever the template says. */
  readonly closes?: boolean;
  /** Last word on the headers: HSTS and the edits of the operator. */
  readonly edit?: (headers: readonly AnswerHeader[]) => readonly AnswerHeader[];
}

/** The bytes of one HTTP/1.1 answer. */
export interface RenderedAnswer {
  readonly bytes: Uint8Array;
  /**
   * The client connection must close after these bytes: the answer says so, or it has no
   * Content-Length and only the end of the connection tells the client where it ends.
   */
  readonly closes: boolean;
}

/** Renders `template` for an HTTP/1.1 client. */
export function renderAnswer(
  template: CompiledTemplate,
  variables: AnswerVariables,
  options: AnswerOptions,
): RenderedAnswer {
  const message = renderMessage(template, variables, options);
  const framed = template.hasContentLength || options.head;
  const closes = message.asksToClose || !framed || options.closes === true;
  const says = options.closes === true && !message.asksToClose ? sayingClose(message) : message;
  return { bytes: encodeAnswer(says), closes };
}

/** RFC 9112 section 9.6: who will close says so. */
function sayingClose(message: AnswerMessage): AnswerMessage {
  const others = message.headers.filter(({ name }) => name.toLowerCase() !== "connection");
  return { ...message, headers: [...others, { name: "Connection", value: "close" }] };
}

/** Renders `template` without deciding on an HTTP version. */
export function renderMessage(
  template: CompiledTemplate,
  variables: AnswerVariables,
  options: AnswerOptions,
): AnswerMessage {
  const body = renderBody(template, variables);
  const headers: AnswerHeader[] = [];
  for (const header of template.headers) {
    const value = headerValue(header, variables, body.length);
    if (value !== null) headers.push({ name: header.name, value });
  }
  return {
    status: template.status,
    reason: template.reason,
    headers: options.edit === undefined ? headers : options.edit(headers),
    body: options.head ? new Uint8Array(0) : body,
    asksToClose: template.asksToClose,
  };
}

/** The bytes of `message` as HTTP/1.1. */
export function encodeAnswer(message: AnswerMessage): Uint8Array {
  let head = `HTTP/1.1 ${message.status} ${message.reason}\r\n`;
  for (const { name, value } of message.headers) head += `${name}: ${value}\r\n`;
  return concatenate([new TextEncoder().encode(head + "\r\n"), message.body]);
}

function headerValue(
  header: TemplateHeader,
  variables: AnswerVariables,
  bodyLength: number,
): string | null {
  switch (header.value.kind) {
    case "literal":
      return header.value.text;
    case "body_length":
      return String(bodyLength);
    case "variable": {
      const value = valueOf(header.value.variable, variables);
      const empty = value === "" || value === "0";
      if (empty && header.value.variable.dropsEmptyHeader) return null;
      return fieldValue(value);
    }
  }
}

function renderBody(template: CompiledTemplate, variables: AnswerVariables): Uint8Array {
  const encoder = new TextEncoder();
  const pieces = template.body.map((piece) => {
    if (piece instanceof Uint8Array) return piece;
    const value = valueOf(piece, variables);
    return encoder.encode(template.escapesHtml ? escapeHtml(value) : value);
  });
  return concatenate(pieces);
}

function valueOf(variable: VariableRule, variables: AnswerVariables): string {
  const value = variables[variable.name] ?? variable.fallback;
  return value.length > MAX_VARIABLE_LENGTH ? value.slice(0, MAX_VARIABLE_LENGTH) : value;
}

/**
 * RFC 9110 section 5.5: a value is printable. A validated request gives nothing else; should a
 * line end slip through, percent-encoding keeps it from starting a header of its own.
 */
function fieldValue(value: string): string {
  if (/^[\t\x20-\x7e]*$/.test(value)) return value;
  let text = "";
  for (const byte of new TextEncoder().encode(value)) {
    const printable = byte === 0x09 || (byte >= 0x20 && byte <= 0x7e);
    text += printable
      ? String.fromCharCode(byte)
      : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
  }
  return text;
}

const HTML_ENTITIES: ReadonlyMap<string, string> = new Map([
  ["&", "&amp;"],
  ["<", "&lt;"],
  [">", "&gt;"],
  ['"', "&quot;"],
  ["'", "&#39;"],
]);

function escapeHtml(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => HTML_ENTITIES.get(character) ?? character);
}

function concatenate(pieces: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(pieces.reduce((length, piece) => length + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}
