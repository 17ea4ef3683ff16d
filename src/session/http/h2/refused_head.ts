// What logs can show of the head of a request that is refused: its method, path and authority, as far as they
// came and can be shown.

import { asciiBytes } from "../../../bytes/ascii.ts";
import {
  Pseudo,
  type RequestHeadBuilder,
} from "../../../protocol/h2/heads/request_head_builder.ts";
import { hostEndOf } from "../../../protocol/http/authority.ts";
import type { MessageHead } from "../../../protocol/http/message_head.ts";

/** Visible ASCII: what all three consist of. */
const SHOWN = /^[\x21-\x7e]+$/;

/** Makes `head` one that has these three and no fields. */
export function showRefused(head: MessageHead, refused: RequestHeadBuilder): void {
  const method = shown(refused.text(Pseudo.METHOD));
  const path = shown(refused.text(Pseudo.PATH));
  const named = shown(refused.text(Pseudo.AUTHORITY));
  const authority = hostEndOf(asciiBytes(named), 0, named.length) < 0 ? "" : named;
  const bytes = asciiBytes(method + path + authority);
  head.reset(bytes, 0);
  head.methodStart = 0;
  head.methodEnd = head.targetStart = head.pathStart = method.length;
  head.targetEnd = head.pathEnd = head.authorityStart = method.length + path.length;
  head.authorityEnd = head.end = bytes.length;
}

function shown(text: string): string {
  return SHOWN.test(text) ? text : "";
}
