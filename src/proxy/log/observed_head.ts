// What observers read of the head of a request when the request is over: ranges in the buffer that holds it, or in a
// copy that was made before the buffer was reused for what followed.

import { asciiBytes, asciiText, equalsIgnoreCase } from "../../bytes/ascii.ts";
import type { AccessRecord, ByteSlice } from "../../observe/access/record.ts";
import { HeaderKind } from "../../protocol/http/header_kind.ts";
import { Field, type MessageHead } from "../../protocol/http/message_head.ts";
import { ULID_LENGTH } from "../../protocol/http/ids/ulid.ts";
import type { RequestAccount } from "../../session/http/account.ts";

const USER_AGENT = asciiBytes("user-agent");

/** Copies the head, whose bytes are about to go. */
export function keepHead(account: RequestAccount): void {
  const { bytes, start, end } = account.head;
  account.headCopy ??= bytes.slice(start, end);
}

/** A head that never was complete ends where it begins: its offsets mean nothing. */
function isReadable({ head, headGone, headCopy }: RequestAccount): boolean {
  return head.end > head.start && (!headGone || headCopy !== null);
}

/** Fills the parts of `record` that a client has sent. */
export function fillHead(record: AccessRecord, account: RequestAccount): void {
  const { head, headCopy, requestId } = account;
  if (!isReadable(account)) return clearHead(record);
  const bytes = headCopy ?? head.bytes;
  const shift = headCopy === null ? 0 : head.start;
  record.method.set(bytes, head.methodStart - shift, head.methodEnd - shift);
  record.authority.set(bytes, head.authorityStart - shift, head.authorityEnd - shift);
  record.path.set(bytes, head.pathStart - shift, head.pathEnd - shift);
  fillField(record.userAgent, head, userAgentOf(head, bytes, shift), bytes, shift);
  fillField(record.forwardedFor, head, head.lastOf(HeaderKind.X_FORWARDED_FOR), bytes, shift);
  const own = head.lastOf(HeaderKind.X_REQUEST_ID);
  if (own >= 0) fillField(record.requestIdHeader, head, own, bytes, shift);
  else record.requestIdHeader.set(requestId, 0, ULID_LENGTH);
}

/** Leaves those parts absent. */
export function clearHead(record: AccessRecord): void {
  record.method.clear();
  record.authority.clear();
  record.path.clear();
  record.userAgent.clear();
  record.forwardedFor.clear();
  record.requestIdHeader.clear();
}

/** Parts of a head as text; `null` when they are not known. */
export interface HeadTexts {
  readonly method: string | null;
  readonly authority: string | null;
  readonly path: string | null;
  readonly userAgent: string | null;
}

/** The parts that spans show. */
export function headTexts(account: RequestAccount): HeadTexts {
  const { head, headCopy } = account;
  if (!isReadable(account)) return { method: null, authority: null, path: null, userAgent: null };
  const bytes = headCopy ?? head.bytes;
  const shift = headCopy === null ? 0 : head.start;
  const text = (start: number, end: number) => asciiText(bytes, start - shift, end - shift);
  const agent = userAgentOf(head, bytes, shift);
  return {
    method: text(head.methodStart, head.methodEnd),
    authority: text(head.authorityStart, head.authorityEnd),
    path: text(head.pathStart, head.pathEnd),
    userAgent: agent < 0
      ? null
      : text(head.at(agent, Field.VALUE_START), head.at(agent, Field.VALUE_END)),
  };
}

function fillField(
  slice: ByteSlice,
  head: MessageHead,
  field: number,
  bytes: Uint8Array,
  shift: number,
): void {
  if (field < 0) return slice.clear();
  slice.set(
    bytes,
    head.at(field, Field.VALUE_START) - shift,
    head.at(field, Field.VALUE_END) - shift,
  );
}

/** Index of the first User-Agent field, or -1. */
function userAgentOf(head: MessageHead, bytes: Uint8Array, shift: number): number {
  for (let i = 0; i < head.count; i++) {
    const start = head.at(i, Field.NAME_START) - shift;
    const end = head.at(i, Field.NAME_END) - shift;
    if (end - start === USER_AGENT.length && equalsIgnoreCase(bytes, start, end, USER_AGENT)) {
      return i;
    }
  }
  return -1;
}
