// Cookie fields that lie apart become one line at the place of the first (RFC 9113 section 8.2.3).

import { copyBytes, CR, LF, SP } from "../../../bytes/ascii.ts";
import { HeaderKind } from "../../http/header_kind.ts";
import { Field, type MessageHead } from "../../http/message_head.ts";

const SEMICOLON = 0x3b;

/**
 * Moves the values of all later cookie fields of `head`, whose fields end at `end`, behind that of field
 * `first`. `scratch` has room for `end` bytes. Returns the new end; nothing ever grows.
 */
export function joinCookies(
  head: MessageHead,
  first: number,
  end: number,
  scratch: Uint8Array,
): number {
  const { bytes, fields, count } = head;
  const from = head.at(first, Field.VALUE_END);
  scratch.set(bytes.subarray(from, end), from);
  let at = from;
  for (let i = first + 1; i < count; i++) {
    if (!head.isKind(i, HeaderKind.COOKIE)) continue;
    bytes[at] = SEMICOLON;
    bytes[at + 1] = SP;
    const start = head.at(i, Field.VALUE_START);
    at = copyBytes(scratch, start, head.at(i, Field.VALUE_END), bytes, at + 2);
  }
  fields[first * Field.STRIDE + Field.VALUE_END] = at;
  bytes[at] = CR;
  bytes[at + 1] = LF;
  fields[first * Field.STRIDE + Field.LINE_END] = at += 2;
  let kept = first + 1;
  for (let i = kept; i < count; i++) {
    if (head.isKind(i, HeaderKind.COOKIE)) continue;
    const start = head.at(i, Field.NAME_START);
    copyBytes(scratch, start, head.at(i, Field.LINE_END), bytes, at);
    for (let slot = 0; slot <= Field.LINE_END; slot++) {
      fields[kept * Field.STRIDE + slot] = head.at(i, slot) - start + at;
    }
    fields[kept * Field.STRIDE + Field.KIND] = head.at(i, Field.KIND);
    at = head.at(kept++, Field.LINE_END);
  }
  head.count = kept;
  return at;
}
