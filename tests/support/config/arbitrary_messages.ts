// fast-check arbitraries of messages, made from their descriptors.

import * as fc from "fast-check";
import * as messages from "../../../config/schema/messages.ts";
import {
  type Field,
  MessageType,
  type Properties,
  type ScalarKind,
} from "../../../config/schema/message_type.ts";

/** Every message type of the schema. */
export const ALL_TYPES: MessageType<unknown>[] = Object.values(messages as Record<string, unknown>)
  .filter((value): value is MessageType<unknown> => value instanceof MessageType);

const SCALARS: Readonly<Record<ScalarKind, fc.Arbitrary<unknown>>> = {
  bool: fc.boolean(),
  bytes: fc.uint8Array({ maxLength: 8 }).map((bytes) => new Uint8Array(bytes)),
  enum: fc.oneof(fc.nat(6), fc.integer()),
  fixed32: fc.nat(0xffffffff),
  int32: fc.integer(),
  int64: fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n),
  string: fc.oneof(fc.string({ maxLength: 8 }), fc.string({ unit: "binary", maxLength: 90 })),
  uint32: fc.nat(0xffffffff),
  uint64: fc.bigInt(0n, 2n ** 64n - 1n),
};

/** Messages of a type; below `depth` levels nothing optional is set. */
export function arbitraryMessage<T>(type: MessageType<T>, depth = 4): fc.Arbitrary<T> {
  const properties: Record<string, fc.Arbitrary<unknown>> = {};
  const groups = new Map<string, fc.Arbitrary<unknown>[]>();
  const required: string[] = [];
  for (const field of type.fields) {
    if (field.label === "oneof") {
      const members = groups.get(field.property) ?? [];
      groups.set(field.property, members);
      if (depth > 0) members.push(arbitraryMember(field, depth));
    } else {
      if (field.label !== "optional") required.push(field.name);
      if (field.label !== "optional" || depth > 0) {
        properties[field.name] = arbitraryField(field, depth);
      }
    }
  }
  for (const [group, members] of groups) {
    properties[group] = fc.oneof(fc.constant(null), ...members);
    required.push(group);
  }
  const record = fc.record(properties, { requiredKeys: required as never[] });
  return record.map((value) => ({ ...value as Properties })) as fc.Arbitrary<T>;
}

function arbitraryMember(field: Field, depth: number): fc.Arbitrary<unknown> {
  const value = arbitraryValue(field.type, depth - 1);
  return fc.record({ kind: fc.constant(field.name), value }).map((each) => ({ ...each }));
}

function arbitraryField(field: Field, depth: number): fc.Arbitrary<unknown> {
  const value = arbitraryValue(field.type, depth - 1);
  const maxLength = depth > 0 ? 3 : 0;
  if (field.label === "repeated") return fc.array(value, { maxLength });
  if (field.label !== "map") return value;
  return fc.array(fc.tuple(SCALARS.string, value), { maxLength }).map((entries) =>
    new Map(entries)
  );
}

function arbitraryValue(
  type: ScalarKind | MessageType<unknown>,
  depth: number,
): fc.Arbitrary<unknown> {
  return typeof type === "string" ? SCALARS[type] : fc.oneof(
    { weight: 1, arbitrary: fc.constant(null).map(() => type.empty()) },
    { weight: 3, arbitrary: lazyMessage(type, depth) },
  );
}

/** Builds the arbitrary when it is drawn: the schema refers to itself. */
function lazyMessage(type: MessageType<unknown>, depth: number): fc.Arbitrary<unknown> {
  if (depth < 0) return fc.constant(null).map(() => type.empty());
  return fc.constant(null).chain(() => arbitraryMessage(type, depth));
}
