// Answers as JSON for scripts: only the content, as an object with one key that names its kind. Problems and
// warnings are such objects as well.

import { toJson, toJsonPretty } from "../../../config/codec/json.ts";
import { MessageType } from "../../../config/schema/message_type.ts";
import { ResponseContent } from "../../../config/schema/messages.ts";
import { spellForPeople } from "./json_spelling.ts";
import { printableJson } from "./printable.ts";
import type { ProblemKind } from "../problem.ts";

/** The content on one line; `{}` when there is none. */
export function contentJson(content: ResponseContent | undefined): string {
  const part = partOf(content);
  if (part === null) return "{}";
  return `{"${part.key}":${printableJson(toJson(part.type, part.value, spellForPeople))}}`;
}

/** The content on many lines, indented by two spaces; `{}` when there is none. */
export function contentJsonPretty(content: ResponseContent | undefined): string {
  const part = partOf(content);
  if (part === null) return "{}";
  // No string in JSON holds a raw newline, so shifting every line changes only the layout.
  const body = printableJson(toJsonPretty(part.type, part.value, spellForPeople)).replaceAll(
    "\n",
    "\n  ",
  );
  return `{\n  "${part.key}": ${body}\n}`;
}

/** A problem on one line, without the newline. */
export function problemJson(kind: ProblemKind, message: string): string {
  return printableJson(JSON.stringify({ ERROR: { kind, message } }));
}

/** A warning on one line. */
export function warningJson(message: string): string {
  return printableJson(JSON.stringify({ WARNING: { message } }));
}

function partOf(
  content: ResponseContent | undefined,
): { key: string; type: MessageType<unknown>; value: unknown } | null {
  const member = content?.content_type ?? null;
  if (member === null) return null;
  const type = ResponseContent.fields.find(({ name }) => name === member.kind)?.type;
  if (!(type instanceof MessageType)) return null;
  return { key: member.kind.toUpperCase(), type, value: member.value };
}
