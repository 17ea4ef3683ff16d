// What a method allows a proxy to do (RFC 9110 §9.2). Methods are case-sensitive on the wire.

import { asciiBytes, equalBytes, equalsIgnoreCase } from "../../bytes/ascii.ts";
import type { MessageHead } from "./message_head.ts";

const HEAD = asciiBytes("HEAD");
const CONNECT = asciiBytes("connect");
const IDEMPOTENT: readonly Uint8Array[] = ["GET", "HEAD", "PUT", "DELETE", "OPTIONS", "TRACE"]
  .map(asciiBytes);

/** True for HEAD: its response has no body (RFC 9110 §9.3.2). */
export function isHead(head: MessageHead): boolean {
  return isMethod(head, HEAD);
}

/** True for CONNECT in any case: a backend might not look at the case, and a tunnel be open that nobody allowed. */
export function isConnect(head: MessageHead): boolean {
  return equalsIgnoreCase(head.bytes, head.methodStart, head.methodEnd, CONNECT);
}

/** True when sending the request twice means the same as sending it once (RFC 9110 §9.2.2). */
export function isIdempotent(head: MessageHead): boolean {
  for (const method of IDEMPOTENT) if (isMethod(head, method)) return true;
  return false;
}

function isMethod(head: MessageHead, method: Uint8Array): boolean {
  return equalBytes(head.bytes, head.methodStart, head.methodEnd, method, 0, method.length);
}
