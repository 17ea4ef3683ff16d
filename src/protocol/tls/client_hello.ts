// The first message of a TLS connection, read without taking part in it: enough to know which server
// the client wants. Owns the record layer around the message and the bounds on it; the message itself
// is read by hello_body.ts. Looks at the bytes from the start of the connection and refuses at the
// first one that cannot be right; encrypts and answers nothing.

import { type ClientHello, readHelloBody } from "./hello_body.ts";

/** What a look at the bytes received so far gives. */
export type HelloStep =
  /** More bytes are needed; at least so many before looking again makes sense. */
  | { readonly kind: "need_more"; readonly atLeast: number }
  | { readonly kind: "done"; readonly hello: ClientHello }
  | { readonly kind: "error"; readonly fault: HelloFault; readonly reason: string };

/** What is wrong: no TLS at all, its records, the message in them, or that it is larger than accepted. */
export type HelloFault = "not_tls" | "malformed_record" | "malformed_handshake" | "too_large";

/** RFC 8446 section 5.1: a record's fragment is at most 2^14 bytes. */
const MAX_FRAGMENT = 16_384;

/**
 * Most records one message may be split into. The smallest fragment that can be negotiated is 512 bytes
 * (RFC 6066 section 4), but not before this message; libraries that split it use two or three records.
 */
export const MAX_RECORDS = 64;

const RECORD_HEADER = 5;
const HANDSHAKE_HEADER = 4;
const HANDSHAKE_RECORD = 22;
const CLIENT_HELLO = 1;

/**
 * Reads a ClientHello at the start of `bytes`; what follows it is not looked at. `maxSize` bounds the
 * bytes of all its records.
 */
export function parseClientHello(bytes: Uint8Array, maxSize: number): HelloStep {
  let records = 0;
  /** Bytes of the message in the records before the current one. */
  let gathered = 0;
  let size = -1;
  const fragments: Uint8Array[] = [];
  for (let at = 0;;) {
    const problem = recordProblem(bytes, at);
    if (problem !== null) {
      const isTls = at > 0 || bytes[0] === HANDSHAKE_RECORD;
      return failure(isTls ? "malformed_record" : "not_tls", problem);
    }
    if (bytes.length - at < RECORD_HEADER) return needMore(RECORD_HEADER - (bytes.length - at));
    if (++records > MAX_RECORDS) {
      return failure("malformed_record", `It is split into more than ${MAX_RECORDS} records`);
    }
    const start = at + RECORD_HEADER;
    const end = start + fragmentLength(bytes, at);
    if (end > maxSize) {
      return failure("too_large", `It needs ${end} bytes or more, at most ${maxSize} are accepted`);
    }
    fragments.push(bytes.subarray(start, Math.min(end, bytes.length)));
    if (gathered < HANDSHAKE_HEADER) {
      const header = peekHeader(fragments);
      if (header.length > 0 && header[0] !== CLIENT_HELLO) {
        const reason = `The handshake message has type ${header[0]}, 1 (ClientHello) is accepted`;
        return failure("malformed_handshake", reason);
      }
      if (header.length === HANDSHAKE_HEADER) size = messageSize(header);
      if (size > maxSize) {
        return failure("too_large", `It has ${size} bytes, at most ${maxSize} are accepted`);
      }
    }
    gathered += end - start;
    if (size >= 0 && gathered > size) {
      return failure("malformed_handshake", "Its record carries more than the message");
    }
    if (bytes.length < end) return needMore(end - bytes.length);
    if (gathered === size) return readMessage(fragments, size);
    at = end;
  }
}

function failure(fault: HelloFault, reason: string): HelloStep {
  return { kind: "error", fault, reason };
}

function needMore(atLeast: number): HelloStep {
  return { kind: "need_more", atLeast };
}

/** Checks the part of a record header that has arrived. */
function recordProblem(bytes: Uint8Array, at: number): string | null {
  const type = bytes[at];
  if (type !== undefined && type !== HANDSHAKE_RECORD) {
    return `The record has type ${type}, 22 (handshake) is accepted`;
  }
  // RFC 8446 section 5.1: the version is a fossil, but its first byte is 3 in every TLS there is.
  const version = bytes[at + 1];
  if (version !== undefined && version !== 3) {
    return `The record has version ${version}, 3 (TLS) is accepted`;
  }
  if (bytes.length - at < RECORD_HEADER) return null;
  const length = fragmentLength(bytes, at);
  if (length === 0) return "A record of the handshake is empty";
  if (length > MAX_FRAGMENT) {
    return `A record has ${length} bytes, at most ${MAX_FRAGMENT} are accepted`;
  }
  return null;
}

function fragmentLength(bytes: Uint8Array, at: number): number {
  return ((bytes[at + 3] as number) << 8) | (bytes[at + 4] as number);
}

/** As much of the message's own header as has arrived. */
function peekHeader(fragments: readonly Uint8Array[]): number[] {
  const header: number[] = [];
  for (const fragment of fragments) {
    for (let i = 0; i < fragment.length && header.length < HANDSHAKE_HEADER; i++) {
      header.push(fragment[i] as number);
    }
  }
  return header;
}

/** Bytes of the whole message, its header included. */
function messageSize(header: readonly number[]): number {
  const [, high = 0, middle = 0, low = 0] = header;
  return HANDSHAKE_HEADER + high * 65_536 + middle * 256 + low;
}

function readMessage(fragments: readonly Uint8Array[], size: number): HelloStep {
  const hello = readHelloBody(joined(fragments, size), HANDSHAKE_HEADER);
  return typeof hello === "string"
    ? failure("malformed_handshake", hello)
    : { kind: "done", hello };
}

function joined(fragments: readonly Uint8Array[], size: number): Uint8Array {
  const [first] = fragments;
  if (fragments.length === 1 && first !== undefined) return first;
  const message = new Uint8Array(size);
  let at = 0;
  for (const fragment of fragments) {
    message.set(fragment, at);
    at += fragment.length;
  }
  return message;
}
