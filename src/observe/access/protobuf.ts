// The access log as protobuf: each record its length as a varint, a ProtobufAccessLog message, and two
// zero bytes. Written field by field in the order of the schema; the numbers are those of the schema.

import { asciiBytes } from "../../bytes/ascii.ts";
import {
  type AccessFormat,
  type AccessRecord,
  type ByteSlice,
  type LoggedName,
  UNKNOWN_DURATION,
} from "./record.ts";
import {
  closeLength,
  writeBytesField,
  writeLengthKey,
  writeNumberField,
  writeVarint,
  writeVarint64,
} from "./protobuf_bytes.ts";
import { WORDS, writeUlidField } from "./ulid_field.ts";

/** Keys, numbers, ids and addresses of a record. */
const FIXED_BYTES = 1024;
/** A broken byte of what should be UTF-8 becomes a character of three. */
const WORST_GROWTH = 3;
/** Room for the length of a record, of its endpoint and of what is in that. */
const LENGTH_ROOM = 5;

/** Field numbers of ProtobufAccessLog. */
const Field = {
  MESSAGE: 1,
  REQUEST_ID: 2,
  CLUSTER: 3,
  BACKEND: 4,
  CLIENT_ADDRESS: 5,
  BACKEND_ADDRESS: 6,
  PROTOCOL: 7,
  ENDPOINT: 8,
  CLIENT_RTT: 9,
  SERVER_RTT: 10,
  SERVICE_TIME: 13,
  BYTES_IN: 14,
  BYTES_OUT: 15,
  USER_AGENT: 16,
  TAG: 18,
  TIME: 19,
  REQUEST_TIME: 20,
  RESPONSE_TIME: 21,
  TRACE: 22,
  SESSION_ID: 23,
  REQUEST_ID_HEADER: 24,
  TLS_VERSION: 25,
  TLS_CIPHER: 26,
  TLS_SNI: 27,
  TLS_ALPN: 28,
  FORWARDED_FOR: 29,
  START_TIME: 30,
  CLIENT_SUBJECT: 1120,
  CLIENT_FINGERPRINT: 1121,
} as const;

const NO_ID = asciiBytes("00000000000000000000000000");
const TWO_32 = 2 ** 32;

/** Writes records. */
export class ProtobufAccessFormat implements AccessFormat {
  readonly #tag: Uint8Array;
  readonly #words = new Uint32Array(WORDS);

  constructor({ tag }: { readonly tag: string }) {
    this.#tag = asciiBytes(tag);
  }

  bound(record: AccessRecord): number {
    const tls = record.session?.tls;
    return FIXED_BYTES + this.#tag.length + record.clientBytes * WORST_GROWTH +
      (record.message?.length ?? 0) + (record.reason?.length ?? 0) + lengthOf(record.cluster) +
      lengthOf(record.backend) + (record.tags?.protobuf.length ?? 0) + lengthOf(tls?.version) +
      lengthOf(tls?.cipher) + lengthOf(tls?.sni) + lengthOf(tls?.alpn) +
      lengthOf(tls?.client?.subject) + lengthOf(tls?.client?.fingerprint);
  }

