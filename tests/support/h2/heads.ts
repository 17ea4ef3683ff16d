// Heads as a reader of HTTP/1 leaves them.

import { ReadStatus } from "../../../src/protocol/h1/field_reader.ts";
import { requestHeadReader } from "../../../src/protocol/h1/head_reader.ts";
import type { MessageHead } from "../../../src/protocol/http/message_head.ts";
import { latin1 } from "./blocks.ts";

/** A request head. */
export function requestHead(
  method: string,
  target: string,
  host: string,
  lines: readonly string[],
): MessageHead {
  const all = [`${method} ${target} HTTP/1.1`, `Host: ${host}`, ...lines, "", ""];
  const bytes = latin1(all.join("\r\n"));
  const reader = requestHeadReader();
  reader.begin(bytes, 0);
  if (reader.read(bytes.length) !== ReadStatus.DONE) throw new Error("The head was refused");
  return reader.head;
}
