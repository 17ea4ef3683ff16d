// The access log as JSON, one object a line. Unknown members are left out; a reader does not
// meet empty ones. Bytes of a client that are no UTF-8 become U+FFFD.

import { asciiBytes, copyBytes } from "../../bytes/ascii.ts";
import { writeDecimal } from "../../bytes/decimal.ts";
import {
  type AccessFormat,
  type AccessRecord,
  type ByteSlice,
  type LoggedName,
  UNKNOWN_DURATION,
} from "./record.ts";
import { LinePrompt } from "../log/line_prompt.ts";
import { safeText } from "../log/safe_text.ts";

/** Names of all members, numbers, ids, addresses and punctuation. */
const FIXED_BYTES = 1400;
/** A control character becomes six characters. */
const WORST_GROWTH = 6;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const HEX = asciiBytes("0123456789abcdef");
const ESCAPE = asciiBytes("\\u00");

const KEYS = {
  level: key("level"),
  sessionId: key("session_id"),
  requestId: key("request_id"),
  cluster: key("cluster_id"),
  backend: key("backend_id"),
  client: key("client_address"),
  backendAddress: key("backend_address"),
  protocol: key("protocol"),
  method: key("method"),
  authority: key("authority"),
  path: key("path"),
  status: key("status"),
  reason: key("reason"),
  message: key("message"),
  requestTime: key("request_time_us"),
  serviceTime: key("service_time_us"),
  responseTime: key("response_time_us"),
  clientRtt: key("client_rtt_us"),
  serverRtt: key("server_rtt_us"),
  bytesIn: key("bytes_in"),
  bytesOut: key("bytes_out"),
  tags: key("tags"),
  userAgent: key("user_agent"),
  requestIdHeader: key("x_request_id"),
  forwardedFor: key("x_forwarded_for"),
  traceId: key("trace_id"),
  spanId: key("span_id"),
  parentId: key("parent_span_id"),
  tlsVersion: key("tls_version"),
  tlsCipher: key("tls_cipher"),
  tlsSni: key("tls_sni"),
  tlsAlpn: key("tls_alpn"),
  clientSubject: key("client_certificate_subject"),
  clientFingerprint: key("client_certificate_sha256"),
} as const;

/** Each member begins with the comma behind the one before; the time is always the first. */
function key(name: string): Uint8Array {
  return asciiBytes(`,"${name}":`);
}

const INFO = asciiBytes('"INFO"');
const ERROR = asciiBytes('"ERROR"');
const END = asciiBytes("}\n");

/** Writes JSON lines. */
export class JsonAccessFormat implements AccessFormat {
  readonly #prompt: JsonPrompt;

  constructor(facts: { readonly tag: string; readonly pid: number }) {
    this.#prompt = new JsonPrompt(facts);
  }

  bound(record: AccessRecord): number {
    const tls = record.session?.tls;
    return FIXED_BYTES + record.clientBytes * WORST_GROWTH + (record.message?.length ?? 0) +
      (record.reason?.length ?? 0) + lengthOf(record.cluster) + lengthOf(record.backend) +
      (record.tags?.json.length ?? 0) + lengthOf(tls?.version) + lengthOf(tls?.cipher) +
      lengthOf(tls?.sni) + lengthOf(tls?.alpn) + lengthOf(tls?.client?.subject) +
      lengthOf(tls?.client?.fingerprint);
  }

  write(record: AccessRecord, target: Uint8Array, at: number): number {
    at = this.#prompt.write(record.timeMicros, target, at);
    at = writeAll(KEYS.level, target, at);
    at = writeAll(record.failed ? ERROR : INFO, target, at);
    at = writeParties(record, target, at);
    at = writeQuoted(KEYS.protocol, record.protocol, target, at);
    if (record.isHttp) at = writeEndpoint(record, target, at);
    at = writeQuoted(KEYS.reason, record.reason, target, at);
    at = writeQuoted(KEYS.message, record.message, target, at);
    at = writeFigures(record, target, at);
    if (record.tags !== null) {
      at = writeAll(record.tags.json, target, writeAll(KEYS.tags, target, at));
    }
    at = writeSlice(KEYS.userAgent, record.userAgent, target, at);
    at = writeSlice(KEYS.requestIdHeader, record.requestIdHeader, target, at);
    at = writeSlice(KEYS.forwardedFor, record.forwardedFor, target, at);
    at = writeTrace(record, target, at);
    at = writeTls(record, target, at);
    return writeAll(END, target, at);
  }
}

/** The members that every line begins with. */
class JsonPrompt {
  readonly #prompt: LinePrompt;
  readonly #tail: Uint8Array;
  readonly #line = new Uint8Array(128);

  constructor({ tag, pid }: { readonly tag: string; readonly pid: number }) {
    this.#prompt = new LinePrompt({ tag: "", pid: 0, colored: false }, "", "");
    this.#tail = asciiBytes(`Z","tag":${JSON.stringify(tag)},"pid":${pid}`);
  }