  write(record: AccessRecord, target: Uint8Array, start: number): number {
    const { session, tags } = record;
    const words = this.#words;
    const serviceTime = Math.floor(Math.max(0, record.serviceTime));
    const requestId = record.requestId ?? session?.id ?? NO_ID;
    let at = start + LENGTH_ROOM;
    at = writeBytes(Field.MESSAGE, record.message, target, at);
    at = writeUlidField(Field.REQUEST_ID, requestId, words, target, at);
    at = writeParties(record, target, at);
    at = writeBytesField(Field.PROTOCOL, record.protocol, target, at);
    at = writeEndpoint(record, target, at);
    at = writeDuration(Field.CLIENT_RTT, record.clientRtt, target, at);
    at = writeDuration(Field.SERVER_RTT, record.serverRtt, target, at);
    at = writeNumberField(Field.SERVICE_TIME, serviceTime, target, at);
    at = writeNumberField(Field.BYTES_IN, record.bytesIn, target, at);
    at = writeNumberField(Field.BYTES_OUT, record.bytesOut, target, at);
    at = writeSlice(Field.USER_AGENT, record.userAgent, target, at);
    if (tags !== null) {
      target.set(tags.protobuf, at);
      at += tags.protobuf.length;
    }
    at = writeBytesField(Field.TAG, this.#tag, target, at);
    at = writeTime(Field.TIME, record.timeMicros, target, at);
    at = writeDuration(Field.REQUEST_TIME, record.requestTime, target, at);
    at = writeDuration(Field.RESPONSE_TIME, record.responseTime, target, at);
    at = writeTrace(record, target, at);
    if (session !== null) at = writeUlidField(Field.SESSION_ID, session.id, words, target, at);
    at = writeSlice(Field.REQUEST_ID_HEADER, record.requestIdHeader, target, at);
    at = writeTls(record, target, at);
    at = writeSlice(Field.FORWARDED_FOR, record.forwardedFor, target, at);
    if (record.startMicros > 0) at = writeTime(Field.START_TIME, record.startMicros, target, at);
    at = writeClient(record, target, at);
    at = closeLength(start, LENGTH_ROOM, target, at);
    target[at] = target[at + 1] = 0;
    return at + 2;
  }
}

function writeParties(record: AccessRecord, target: Uint8Array, at: number): number {
  at = writeBytes(Field.CLUSTER, record.cluster?.raw, target, at);
  at = writeBytes(Field.BACKEND, record.backend?.raw, target, at);
  at = writeBytes(Field.CLIENT_ADDRESS, record.session?.client?.protobuf, target, at);
  return writeBytes(Field.BACKEND_ADDRESS, record.backendAddress?.protobuf, target, at);
}

/** A ProtobufEndpoint: `http` is its field 1, `tcp`, which is empty, its field 2. */
function writeEndpoint(record: AccessRecord, target: Uint8Array, at: number): number {
  if (!record.isHttp) {
    return writeLengthKey(2, 0, target, writeLengthKey(Field.ENDPOINT, 2, target, at));
  }
  const outer = writeVarint((Field.ENDPOINT << 3) | 2, target, at);
  const inner = writeVarint((1 << 3) | 2, target, outer + LENGTH_ROOM);
  at = inner + LENGTH_ROOM;
  at = writeSlice(1, record.method, target, at);
  at = writeSlice(2, record.authority, target, at);
  at = writeSlice(3, record.path, target, at);
  if (record.status > 0) at = writeNumberField(4, record.status, target, at);
  at = writeBytes(5, record.reason, target, at);
  at = closeLength(inner, LENGTH_ROOM, target, at);
  return closeLength(outer, LENGTH_ROOM, target, at);
}

/** Nanoseconds as a Uint128 whose low half holds them all. */
function writeTime(field: number, micros: number, target: Uint8Array, at: number): number {
  // The product has 61 bits: the two halves of the factor are multiplied apart.
  const lowProduct = (micros % TWO_32) * 1000;
  const low = lowProduct % TWO_32;
  const high = Math.floor(micros / TWO_32) * 1000 + Math.floor(lowProduct / TWO_32);
  const outer = writeVarint((field << 3) | 2, target, at);
  at = writeVarint64(high, low, target, writeVarint(1 << 3, target, outer + 1));
  at = writeNumberField(2, 0, target, at);
  return closeLength(outer, 1, target, at);
}

function writeTrace({ trace }: AccessRecord, target: Uint8Array, at: number): number {
  if (trace === null) return at;
  const outer = writeVarint((Field.TRACE << 3) | 2, target, at);
  at = writeBytesField(1, trace.traceId, target, outer + 1);
  at = writeBytesField(2, trace.spanId, target, at);
  if (trace.hasParent) at = writeBytesField(3, trace.parentId, target, at);
  return closeLength(outer, 1, target, at);
}

function writeTls({ session }: AccessRecord, target: Uint8Array, at: number): number {
  const tls = session?.tls;
  if (tls === null || tls === undefined) return at;
  at = writeBytes(Field.TLS_VERSION, tls.version?.raw, target, at);
  at = writeBytes(Field.TLS_CIPHER, tls.cipher?.raw, target, at);
  at = writeBytes(Field.TLS_SNI, tls.sni?.raw, target, at);
  return writeBytes(Field.TLS_ALPN, tls.alpn?.raw, target, at);
}

function writeClient({ session }: AccessRecord, target: Uint8Array, at: number): number {
  const client = session?.tls?.client ?? null;
  if (client === null) return at;
  at = writeBytes(Field.CLIENT_SUBJECT, client.subject?.raw, target, at);
  return writeBytes(Field.CLIENT_FINGERPRINT, client.fingerprint?.raw, target, at);
}

function writeBytes(
  field: number,
  bytes: Uint8Array | null | undefined,
  target: Uint8Array,
  at: number,
): number {
  return bytes === null || bytes === undefined ? at : writeBytesField(field, bytes, target, at);
}

/** What a client sent. Strings of protobuf are UTF-8: what is not becomes U+FFFD. */
function writeSlice(field: number, slice: ByteSlice, target: Uint8Array, at: number): number {
  const { bytes, start, end } = slice;
  if (end === start) return at;
  const body = writeLengthKey(field, end - start, target, at);
  let all = 0;
  for (let i = start; i < end; i++) {
    const byte = bytes[i] as number;
    all |= byte;
    target[body + i - start] = byte;
  }
  if (all < 0x80) return body + end - start;
  const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes.subarray(start, end));
  return writeBytesField(field, new TextEncoder().encode(text), target, at);
}

function writeDuration(field: number, micros: number, target: Uint8Array, at: number): number {
  return micros === UNKNOWN_DURATION ? at : writeNumberField(field, Math.floor(micros), target, at);
}

function lengthOf(name: LoggedName | null | undefined): number {
  return name?.raw.length ?? 0;
}
