// Operations every message supports, by table: independent copies and equality by value. Maps are
// compared without regard to their order.

import type { Field, MessageType, OneofValue, Properties, ScalarKind } from "./message_type.ts";

/** An independent copy of `value`; keys the schema does not know are left behind. */
export function copyMessage<T>(type: MessageType<T>, value: T): T {
  const source = value as Properties;
  const copy: Properties = {};
  for (const field of type.fields) {
    const held = source[field.property];
    if (field.label === "oneof") copyMember(field, held as OneofValue | null, copy);
    else if (held !== undefined) copy[field.property] = copyField(field, held);
  }
  return copy as T;
}

function copyMember(field: Field, held: OneofValue | null, into: Properties): void {
  if (held?.kind === field.name) {
    into[field.property] = { kind: held.kind, value: copyValue(field.type, held.value) };
  } else into[field.property] ??= null;
}

function copyField(field: Field, held: unknown): unknown {
  if (field.label === "repeated") {
    return (held as unknown[]).map((element) => copyValue(field.type, element));
  }
  if (field.label !== "map") return copyValue(field.type, held);
  const copy = new Map<string, unknown>();
  for (const [key, value] of held as Map<string, unknown>) {
    copy.set(key, copyValue(field.type, value));
  }
  return copy;
}

function copyValue(type: ScalarKind | MessageType<unknown>, value: unknown): unknown {
  if (typeof type !== "string") return copyMessage(type, value);
  return type === "bytes" ? (value as Uint8Array).slice() : value;
}

/** Whether two messages hold the same values. */
export function equalMessages<T>(type: MessageType<T>, a: T, b: T): boolean {
  if (a === b) return true;
  const left = a as Properties;
  const right = b as Properties;
  return type.fields.every((field) =>
    equalFields(field, left[field.property], right[field.property])
  );
}

function equalFields(field: Field, a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (a === undefined || b === undefined || a === null || b === null) return false;
  switch (field.label) {
    case "oneof": {
      const left = a as OneofValue;
      const right = b as OneofValue;
      if (left.kind !== right.kind) return false;
      return left.kind !== field.name || equalValues(field.type, left.value, right.value);
    }
    case "repeated": {
      const left = a as unknown[];
      const right = b as unknown[];
      return left.length === right.length &&
        left.every((element, index) => equalValues(field.type, element, right[index]));
    }
    case "map": {
      const left = a as Map<string, unknown>;
      const right = b as Map<string, unknown>;
      if (left.size !== right.size) return false;
      return [...left].every(([key, value]) =>
        right.has(key) && equalValues(field.type, value, right.get(key))
      );
    }
    default:
      return equalValues(field.type, a, b);
  }
}

function equalValues(
  type: ScalarKind | MessageType<unknown>,
  a: unknown,
  b: unknown,
): boolean {
  if (typeof type !== "string") return equalMessages(type, a, b);
  if (type !== "bytes") return a === b;
  const left = a as Uint8Array;
  const right = b as Uint8Array;
  return left.length === right.length && left.every((byte, index) => byte === right[index]);
}
