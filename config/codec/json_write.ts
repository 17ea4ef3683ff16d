// Messages as JSON text, by table: keys are field names, a oneof is an object with one key in upper
// case, enums and 64-bit integers are bare numbers, an absent optional field is `null`, bytes are an
// array of numbers. A field of our own that is absent is left out. Map entries are written by rising key: equal messages give equal texts.

import {
  type Field,
  type MessageType,
  type OneofValue,
  OWN_FIELDS_FROM,
  type Properties,
} from "../schema/message_type.ts";
import { compareText } from "../values/text_order.ts";

/** How a list is laid out: on one line, or one element a line. */
interface Layout {
  readonly newline: string;
  readonly step: string;
  readonly colon: string;
  readonly spelling?: Spelling;
}

/**
 * Another spelling of single values of enums and messages, for output that no program has to read back:
 * JSON text, or `null` for the usual one.
 */
export type Spelling = (
  owner: MessageType<unknown>,
  field: Field,
  value: unknown,
) => string | null;

const COMPACT: Layout = { newline: "", step: "", colon: ":" };
const PRETTY: Layout = { newline: "\n", step: "  ", colon: ": " };

/** One message on one line, without white space. */
export function toJson<T>(type: MessageType<T>, value: T, spelling?: Spelling): string {
  return writeMessage(type, value as Properties, spelled(COMPACT, spelling), "");
}

/** One message with a line for each key and two spaces of indentation a level. */
export function toJsonPretty<T>(type: MessageType<T>, value: T, spelling?: Spelling): string {
  return writeMessage(type, value as Properties, spelled(PRETTY, spelling), "");
}

function spelled(layout: Layout, spelling: Spelling | undefined): Layout {
  return spelling === undefined ? layout : { ...layout, spelling };
}

function writeMessage(
  type: MessageType<unknown>,
  message: Properties,
  layout: Layout,
  indent: string,
): string {
  const inner = indent + layout.step;
  const parts: string[] = [];
  const groups = new Set<string>();
  for (const field of type.fields) {
    if (field.number >= OWN_FIELDS_FROM && message[field.property] === undefined) continue;
    if (field.label !== "oneof") {
      parts.push(writeKey(field.name, layout) + writeField(type, field, message, layout, inner));
    } else if (!groups.has(field.property)) {
      groups.add(field.property);
      parts.push(
        writeKey(field.property, layout) + writeGroup(type, field, message, layout, inner),
      );
    }
  }
  return writeList("{", parts, "}", layout, indent);
}

function writeKey(name: string, { colon }: Layout): string {
  return `${JSON.stringify(name)}${colon}`;
}

function writeGroup(
  type: MessageType<unknown>,
  { property }: Field,
  message: Properties,
  layout: Layout,
  indent: string,
): string {
  const held = message[property] as OneofValue | null;
  const field = type.fields.find((each) => each.label === "oneof" && each.name === held?.kind);
  if (held === null || field === undefined) return "null";
  const value = writeValue(type, field, held.value, layout, indent + layout.step);
  return writeList("{", [writeKey(field.variant, layout) + value], "}", layout, indent);
}

function writeField(
  owner: MessageType<unknown>,
  field: Field,
  message: Properties,
  layout: Layout,
  indent: string,
): string {
  const value = message[field.property];
  if (value === undefined || value === null) return "null";
  const inner = indent + layout.step;
  if (field.label === "repeated") {
    const elements = (value as unknown[]).map((each) =>
      writeValue(owner, field, each, layout, inner)
    );
    return writeList("[", elements, "]", layout, indent);
  }
  if (field.label !== "map") return writeValue(owner, field, value, layout, indent);
  const entries = [...value as Map<string, unknown>].sort(([a], [b]) => compareText(a, b));
  const parts = entries.map(([key, each]) =>
    writeKey(key, layout) + writeValue(owner, field, each, layout, inner)
  );
  return writeList("{", parts, "}", layout, indent);
}

function writeValue(
  owner: MessageType<unknown>,
  field: Field,
  value: unknown,
  layout: Layout,
  indent: string,
): string {
  const { type } = field;
  if (layout.spelling !== undefined && (type === "enum" || typeof type !== "string")) {
    const text = layout.spelling(owner, field, value);
    if (text !== null) return text;
  }
  if (typeof type !== "string") return writeMessage(type, value as Properties, layout, indent);
  if (type === "string") return JSON.stringify(value);
  if (type !== "bytes") return String(value);
  return writeList("[", Array.from(value as Uint8Array, String), "]", layout, indent);
}

function writeList(
  open: string,
  parts: readonly string[],
  close: string,
  { newline, step }: Layout,
  indent: string,
): string {
  if (parts.length === 0) return open + close;
  const separator = newline + indent + step;
  return open + separator + parts.join(`,${separator}`) + newline + indent + close;
}
