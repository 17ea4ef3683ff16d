// Decodes header blocks (RFC 7541 section 3). A block is complete when it comes here. Whatever the bytes
// are, decoding ends, with every field in the sink or with the reason to end the connection: after a
// failure the tables of the two sides differ for ever.

import { copyBytes } from "../../../bytes/ascii.ts";
import { headerKind } from "../../http/header_kind.ts";
import { DynamicTable } from "./dynamic_table.ts";
import { Clean, type FieldSink } from "./field_sink.ts";
import { HUFFMAN_NO_ROOM, huffmanDecode, isHuffmanString } from "./huffman.ts";
import { STATIC_TABLE, type StaticEntry } from "./static_table.ts";

/** More updates than this at the beginning of a block mean nothing (RFC 7541 section 4.2). */
const MAX_SIZE_UPDATES = 2;

/** Integers larger than this stand for nothing that could be accepted. */
const MAX_INTEGER = 1 << 28;

/** First bits of the representations of a field (RFC 7541 section 6). */
const INDEXED = 0x80;
const INCREMENTAL = 0x40;
const SIZE_UPDATE = 0x20;

const HUFFMAN = 0x80;

const CLEAN = Clean.NAME | Clean.VALUE;

/** What a sink may put around a name and a value: `: `, and a line end behind the value. */
const FRAME_ROOM = 4;

/** How reading a string went; a position otherwise. */
const BAD = -1;
const NO_ROOM = -2;

/** The decoding side of one direction of a connection. */
export class HpackDecoder {
  readonly #table: DynamicTable;
  /** What the peer may make of the table, from our SETTINGS_HEADER_TABLE_SIZE. */
  readonly #maxTableSize: number;
  #bytes: Uint8Array;
  #at = 0;
  #end = 0;

  /** `maxTableSize` is the SETTINGS_HEADER_TABLE_SIZE we announce. */
  constructor(maxTableSize: number) {
    this.#maxTableSize = maxTableSize;
    this.#table = new DynamicTable(maxTableSize, true);
    this.#bytes = this.#table.bytes;
  }

  /** Decodes the whole block `bytes[start, end)` into `sink`; false is a COMPRESSION_ERROR. */
  decode(bytes: Uint8Array, start: number, end: number, sink: FieldSink): boolean {
    this.#bytes = bytes;
    this.#at = start;
    this.#end = end;
    if (!this.#readSizeUpdates()) return false;
    while (this.#at < this.#end && !sink.lost) {
      const first = bytes[this.#at] as number;
      const ok = (first & INDEXED) !== 0
        ? this.#readIndexed(sink)
        : (first & INCREMENTAL) !== 0
        ? this.#readLiteral(6, true, sink)
        : (first & SIZE_UPDATE) === 0 && this.#readLiteral(4, false, sink);
      if (!ok) return false;
    }
    return this.#at === this.#end || this.#passOver(sink);
  }

  /** Nothing more is kept: only what changes the table is decoded, and the rest must be sound. */
  #passOver(sink: FieldSink): boolean {
    let fields = 0;
    while (this.#at < this.#end) {
      const first = this.#bytes[this.#at] as number;
      const passed = (first & INDEXED) !== 0
        ? this.#passReferences()
        : (first & INCREMENTAL) !== 0
        ? this.#readLiteral(6, true, sink)
        : (first & SIZE_UPDATE) === 0 && this.#skipLiteral(4);
      if (passed === false) return false;
      fields += Number(passed);
    }
    sink.passed(fields);
    return true;
  }

  /** Goes past references to fields, one behind the other; how many they are, or false for a bad one. */
  #passReferences(): number | false {
    const bytes = this.#bytes;
    const end = this.#end;
    const highest = STATIC_TABLE.length + this.#table.count;
    const direct = INDEXED | Math.min(highest, INDEXED - 2);
    let fields = 0;
    let at = this.#at;
    for (; at < end; fields++) {
      const first = bytes[at] as number;
      if (first > INDEXED && first <= direct) {
        at++;
        continue;
      }
      if (first < INDEXED) break;
      this.#at = at;
      const index = this.#readInteger(7);
      if (index <= 0 || index > highest) return false;
      at = this.#at;
    }
    this.#at = at;
    return fields;
  }

