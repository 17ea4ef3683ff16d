// Reads messages in the protobuf wire format, by table. The bytes are hostile: whatever they are, the
// answer is a message or a DecodeError. Missing required fields take their defaults, unknown fields
// are skipped or kept as they are, enums are open, packed and unpacked repeated scalars are both accepted, the last
// member of a oneof wins.

import type {
  Field,
  MessageType,
  OneofValue,
  Properties,
  ScalarKind,
} from "../schema/message_type.ts";
import { UNKNOWN_FIELDS, WireType, zeroOf } from "../schema/message_type.ts";
import { WireReader } from "./wire_reader.ts";

/** Deepest nesting of messages that is read; no message of the schema needs a tenth of it. */
export const DECODE_DEPTH_LIMIT = 100;

/** Why bytes are not a message of the wanted type. */
export class DecodeError {
  readonly message: string;
  constructor(typeName: string, reason: string) {
    this.message = `Cannot decode a ${typeName}: ${reason}`;
  }
}

/**
 * Decodes `bytes`. Never throws; text that is not UTF-8 is an error. `unknown`: whether the fields that the schema does
 * not have are kept for {@link encode}, see UNKNOWN_FIELDS.
 */
export function decode<T>(
  type: MessageType<T>,
  bytes: Uint8Array,
  unknown: "skipped" | "kept" = "skipped",
): T | DecodeError {
  const message: Properties = {};
  try {
    type.startMessage(message);
    readMessage(new WireReader(bytes, unknown === "kept"), type, message, 0);
  } catch (error) {
    return new DecodeError(type.name, error instanceof Error ? error.message : String(error));
  }
  return message as T;
}

/** Reads fields up to `reader.len`; `message` has been started, or holds an earlier occurrence. */
function readMessage(
  reader: WireReader,
  type: MessageType<unknown>,
  message: Properties,
  depth: number,
): void {
  if (depth > DECODE_DEPTH_LIMIT) throw new RangeError("it is nested too deeply");
  const fields = type.byNumber;
  while (reader.pos < reader.len) {
    const start = reader.pos;
    const tag = reader.tag();
    const field = fields[tag >>> 3];
    if (field === undefined) {
      reader.skip(tag, depth);
      if (reader.keepsUnknown) keep(message, reader.since(start));
    } else readField(reader, field, tag & 7, message, depth);
  }
  type.completeMessage(message);
}

function keep(message: Properties, field: Uint8Array): void {
  const earlier = message[UNKNOWN_FIELDS];
  if (earlier === undefined) {
    message[UNKNOWN_FIELDS] = field.slice();
    return;
  }
  const kept = new Uint8Array(earlier.length + field.length);
  kept.set(earlier);
  kept.set(field, earlier.length);
  message[UNKNOWN_FIELDS] = kept;
}

function readField(
  reader: WireReader,
  field: Field,
  wireType: number,
  message: Properties,
  depth: number,
): void {
  const { type, property } = field;
  const wanted = field.label === "map" ? WireType.LENGTH_DELIMITED : field.wireType;
  if (wireType !== wanted) {
    if (field.label === "repeated" && wireType === WireType.LENGTH_DELIMITED) {
      return readPacked(reader, type as ScalarKind, message[property] as unknown[]);
    }
    throw new RangeError(`field "${field.name}" has wire type ${wireType}`);
  }
  switch (field.label) {
    case "repeated":
      (message[property] as unknown[]).push(readValue(reader, type, undefined, depth));
      break;
    case "map":
      readMapEntry(reader, field, message[property] as Map<string, unknown>, depth);
      break;
    case "oneof": {
      const earlier = message[property] as OneofValue | null;
      const same = earlier !== null && earlier.kind === field.name ? earlier.value : undefined;
      message[property] = { kind: field.name, value: readValue(reader, type, same, depth) };
      break;
    }
    default:
      message[property] = readValue(reader, type, message[property], depth);
  }
}

/** Reads one value; a message that occurs twice is merged into its `earlier` occurrence. */
function readValue(
  reader: WireReader,
  type: ScalarKind | MessageType<unknown>,
  earlier: unknown,
  depth: number,
): unknown {
  if (typeof type === "string") return readScalar(reader, type);
  let message = earlier as Properties | undefined;
  if (message === undefined) {
    message = {};
    type.startMessage(message);
  }
  const outerEnd = enter(reader);
  readMessage(reader, type, message, depth + 1);
  reader.len = outerEnd;
  return message;
}

/** Reads a length and narrows the reader to that many bytes; returns the end to restore. */
function enter(reader: WireReader): number {
  const size = reader.size();
  const outerEnd = reader.len;
  reader.len = reader.pos + size;
  return outerEnd;
}

function readMapEntry(
  reader: WireReader,
  field: Field,
  map: Map<string, unknown>,
  depth: number,
): void {
  const outerEnd = enter(reader);
  let key = "";
  let value: unknown;
  while (reader.pos < reader.len) {
    const tag = reader.tag();
    if (tag === (1 << 3 | WireType.LENGTH_DELIMITED)) key = reader.string();
    else if (tag === (2 << 3 | field.wireType)) {
      value = readValue(reader, field.type, value, depth + 1);
    } else reader.skip(tag, depth);
  }
  reader.len = outerEnd;
  map.set(key, value ?? (typeof field.type === "string" ? zeroOf(field.type) : field.type.empty()));
}

function readPacked(reader: WireReader, kind: ScalarKind, into: unknown[]): void {
  const outerEnd = enter(reader);
  while (reader.pos < reader.len) into.push(readScalar(reader, kind));
  reader.len = outerEnd;
}

function readScalar(reader: WireReader, kind: ScalarKind): unknown {
  switch (kind) {
    case "bool":
      return reader.bool();
    case "bytes":
      return reader.bytes();
    case "string":
      return reader.string();
    case "enum":
    case "int32":
      return reader.int32();
    case "uint32":
      return reader.uint32();
    case "fixed32":
      return reader.fixed32();
    case "int64":
      return reader.int64();
    case "uint64":
      return reader.uint64();
  }
}
