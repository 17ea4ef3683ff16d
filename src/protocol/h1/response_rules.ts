// What a response head means: how its body ends (RFC 9112 §6.3, which depends on the request) and
// whether the backend connection may be used again.

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

/** Judges a complete response head; `head.toHead` must be set. */
export function checkResponse(head: MessageHead): Problem {
  const bodyless = head.toHead || head.status < 200 || head.status === 204 || head.status === 304;
  const problem = checkKnownFields(head, bodyless);
  if (problem !== Problem.NONE) return problem;
  if (bodyless) {
    dropFraming(head);
    head.framing = BodyFraming.NONE;
  } else if (head.framing === BodyFraming.NONE) {
    head.framing = BodyFraming.UNTIL_CLOSE;
  }
  return Problem.NONE;
}

function checkKnownFields(head: MessageHead, bodyless: boolean): Problem {
  let encoding = false;
  for (let i = 0; i < head.count; i++) {
    let problem: Problem = Problem.NONE;
    switch (head.at(i, Field.KIND) & KIND_MASK) {
      case HeaderKind.CONNECTION:
        problem = readConnection(head, i);
        break;
      case HeaderKind.CONTENT_LENGTH:
        problem = readContentLength(head, i);
        break;
      case HeaderKind.TRANSFER_ENCODING:
        // Without a body it frames nothing, and is not passed on.
        if (bodyless) break;
        if (encoding) return Problem.TRANSFER_ENCODING;
        encoding = true;
        problem = readTransferEncoding(head, i);
        break;
    }
    if (problem !== Problem.NONE) return problem;
  }
  if (encoding) overrideContentLength(head);
  return Problem.NONE;
}

/**
 * Drops the framing fields that say nothing where there is no body: Transfer-Encoding (RFC 9112 §6.1), and
 * Content-Length in 1xx and 204 (RFC 9110 §8.6) or where Transfer-Encoding would override it.
 */
function dropFraming(head: MessageHead): void {
  const keepsLength = head.status >= 200 && head.status !== 204 &&
    !head.has(HeaderKind.TRANSFER_ENCODING);
  if (!keepsLength) head.contentLength = 0;
  for (let i = 0; i < head.count; i++) {
    const kind = head.at(i, Field.KIND) & KIND_MASK;
    const drops = kind === HeaderKind.TRANSFER_ENCODING ||
      (kind === HeaderKind.CONTENT_LENGTH && !keepsLength);
    if (drops) head.flag(i, FieldFlag.DROP);
  }
}

/**
 * RFC 9112 §6.3: Transfer-Encoding overrides Content-Length, which must not be passed on. Whoever sent
 * both, or chunks with HTTP/1.0 (§6.1), may not mean what we read: its connection is not used again.
 */
function overrideContentLength(head: MessageHead): void {
  head.framing = BodyFraming.CHUNKED;
  head.contentLength = 0;
  if (head.version === 10) head.connectionClose = true;
  if (!head.has(HeaderKind.CONTENT_LENGTH)) return;
  head.connectionClose = true;
  for (let i = 0; i < head.count; i++) {
    if (head.isKind(i, HeaderKind.CONTENT_LENGTH)) {
      head.flag(i, FieldFlag.DROP);
    }
  }
}

/** True when the peer keeps its connection open after this response (RFC 9112 §9.3). */
export function responsePersists(head: MessageHead): boolean {
  if (head.connectionClose || head.framing === BodyFraming.UNTIL_CLOSE) return false;
  return head.version === 11 || head.connectionKeepAlive;
}
