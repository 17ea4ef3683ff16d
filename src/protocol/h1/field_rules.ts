// The fields that decide framing and persistence: Content-Length (RFC 9110 §8.6), Transfer-Encoding
// (RFC 9112 §6.1) and Connection (RFC 9110 §7.6.1). Shared by requests and responses.

import { asciiBytes, equalsIgnoreCase } from "../../bytes/ascii.ts";
import { BodyFraming, Field, FieldFlag, type MessageHead } from "../http/message_head.ts";
import { readLengthDigits } from "../http/length_digits.ts";
import { TOKEN } from "./grammar.ts";
import { Problem } from "./problem.ts";

const CLOSE = asciiBytes("close");
const KEEP_ALIVE = asciiBytes("keep-alive");
const UPGRADE = asciiBytes("upgrade");
const CHUNKED = asciiBytes("chunked");

/** Real messages list one to three. */
const MAX_CONNECTION_OPTIONS = 32;

/** Reads one Content-Length field; a repetition must agree and is dropped. */
export function readContentLength(head: MessageHead, field: number): Problem {
  const start = head.at(field, Field.VALUE_START);
  const length = readLengthDigits(head.bytes, start, head.at(field, Field.VALUE_END));
  if (length < 0) return Problem.CONTENT_LENGTH;
  if (head.framing === BodyFraming.LENGTH) {
    if (length !== head.contentLength) return Problem.CONTENT_LENGTH_CONFLICT;
    head.flag(field, FieldFlag.DROP);
  }
  head.framing = BodyFraming.LENGTH;
  head.contentLength = length;
  return Problem.NONE;
}

/**
 * Reads the only Transfer-Encoding field. `chunked` alone is accepted: we announce no other coding (RFC
 * 9110 §10.1.4), could not take one off for a peer that does not know it, and `identity` is none any more.
 */
export function readTransferEncoding(head: MessageHead, field: number): Problem {
  const start = head.at(field, Field.VALUE_START);
  const end = head.at(field, Field.VALUE_END);
  if (!equalsIgnoreCase(head.bytes, start, end, CHUNKED)) return Problem.TRANSFER_ENCODING;
  head.framing = BodyFraming.CHUNKED;
  return Problem.NONE;
}

/**
 * Reads the tokens of a Connection field; anything that is not a token is skipped. Every option may
 * name a field to look for, so their number is bounded.
 */
export function readConnection(head: MessageHead, field: number): Problem {
  const bytes = head.bytes;
  const end = head.at(field, Field.VALUE_END);
  let at = head.at(field, Field.VALUE_START);
  while (at < end) {
    const tokenStart = at;
    while (at < end && TOKEN[bytes[at] as number] === 1) at++;
    if (at > tokenStart) {
      if (++head.connectionOptions > MAX_CONNECTION_OPTIONS) return Problem.CONNECTION_OPTIONS;
      readConnectionToken(head, tokenStart, at);
    }
    if (at < end) at++;
  }
  return Problem.NONE;
}

function readConnectionToken(head: MessageHead, start: number, end: number): void {
  if (equalsIgnoreCase(head.bytes, start, end, CLOSE)) head.connectionClose = true;
  else if (equalsIgnoreCase(head.bytes, start, end, KEEP_ALIVE)) head.connectionKeepAlive = true;
  else if (equalsIgnoreCase(head.bytes, start, end, UPGRADE)) head.connectionUpgrade = true;
  else head.connectionNames = true;
}