  write(timeMicros: number, target: Uint8Array, at: number): number {
    this.#prompt.write(timeMicros, this.#line, 0);
    at = writeAll(OPEN, target, at);
    at = copyBytes(this.#line, 0, TIME_LENGTH, target, at);
    return writeAll(this.#tail, target, at);
  }
}

const OPEN = asciiBytes('{"time":"');
/** `2026-01-31T12:00:00.123456` */
const TIME_LENGTH = 26;

function writeParties(record: AccessRecord, target: Uint8Array, at: number): number {
  at = writeQuoted(KEYS.sessionId, record.session?.id, target, at);
  at = writeQuoted(KEYS.requestId, record.requestId, target, at);
  at = writeName(KEYS.cluster, record.cluster, target, at);
  at = writeName(KEYS.backend, record.backend, target, at);
  at = writeQuoted(KEYS.client, record.session?.client?.plain, target, at);
  return writeQuoted(KEYS.backendAddress, record.backendAddress?.plain, target, at);
}

function writeEndpoint(record: AccessRecord, target: Uint8Array, at: number): number {
  at = writeSlice(KEYS.method, record.method, target, at);
  at = writeSlice(KEYS.authority, record.authority, target, at);
  at = writeSlice(KEYS.path, record.path, target, at);
  return record.status === 0 ? at : writeNumber(KEYS.status, record.status, target, at);
}

function writeFigures(record: AccessRecord, target: Uint8Array, at: number): number {
  at = writeDuration(KEYS.requestTime, record.requestTime, target, at);
  at = writeDuration(KEYS.serviceTime, record.serviceTime, target, at);
  at = writeDuration(KEYS.responseTime, record.responseTime, target, at);
  at = writeDuration(KEYS.clientRtt, record.clientRtt, target, at);
  at = writeDuration(KEYS.serverRtt, record.serverRtt, target, at);
  at = writeNumber(KEYS.bytesIn, record.bytesIn, target, at);
  return writeNumber(KEYS.bytesOut, record.bytesOut, target, at);
}

function writeTrace({ trace }: AccessRecord, target: Uint8Array, at: number): number {
  if (trace === null) return at;
  at = writeQuoted(KEYS.traceId, trace.traceId, target, at);
  at = writeQuoted(KEYS.spanId, trace.spanId, target, at);
  return trace.hasParent ? writeQuoted(KEYS.parentId, trace.parentId, target, at) : at;
}

function writeTls({ session }: AccessRecord, target: Uint8Array, at: number): number {
  const tls = session?.tls;
  if (tls === null || tls === undefined) return at;
  at = writeName(KEYS.tlsVersion, tls.version, target, at);
  at = writeName(KEYS.tlsCipher, tls.cipher, target, at);
  at = writeName(KEYS.tlsSni, tls.sni, target, at);
  at = writeName(KEYS.tlsAlpn, tls.alpn, target, at);
  if (tls.client === null) return at;
  at = writeName(KEYS.clientSubject, tls.client.subject, target, at);
  return writeName(KEYS.clientFingerprint, tls.client.fingerprint, target, at);
}

/** Text of our own that needs no escaping. */
function writeQuoted(
  name: Uint8Array,
  value: Uint8Array | null | undefined,
  target: Uint8Array,
  at: number,
): number {
  if (value === null || value === undefined) return at;
  at = writeAll(name, target, at);
  target[at++] = QUOTE;
  at = writeAll(value, target, at);
  target[at] = QUOTE;
  return at + 1;
}

function writeName(
  name: Uint8Array,
  value: LoggedName | null,
  target: Uint8Array,
  at: number,
): number {
  return value === null ? at : writeAll(value.json, target, writeAll(name, target, at));
}

function writeNumber(name: Uint8Array, value: number, target: Uint8Array, at: number): number {
  return writeDecimal(value, target, writeAll(name, target, at));
}

function writeDuration(name: Uint8Array, value: number, target: Uint8Array, at: number): number {
  return value === UNKNOWN_DURATION ? at : writeNumber(name, Math.floor(value), target, at);
}

/** What a client sent, escaped; left out when it is empty. */
function writeSlice(name: Uint8Array, slice: ByteSlice, target: Uint8Array, at: number): number {
  const { bytes, start, end } = slice;
  if (end === start) return at;
  at = writeAll(name, target, at);
  const first = at;
  target[at++] = QUOTE;
  let all = 0;
  for (let i = start; i < end; i++) {
    const byte = bytes[i] as number;
    all |= byte;
    if (byte < 0x20 || byte === 0x7f) {
      at = copyBytes(ESCAPE, 0, ESCAPE.length, target, at);
      target[at++] = HEX[byte >> 4] as number;
      target[at++] = HEX[byte & 15] as number;
    } else {
      if (byte === QUOTE || byte === BACKSLASH) target[at++] = BACKSLASH;
      target[at++] = byte;
    }
  }
  if (all >= 0x80) return writeUnicode(slice, target, first);
  target[at] = QUOTE;
  return at + 1;
}

/** The rare slice that is more than ASCII. */
function writeUnicode({ bytes, start, end }: ByteSlice, target: Uint8Array, at: number): number {
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  const text = JSON.stringify(safeText(decoder.decode(bytes.subarray(start, end))));
  return at + new TextEncoder().encodeInto(text, target.subarray(at)).written;
}

function lengthOf(name: LoggedName | null | undefined): number {
  return name?.json.length ?? 0;
}

function writeAll(bytes: Uint8Array, target: Uint8Array, at: number): number {
  return copyBytes(bytes, 0, bytes.length, target, at);
}
