// Parsed JSON into messages, by table. Stricter than the protobuf codec: a missing required field, a
// wrong type, an integer out of range or an unknown oneof member is an error, and declared defaults
// do not apply. Unknown keys are ignored.

import { JsonError, JsonNumber, type JsonValue, readJson } from "./json_reader.ts";
import type { Field, MessageType, Properties, ScalarKind } from "../schema/message_type.ts";

/** What records of older versions do not have: it is empty then, or zero. Everything else that is not optional must be there. */
const MAY_BE_MISSING: ReadonlySet<string> = new Set([
  "ClientAuthPolicy.client_ca_certificates",
  "ClientAuthPolicy.client_ca_crls",
  "Cluster.answers",
  "Cluster.authorized_hashes",
  "HealthCheckConfig.accepted_statuses",
  "HealthCheckConfig.headers",
  "HealthCheckConfig.mode",
  "HttpListenerConfig.answers",
  "HttpsListenerConfig.alpn_protocols",
  "HttpsListenerConfig.answers",
  "HttpsListenerConfig.client_ca_certificates",
  "HttpsListenerConfig.client_ca_crls",
  "RequestHttpFrontend.header_predicates",
  "RequestHttpFrontend.headers",
  "RequestTcpFrontend.alpn",
  "RequestUdpFrontend.tags",
]);

/** Its values are in no file and no log: nobody could tell who has read them. */
const SECRET = "HealthCheckHeaderValue";

interface Range {
  readonly least: bigint;
  readonly most: bigint;
}

const INT32: Range = { least: -(2n ** 31n), most: 2n ** 31n - 1n };
const UINT32: Range = { least: 0n, most: 2n ** 32n - 1n };
const RANGES: Readonly<Record<string, Range>> = {
  enum: INT32,
  fixed32: UINT32,
  int32: INT32,
  int64: { least: -(2n ** 63n), most: 2n ** 63n - 1n },
  uint32: UINT32,
  uint64: { least: 0n, most: 2n ** 64n - 1n },
};

/** Longest integer of any kind, sign included; longer texts are not even converted. */
const INTEGER = /^(?:0|-?[1-9][0-9]{0,19})$/;

/** Carries a JsonError out of the recursion; never leaves this module. */
class ShapeError extends Error {}

/** Reads one message from a JSON text. Never throws. */
export function fromJson<T>(type: MessageType<T>, text: string): T | JsonError {
  const json = readJson(text);
  if (json instanceof JsonError) return json;
  try {
    return readMessage(type, json, type.name) as T;
  } catch (error) {
    if (!(error instanceof ShapeError)) throw error;
    return new JsonError(error.message, 0);
  }
}

function readMessage(type: MessageType<unknown>, json: JsonValue, path: string): Properties {
  if (!(json instanceof Map)) throw wrong(path, "an object");
  if (type.name === SECRET) throw new ShapeError(`Cannot read ${path}: it has no form in JSON`);
  const message: Properties = {};
  for (const field of type.fields) {
    if (field.label === "oneof") {
      if (message[field.property] === undefined) {
        message[field.property] = readGroup(type, field.property, json, path);
      }
      continue;
    }
    const value = json.get(field.name);
    const place = `${path}.${field.name}`;
    if (field.label === "optional") {
      if (value !== undefined && value !== null) {
        message[field.name] = readValue(field.type, value, place);
      }
    } else if (value === undefined) message[field.name] = missing(type, field, place);
    else message[field.name] = readField(field, value, place);
  }
  return message;
}

function missing(type: MessageType<unknown>, field: Field, path: string): unknown {
  if (!MAY_BE_MISSING.has(`${type.name}.${field.name}`)) {
    throw new ShapeError(`Cannot read ${path}: it is missing`);
  }
  return (type.empty() as Properties)[field.name];
}

function readGroup(
  type: MessageType<unknown>,
  group: string,
  json: Map<string, JsonValue>,
  path: string,
): unknown {
  const place = `${path}.${group}`;
  const value = json.get(group);
  if (value === undefined || value === null) return null;
  if (!(value instanceof Map) || value.size !== 1) throw wrong(place, "an object with one key");
  const [[name, held]] = [...value] as [[string, JsonValue]];
  const field = type.fields.find((each) =>
    each.property === group && each.label === "oneof" && each.variant === name
  );
  if (field === undefined) {
    throw new ShapeError(`Cannot read ${place}: the variant "${name}" is unknown`);
  }
  return { kind: field.name, value: readValue(field.type, held, `${place}.${name}`) };
}

function readField(field: Field, json: JsonValue, path: string): unknown {
  if (field.label === "repeated") {
    if (!Array.isArray(json)) throw wrong(path, "an array");
    return json.map((element, index) => readValue(field.type, element, `${path}[${index}]`));
  }
  if (field.label !== "map") return readValue(field.type, json, path);
  if (!(json instanceof Map)) throw wrong(path, "an object");
  const map = new Map<string, unknown>();
  for (const [key, value] of json) {
    map.set(detached(key), readValue(field.type, value, `${path}["${key}"]`));
  }
  return map;
}

function readValue(
  type: ScalarKind | MessageType<unknown>,
  json: JsonValue,
  path: string,
): unknown {
  if (typeof type !== "string") return readMessage(type, json, path);
  switch (type) {
    case "bool":
      if (typeof json !== "boolean") throw wrong(path, "true or false");
      return json;
    case "string":
      if (typeof json !== "string") throw wrong(path, "a text");
      return detached(json);
    case "bytes":
      return readBytes(json, path);
    default: {
      const value = readInteger(json, RANGES[type] as Range, path);
      return type === "int64" || type === "uint64" ? value : Number(value);
    }
  }
}

/** The same text in memory of its own: a slice would keep the whole text it was cut from alive. */
function detached(slice: string): string {
  return ` ${slice}`.slice(1);
}

function readBytes(json: JsonValue, path: string): Uint8Array {
  if (!Array.isArray(json)) throw wrong(path, "an array of numbers from 0 to 255");
  const range = { least: 0n, most: 255n };
  return Uint8Array.from(json, (byte) => Number(readInteger(byte, range, path)));
}

function readInteger(json: JsonValue, { least, most }: Range, path: string): bigint {
  const accepted = `an integer from ${least} to ${most}`;
  if (!(json instanceof JsonNumber) || !INTEGER.test(json.text)) throw wrong(path, accepted);
  const value = BigInt(json.text);
  if (value < least || value > most) throw wrong(path, accepted);
  return value;
}

function wrong(path: string, accepted: string): ShapeError {
  return new ShapeError(`Cannot read ${path}: accepted is ${accepted}`);
}
