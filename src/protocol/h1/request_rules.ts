// What a request head means, once its lines are known to be well formed: where the request goes
// (RFC 9112 §3.2), how its body ends (§6.3) and whether the connection may persist (RFC 9112 §9.3).
// Every ambiguity that two parsers could resolve differently is refused here.

import { asciiBytes, COLON, equalsIgnoreCase } from "../../bytes/ascii.ts";
import { hostEndOf } from "../http/authority.ts";
import { HeaderKind } from "../http/header_kind.ts";
import {
  BodyFraming,
  Field,
  FieldFlag,
  KIND_MASK,
  type MessageHead,
} from "../http/message_head.ts";
import { readConnection, readContentLength, readTransferEncoding } from "./field_rules.ts";
import { Problem } from "./problem.ts";

const SLASH = 0x2f;
const ASTERISK = 0x2a;
const AT_SIGN = 0x40;
const QUESTION = 0x3f;
const BACKSLASH = 0x5c;
const CONNECT = asciiBytes("connect");
const OPTIONS = asciiBytes("options");

/** Judges a complete request head and fills its meaning in. */
export function checkRequest(head: MessageHead): Problem {
  const problem = checkKnownFields(head);
  if (problem !== Problem.NONE) return problem;
  return checkTarget(head);
}

function checkKnownFields(head: MessageHead): Problem {
  let hosts = 0;
  let encoding = false;
  for (let i = 0; i < head.count; i++) {
    let problem: Problem = Problem.NONE;
    switch (head.at(i, Field.KIND) & KIND_MASK) {
      case HeaderKind.HOST:
        if (hosts++ > 0) return Problem.HOST_REPEATED;
        head.hostField = i;
        break;
      case HeaderKind.CONNECTION:
        problem = readConnection(head, i);
        break;
      case HeaderKind.CONTENT_LENGTH:
        problem = readContentLength(head, i);
        break;
      case HeaderKind.TRANSFER_ENCODING:
        if (encoding) return Problem.TRANSFER_ENCODING;
        encoding = true;
        problem = readTransferEncoding(head, i);
        break;
    }
    if (problem !== Problem.NONE) return problem;
  }
  if (encoding && head.has(HeaderKind.CONTENT_LENGTH)) return Problem.LENGTH_AND_ENCODING;
  // RFC 9112 §6.1: an HTTP/1.0 message with Transfer-Encoding has faulty framing.
  if (encoding && head.version === 10) return Problem.TRANSFER_ENCODING;
  return Problem.NONE;
}

function checkTarget(head: MessageHead): Problem {
  const bytes = head.bytes;
  const start = head.targetStart;
  const end = head.targetEnd;
  head.pathStart = start;
  head.pathEnd = end;
  // RFC 9112 §3.2.3: the target of CONNECT is an authority, whatever it looks like.
  if (equalsIgnoreCase(bytes, head.methodStart, head.methodEnd, CONNECT)) {
    useRootPath(head);
    overrideHost(head);
    return checkAuthority(head, start, end);
  }
  if (bytes[start] === SLASH) return checkAuthorityFromHost(head);
  const options = equalsIgnoreCase(bytes, head.methodStart, head.methodEnd, OPTIONS);
  if (end - start === 1 && bytes[start] === ASTERISK) {
    return options ? checkAuthorityFromHost(head) : Problem.TARGET;
  }
  return checkAbsoluteTarget(head, options);
}

/**
 * `scheme "://" [userinfo "@"] authority path`: the authority wins over the Host field, which must be
 * there and valid all the same (RFC 9112 §3.2, §3.2.2). The origin is sent the path alone.
 */
function checkAbsoluteTarget(head: MessageHead, options: boolean): Problem {
  const bytes = head.bytes;
  const end = head.targetEnd;
  let at = head.targetStart;
  while (at < end && isSchemeByte(bytes[at] as number)) at++;
  if (at === head.targetStart || at + 3 > end) return Problem.TARGET;
  if (bytes[at] !== COLON || bytes[at + 1] !== SLASH || bytes[at + 2] !== SLASH) {
    return Problem.TARGET;
  }
  const userStart = at + 3;
  let authorityStart = userStart;
  for (at = userStart; at < end; at++) {
    const byte = bytes[at];
    if (byte === SLASH || byte === QUESTION) break;
    // Parsers disagree about where the host begins behind a second @ or a backslash.
    if (byte === BACKSLASH) return Problem.TARGET;
    if (byte !== AT_SIGN) continue;
    if (authorityStart > userStart) return Problem.TARGET;
    authorityStart = at + 1;
  }
  // RFC 9112 §3.2 asks for Host in HTTP/1.1 only, and the target says it already.
  if (head.hostField >= 0 || head.version === 11) {
    const problem = checkAuthorityFromHost(head);
    if (problem !== Problem.NONE) return problem;
  }
  const problem = checkAuthority(head, authorityStart, at);
  if (problem !== Problem.NONE) return problem;
  overrideHost(head);
  usePath(head, at, options);
  return Problem.NONE;
}

/**
 * What follows the authority of an absolute target is the path that is routed and sent. A missing path is
 * `/` (RFC 9112 §3.2.1), or `*` when it asks for the options of the whole server (§3.2.4).
 */
function usePath(head: MessageHead, at: number, options: boolean): void {
  const end = head.targetEnd;
  head.sendsPath = true;
  head.pathStart = at;
  head.pathEnd = end;
  if (at === end && !options) useRootPath(head);
  else if (at === end) head.insertBeforePath(ASTERISK);
  else if (head.bytes[at] !== SLASH) head.insertBeforePath(SLASH);
}

/** The target names the host: a Host field that says something else must not be passed on. */
function overrideHost(head: MessageHead): void {
  if (head.hostField >= 0) head.flag(head.hostField, FieldFlag.REWRITE);
}

/** Lets the path be `/`: the slash of the protocol version behind the target serves as its byte. */
function useRootPath(head: MessageHead): void {
  head.pathStart = head.targetEnd + " HTTP".length;
  head.pathEnd = head.pathStart + 1;
}

function isSchemeByte(byte: number): boolean {
  const lower = byte | 0x20;
  return (lower >= 0x61 && lower <= 0x7a) || (byte >= 0x30 && byte <= 0x39) || byte === 0x2b ||
    byte === 0x2d || byte === 0x2e;
}

function checkAuthorityFromHost(head: MessageHead): Problem {
  const field = head.hostField;
  if (field < 0) return Problem.HOST_MISSING;
  return checkAuthority(head, head.at(field, Field.VALUE_START), head.at(field, Field.VALUE_END));
}

/** Notes the authority in `bytes[start, end)` and its host as the ones the request is for. */
function checkAuthority(head: MessageHead, start: number, end: number): Problem {
  const hostEnd = hostEndOf(head.bytes, start, end);
  if (hostEnd < 0) return Problem.HOST_INVALID;
  head.authorityStart = start;
  head.authorityEnd = end;
  head.hostStart = start;
  head.hostEnd = hostEnd;
  return Problem.NONE;
}

/** True when the client connection may serve another request after this one (RFC 9112 §9.3). */
export function requestPersists(head: MessageHead): boolean {
  if (head.connectionClose) return false;
  return head.version === 11 || head.connectionKeepAlive;
}

/** True when the head announces a body. */
export function hasBody(head: MessageHead): boolean {
  return head.framing === BodyFraming.CHUNKED ||
    (head.framing === BodyFraming.LENGTH && head.contentLength > 0);
}
