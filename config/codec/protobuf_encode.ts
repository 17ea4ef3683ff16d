// Writes messages in the protobuf wire format, by table. Required fields are always written, optional
// ones whenever they are present, repeated scalars unpacked, fields by rising number and map entries
// by rising key: equal messages give equal bytes.

import protobuf from "protobufjs/minimal.js";
import Long from "long";
import { compareText } from "../values/text_order.ts";
import {
  type Field,
  type MessageType,
  type OneofValue,
  type Properties,
  type Scalar,
  type ScalarKind,
  WireType,
} from "../schema/message_type.ts";

type Writer = protobuf.Writer;

/** Encodes `value`. Integers outside their type's range are wrapped to it. */
export function encode<T>(type: MessageType<T>, value: T): Uint8Array {
  const writer = new protobuf.Writer();
  writeMessage(writer, type, value as Properties);
  return writer.finish();
}

function writeMessage(writer: Writer, type: MessageType<unknown>, message: Properties): void {
  for (const field of type.inWireOrder) {
    const value = message[field.property];
    if (value === undefined || value === null) continue;
    switch (field.label) {
      case "oneof":
        if ((value as OneofValue).kind === field.name) {
          writeField(writer, field, (value as OneofValue).value);
        }
        break;
      case "repeated":
        for (const element of value as unknown[]) writeField(writer, field, element);
        break;
      case "map":
        writeMap(writer, field, value as Map<string, unknown>);
        break;
      default:
        writeField(writer, field, value);
    }
  }
}

function writeMap(writer: Writer, field: Field, map: Map<string, unknown>): void {
  for (const key of [...map.keys()].sort(compareText)) {
    writer.uint32(field.number << 3 | WireType.LENGTH_DELIMITED).fork();
    writer.uint32(1 << 3 | WireType.LENGTH_DELIMITED).string(key);
    writer.uint32(2 << 3 | field.wireType);
    writeValue(writer, field.type, map.get(key));
    writer.ldelim();
  }
}

function writeField(writer: Writer, field: Field, value: unknown): void {
  writer.uint32(field.number << 3 | field.wireType);
  writeValue(writer, field.type, value);
}

function writeValue(
  writer: Writer,
  type: ScalarKind | MessageType<unknown>,
  value: unknown,
): void {
  if (typeof type === "string") return writeScalar(writer, type, value as Scalar);
  writer.fork();
  writeMessage(writer, type, value as Properties);
  writer.ldelim();
}

function writeScalar(writer: Writer, kind: ScalarKind, value: Scalar): void {
  switch (kind) {
    case "bool":
      writer.bool(value as boolean);
      break;
    case "bytes":
      writer.bytes(value as Uint8Array);
      break;
    case "string":
      writer.string(value as string);
      break;
    case "enum":
    case "int32":
      writer.int32(value as number);
      break;
    case "uint32":
      writer.uint32(value as number);
      break;
    case "fixed32":
      writer.fixed32(value as number);
      break;
    case "int64":
      writer.int64(toLong(value as bigint, false));
      break;
    case "uint64":
      writer.uint64(toLong(value as bigint, true));
      break;
  }
}

function toLong(value: bigint, unsigned: boolean): Long {
  const low = Number(BigInt.asIntN(32, value));
  const high = Number(BigInt.asIntN(32, value >> 32n));
  return Long.fromBits(low, high, unsigned);
}
