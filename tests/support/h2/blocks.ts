// Header blocks for tests, as plain literals or through an encoder, and heads built of them.

import { asciiText } from "../../../src/bytes/ascii.ts";
import { HpackDecoder } from "../../../src/protocol/h2/hpack/hpack_decoder.ts";
import type { FieldSection, SectionLimits } from "../../../src/protocol/h2/heads/field_section.ts";
import { Field, type MessageHead } from "../../../src/protocol/http/message_head.ts";

/** Fields in the order of the wire. */
export type Fields = readonly (readonly [name: string, value: string])[];

/** What a browser's request begins with. */
export const GET: Fields = [
  [":method", "GET"],
  [":scheme", "https"],
  [":path", "/"],
  [":authority", "example.com"],
];

/** The default bounds of a section. */
export const SECTION_LIMITS: SectionLimits = { maxHeaderListSize: 65_536, maxHeaderFields: 128 };

/** Bytes of a text whose characters are bytes. */
export function latin1(text: string): Uint8Array {
  return Uint8Array.from(text, (letter) => letter.charCodeAt(0));
}

function integer(value: number, prefix: number, first: number): number[] {
  const most = (1 << prefix) - 1;
  if (value < most) return [first | value];
  const out = [first | most];
  for (value -= most; value >= 0x80; value >>>= 7) out.push(0x80 | (value & 0x7f));
  return [...out, value];
}

function string(text: string): number[] {
  return [...integer(text.length, 7, 0), ...latin1(text)];
}

/** A block of literals, with incremental indexing when `indexed`. */
export function literals(fields: Fields, indexed = false): Uint8Array {
  return Uint8Array.from(
    fields.flatMap(([name, value]) => [indexed ? 0x40 : 0, ...string(name), ...string(value)]),
  );
}

/** Decodes a block into a section that was begun. */
export function decodeInto(section: FieldSection, block: Uint8Array): boolean {
  return new HpackDecoder(4096).decode(block, 0, block.length, section);
}

/** The bytes of a head or of trailers. */
export function textOf(head: MessageHead): string {
  return asciiText(head.bytes, head.start, head.end);
}

/** Names and values of a head's fields. */
export function fieldsOf(head: MessageHead): [string, string][] {
  return Array.from({ length: head.count }, (_, i) => [
    asciiText(head.bytes, head.at(i, Field.NAME_START), head.at(i, Field.NAME_END)),
    asciiText(head.bytes, head.at(i, Field.VALUE_START), head.at(i, Field.VALUE_END)),
  ]);
}