  #readSizeUpdates(): boolean {
    for (let updates = 0; this.#at < this.#end; updates++) {
      if (((this.#bytes[this.#at] as number) & 0xe0) !== SIZE_UPDATE) return true;
      const size = this.#readInteger(5);
      if (updates === MAX_SIZE_UPDATES || size < 0 || size > this.#maxTableSize) return false;
      this.#table.resize(size);
      // A block that only changes the table is none.
      if (this.#at === this.#end) return false;
    }
    return true;
  }

  #readIndexed(sink: FieldSink): boolean {
    const index = this.#readInteger(7);
    if (index <= 0) return false;
    if (index <= STATIC_TABLE.length) {
      const { name, line, kind } = STATIC_TABLE[index - 1] as StaticEntry;
      sink.field(line, 0, name.length, line.length, kind);
      return true;
    }
    const table = this.#table;
    const entry = index - STATIC_TABLE.length - 1;
    if (entry >= table.count) return false;
    const nameStart = table.nameStart(entry);
    const nameEnd = table.nameEnd(entry);
    const valueEnd = table.valueEnd(entry);
    const kind = table.kind(entry);
    if ((kind & Clean.VALUE) !== 0) {
      sink.field(table.bytes, nameStart, nameEnd, valueEnd, kind & ~CLEAN);
      return true;
    }
    const valueStart = table.valueStart(entry);
    if (!this.#fits(sink, nameEnd - nameStart, valueEnd - valueStart)) return true;
    const start = sink.position;
    sink.position = copyBytes(table.bytes, nameStart, nameEnd, sink.bytes, start);
    sink.endName(start, kind);
    sink.position = copyBytes(table.bytes, valueStart, valueEnd, sink.bytes, sink.position);
    sink.endField(kind);
    return true;
  }

  /** Whether a field has room; when it has none even after an overflow it is left out. */
  #fits(sink: FieldSink, name: number, value: number): boolean {
    const length = name + value + FRAME_ROOM;
    if (sink.position + length <= sink.limit) return true;
    sink.overflow();
    return sink.position + length <= sink.limit;
  }

  #readLiteral(prefix: number, adds: boolean, sink: FieldSink): boolean {
    const from = this.#at;
    let outcome = this.#tryLiteral(prefix, adds, sink);
    if (outcome === NO_ROOM) {
      sink.overflow();
      this.#at = from;
      outcome = this.#tryLiteral(prefix, adds, sink);
    }
    if (outcome !== NO_ROOM) return outcome !== BAD;
    // Larger than everything the table may hold, so that adding it would empty the table.
    if (adds) this.#table.clear();
    this.#at = from;
    return this.#skipLiteral(prefix);
  }

  #tryLiteral(prefix: number, adds: boolean, sink: FieldSink): number {
    const index = this.#readInteger(prefix);
    if (index < 0) return BAD;
    const start = sink.position;
    let kind: number;
    if (index === 0) {
      const nameEnd = this.#readString(sink.bytes, start, sink.limit);
      if (nameEnd < 0) return nameEnd;
      sink.position = nameEnd;
      kind = headerKind(sink.bytes, start, nameEnd);
    } else if (index <= STATIC_TABLE.length) {
      const entry = STATIC_TABLE[index - 1] as StaticEntry;
      if (start + entry.name.length > sink.limit) return NO_ROOM;
      sink.position = copyBytes(entry.name, 0, entry.name.length, sink.bytes, start);
      kind = entry.kind | Clean.NAME;
    } else {
      const table = this.#table;
      const entry = index - STATIC_TABLE.length - 1;
      if (entry >= table.count) return BAD;
      const nameStart = table.nameStart(entry);
      const nameEnd = table.nameEnd(entry);
      if (start + nameEnd - nameStart > sink.limit) return NO_ROOM;
      sink.position = copyBytes(table.bytes, nameStart, nameEnd, sink.bytes, start);
      kind = table.kind(entry) & ~Clean.VALUE;
    }
    if (sink.position + FRAME_ROOM > sink.limit) return this.#giveUp(sink, start);
    sink.endName(start, kind);
    const valueEnd = this.#readString(sink.bytes, sink.position, sink.limit);
    if (valueEnd === NO_ROOM) return this.#giveUp(sink, sink.nameStart);
    if (valueEnd < 0) return BAD;
    sink.position = valueEnd;
    let added = false;
    if (adds) {
      const { bytes, nameStart, nameEnd, valueStart } = sink;
      added = this.#table.add(bytes, nameStart, nameEnd, bytes, valueStart, valueEnd, kind);
    }
    if (sink.endField(kind) && added) this.#table.setNewestKind(kind | CLEAN);
    return 0;
  }

  #giveUp(sink: FieldSink, start: number): number {
    sink.position = start;
    return NO_ROOM;
  }

  /** Goes past a literal without keeping its strings. */
  #skipLiteral(prefix: number): boolean {
    const index = this.#readInteger(prefix);
    if (index < 0 || index > STATIC_TABLE.length + this.#table.count) return false;
    return (index > 0 || this.#skipString()) && this.#skipString();
  }

  #skipString(): boolean {
    if (this.#at >= this.#end) return false;
    const isHuffman = ((this.#bytes[this.#at] as number) & HUFFMAN) !== 0;
    const length = this.#readInteger(7);
    const start = this.#at;
    if (length < 0 || length > this.#end - start) return false;
    this.#at = start + length;
    return !isHuffman || isHuffmanString(this.#bytes, start, this.#at);
  }

  /** Decodes a string into `out[at, limit)`; the end, {@link BAD} or {@link NO_ROOM}. */
  #readString(out: Uint8Array, at: number, limit: number): number {
    if (this.#at >= this.#end) return BAD;
    const isHuffman = ((this.#bytes[this.#at] as number) & HUFFMAN) !== 0;
    const length = this.#readInteger(7);
    const start = this.#at;
    if (length < 0 || length > this.#end - start) return BAD;
    this.#at = start + length;
    if (isHuffman) {
      const end = huffmanDecode(this.#bytes, start, this.#at, out, at, limit);
      return end === HUFFMAN_NO_ROOM ? NO_ROOM : end;
    }
    if (length > limit - at) return NO_ROOM;
    return copyBytes(this.#bytes, start, this.#at, out, at);
  }

  /** Reads an integer whose first byte has `prefix` bits of it (RFC 7541 section 5.1); -1 is bad. */
  #readInteger(prefix: number): number {
    const bytes = this.#bytes;
    const most = (1 << prefix) - 1;
    let value = (bytes[this.#at++] as number) & most;
    if (value < most) return value;
    for (let shift = 0; shift <= 21; shift += 7) {
      if (this.#at >= this.#end) return BAD;
      const byte = bytes[this.#at++] as number;
      value += (byte & 0x7f) << shift;
      if ((byte & 0x80) === 0) return value <= MAX_INTEGER ? value : BAD;
    }
    return BAD;
  }
}
