// Writes messages in the protobuf wire format, by table. Required fields are always written, optional
// ones whenever they are present, repeated scalars unpacked, fields by rising number and map entries
// by rising key: equal messages give equal bytes. Fields of a later version come last, as they were read.

import { compareText } from "../values/text_order.ts";
import {
  type Field,
  type MessageType,
  type OneofValue,
  type Properties,
  type Scalar,
  type ScalarKind,
  UNKNOWN_FIELDS,
  WireType,
} from "../schema/message_type.ts";
import { WireWriter } from "./wire_writer.ts";

/** Encodes `value`. Integers outside their type's range are wrapped to it. */
export function encode<T>(type: MessageType<T>, value: T): Uint8Array {
  const writer = new WireWriter();
  writeMessage(writer, type, value as Properties);
  return writer.finish();
}

function writeMessage(writer: WireWriter, type: MessageType<unknown>, message: Properties): void {
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
  const unknown = message[UNKNOWN_FIELDS];
  if (unknown !== undefined) writer.raw(unknown);
}

function writeMap(writer: WireWriter, field: Field, map: Map<string, unknown>): void {
  for (const key of [...map.keys()].sort(compareText)) {
    writer.uint32(field.number << 3 | WireType.LENGTH_DELIMITED);
    const start = writer.begin();
    writer.uint32(1 << 3 | WireType.LENGTH_DELIMITED);
    writer.string(key);
    writer.uint32(2 << 3 | field.wireType);
    writeValue(writer, field.type, map.get(key));
    writer.end(start);
  }
}

function writeField(writer: WireWriter, field: Field, value: unknown): void {
  writer.uint32(field.number << 3 | field.wireType);
  writeValue(writer, field.type, value);
}

function writeValue(
  writer: WireWriter,
  type: ScalarKind | MessageType<unknown>,
  value: unknown,
): void {
  if (typeof type === "string") return writeScalar(writer, type, value as Scalar);
  const start = writer.begin();
  writeMessage(writer, type, value as Properties);
  writer.end(start);
}

function writeScalar(writer: WireWriter, kind: ScalarKind, value: Scalar): void {
  switch (kind) {
    case "bool":
      writer.uint32(value === true ? 1 : 0);
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
    case "uint64":
      writer.int64(value as bigint);
      break;
  }
}
