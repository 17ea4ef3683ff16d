// Encodes heads and trailers as header blocks. The source is a head in the shape of HTTP/1.1, with its marks
// for what is dropped, continued and replaced, and lines that the proxy adds; names are written in lower
// case, and what belongs to one HTTP/1.1 connection is left out (RFC 9113 section 8.2.2).

import {
  asciiBytes,
  COLON,
  copyBytes,
  equalsIgnoreCase,
  HTAB,
  LF,
  SP,
} from "../../../bytes/ascii.ts";
import { HeaderKind, headerKind } from "../../http/header_kind.ts";
import { Field, FieldFlag, KIND_MASK, type MessageHead } from "../../http/message_head.ts";
import { isConnect } from "../../http/method.ts";
import { ENCODER_NO_ROOM, HpackEncoder, NameRoom } from "../hpack/hpack_encoder.ts";

/** A block larger than this is not sent. */
export const MAX_BLOCK_BYTES = 65_536;

/** The block would be too large; the message must be given up. */
export const BLOCK_TOO_LARGE = -1;

/** What only means something on one HTTP/1.1 connection, or is said by a pseudo-field. */
const DROPPED: number = [
  HeaderKind.CONNECTION,
  HeaderKind.PROXY_CONNECTION,
  HeaderKind.TRANSFER_ENCODING,
  HeaderKind.UPGRADE,
  HeaderKind.KEEP_ALIVE,
  HeaderKind.HOST,
  HeaderKind.HTTP2_SETTINGS,
  HeaderKind.TRAILER,
].reduce((bits, kind) => bits | (1 << kind), 0);

const SEMICOLON = 0x3b;
const TRAILERS = asciiBytes("trailers");
const METHOD = asciiBytes(":method");
const AUTHORITY = asciiBytes(":authority");
const PATH = asciiBytes(":path");
const SCHEME = asciiBytes(":scheme");
const PROTOCOL = asciiBytes(":protocol");
const CONNECT = asciiBytes("CONNECT");
const SCHEMES = { http: asciiBytes("http"), https: asciiBytes("https") } as const;
/** RFC 8441 section 5: the keys of a WebSocket handshake are not used. */
const WEBSOCKET_KEYS: readonly Uint8Array[] = ["sec-websocket-key", "sec-websocket-accept"]
  .map(asciiBytes);

/** Buffers that all encoders of a thread share, since one block is made at a time. */
export class EncodingRoom {
  /** The block. */
  readonly block = new Uint8Array(MAX_BLOCK_BYTES);
  /** A name and a value that are made up of parts. */
  parts = new Uint8Array(1024);
  readonly name = new NameRoom();
}

/** Encodes the blocks of one direction of a connection, in the order in which they are sent. */
export class HeadEncoder {
  readonly #hpack: HpackEncoder;
  readonly #room: EncodingRoom;
  /** The last block has no field. */
  isEmpty = true;
  #at = 0;
  #tunnels = false;

  constructor(room: EncodingRoom) {
    this.#room = room;
    this.#hpack = new HpackEncoder(room.name);
  }

  /** The last block, from 0 on. */
  get block(): Uint8Array {
    return this.#room.block;
  }

  /** The peer allows a table of `size` bytes (SETTINGS_HEADER_TABLE_SIZE). */
  allowTable(size: number): void {
    this.#hpack.allowTable(size);
  }

  /** No field that is encoded from now on goes into a table, here or at another hop. */
  neverIndex(): void {
    this.#hpack.neverIndexes = true;
  }

  /** The last block will not be sent after all. */
  forget(): void {
    this.#hpack.forget();
  }

  /**
   * A request, with more of it in `lines[start, end)`. `tunnels`: its Upgrade becomes an extended CONNECT
   * (RFC 8441). Length of the block, or {@link BLOCK_TOO_LARGE}.
   */
  request(
    head: MessageHead,
    scheme: "http" | "https",
    lines: Uint8Array,
    start: number,
    end: number,
    tunnels = false,
  ): number {
    this.#begin();
    this.#tunnels = tunnels;
    const method = tunnels ? CONNECT : null;
    this.#pseudo(
      METHOD,
      method ?? head.bytes,
      method ? 0 : head.methodStart,
      method?.length ?? head.methodEnd,
    );
    if (tunnels) this.#protocol(head);
    const authority = head.authorityOverride;
    if (authority !== null) this.#pseudo(AUTHORITY, authority, 0, authority.length);
    else if (head.authorityEnd > head.authorityStart) {
      this.#pseudo(AUTHORITY, head.bytes, head.authorityStart, head.authorityEnd);
    }
    // RFC 9113 section 8.5: CONNECT has neither path nor scheme, unless it is extended.
    if (tunnels || !isConnect(head)) {
      this.#path(head);
      this.#pseudo(SCHEME, SCHEMES[scheme], 0, SCHEMES[scheme].length);
    }
    return this.#finish(head, lines, start, end);
  }

  /** A response with this status; `head` may be missing when all of it is in `lines[start, end)`. */
  response(
    status: number,
    head: MessageHead | null,
    lines: Uint8Array,
    start: number,
    end: number,
    tunnels = false,
  ): number {
    this.#begin();
    this.#tunnels = tunnels;
    this.#at = this.#hpack.status(status, this.#room.block, this.#at);
    return this.#finish(head, lines, start, end);
  }

  /** Trailers, from a section, from lines, or both. */
  trailers(head: MessageHead | null, lines: Uint8Array, start: number, end: number): number {
    this.#begin();
    this.#tunnels = false;
    return this.#finish(head, lines, start, end);
  }

  #begin(): void {
    this.isEmpty = true;
    this.#at = this.#hpack.begin(this.#room.block, 0);
  }

  #finish(head: MessageHead | null, lines: Uint8Array, start: number, end: number): number {
    if (head !== null) this.#fields(head);
    this.#lines(lines, start, end);
    if (this.#at !== ENCODER_NO_ROOM) return this.#at;
    this.#hpack.forget();
    return BLOCK_TOO_LARGE;
  }

  #path(head: MessageHead): void {
    const target = head.targetOverride;
    if (target !== null) this.#pseudo(PATH, target, 0, target.length);
    else if (head.sendsPath) this.#pseudo(PATH, head.bytes, head.pathStart, head.pathEnd);
    else this.#pseudo(PATH, head.bytes, head.targetStart, head.targetEnd);
  }

  #protocol(head: MessageHead): void {
    const field = head.lastOf(HeaderKind.UPGRADE);
    if (field < 0) return;
    const start = head.at(field, Field.VALUE_START);
    this.#pseudo(PROTOCOL, head.bytes, start, head.at(field, Field.VALUE_END));
  }

  #fields(head: MessageHead): void {
    const { bytes, fields, count } = head;
    for (let at = 0; at < count * Field.STRIDE; at += Field.STRIDE) {
      const kind = fields[at + Field.KIND] as number;
      if ((kind & FieldFlag.DROP) !== 0) continue;
      const nameStart = fields[at] as number;
      const nameEnd = fields[at + Field.NAME_END] as number;
      const valueStart = fields[at + Field.VALUE_START] as number;
      const valueEnd = fields[at + Field.VALUE_END] as number;
      if ((kind & (FieldFlag.SUFFIX | FieldFlag.REPLACE)) !== 0) {
        this.#edited(head, at / Field.STRIDE, kind);
      } else {
        this.#field(bytes, nameStart, nameEnd, valueStart, valueEnd, kind & KIND_MASK);
      }
    }
  }

  /** A field whose value is continued or replaced. */
  #edited(head: MessageHead, index: number, kind: number): void {
    const suffix = head.suffixes[head.suffixFields.indexOf(index)];
    if (suffix === undefined) return;
    const { bytes } = head;
    const nameEnd = head.at(index, Field.NAME_END);
    const valueStart = head.at(index, Field.VALUE_START);
    const replaced = (kind & FieldFlag.REPLACE) !== 0;
    const valueEnd = replaced ? valueStart : head.at(index, Field.VALUE_END);
    const nameStart = head.at(index, Field.NAME_START);
    const size = nameEnd - nameStart + valueEnd - valueStart + suffix.length;
    const room = this.#room;
    if (room.parts.length < size) room.parts = new Uint8Array(2 * size);
    const middle = copyBytes(bytes, nameStart, nameEnd, room.parts, 0);
    let end = copyBytes(bytes, valueStart, valueEnd, room.parts, middle);
    end = copyBytes(suffix, 0, suffix.length, room.parts, end);
    this.#field(room.parts, 0, middle, middle, end, kind & KIND_MASK);
  }

  /** Lines of HTTP/1.1, `name: value CR LF` each. */
  #lines(bytes: Uint8Array, start: number, end: number): void {
    for (let at = start; at < end;) {
      let nameEnd = at;
      while (nameEnd < end && bytes[nameEnd] !== COLON) nameEnd++;
      let lineEnd = nameEnd;
      while (lineEnd < end && bytes[lineEnd] !== LF) lineEnd++;
      let valueStart = nameEnd + 1;
      let valueEnd = lineEnd - 1;
      while (valueStart < valueEnd && isBlank(bytes[valueStart] as number)) valueStart++;
      while (valueEnd > valueStart && isBlank(bytes[valueEnd - 1] as number)) valueEnd--;
      if (nameEnd > at && valueStart <= valueEnd) {
        this.#field(bytes, at, nameEnd, valueStart, valueEnd, headerKind(bytes, at, nameEnd));
      }
      at = lineEnd + 1;
    }
  }

  #field(
    bytes: Uint8Array,
    nameStart: number,
    nameEnd: number,
    valueStart: number,
    valueEnd: number,
    kind: number,
  ): void {
    if ((DROPPED & (1 << kind)) !== 0) return;
    if (kind === HeaderKind.TE && !equalsIgnoreCase(bytes, valueStart, valueEnd, TRAILERS)) return;
    if (this.#tunnels && isWebsocketKey(bytes, nameStart, nameEnd)) return;
    if (kind === HeaderKind.COOKIE) {
      this.#crumbs(bytes, nameStart, nameEnd, valueStart, valueEnd);
    } else {
      this.#write(bytes, nameStart, nameEnd, valueStart, valueEnd);
    }
  }

  /** One field for each cookie, so that those that stay the same are of use to the table (section 8.2.3). */
  #crumbs(
    bytes: Uint8Array,
    nameStart: number,
    nameEnd: number,
    valueStart: number,
    valueEnd: number,
  ): void {
    for (let at = valueStart; at < valueEnd;) {
      while (at < valueEnd && isBlank(bytes[at] as number)) at++;
      const start = at;
      while (at < valueEnd && bytes[at] !== SEMICOLON) at++;
      let end = at;
      while (end > start && isBlank(bytes[end - 1] as number)) end--;
      if (end > start) this.#write(bytes, nameStart, nameEnd, start, end);
      at++;
    }
  }

  #write(
    bytes: Uint8Array,
    nameStart: number,
    nameEnd: number,
    valueStart: number,
    valueEnd: number,
  ): void {
    if (this.#at === ENCODER_NO_ROOM) return;
    this.isEmpty = false;
    const { block } = this.#room;
    this.#at = this.#hpack.field(
      bytes,
      nameStart,
      nameEnd,
      valueStart,
      valueEnd,
      block,
      this.#at,
      block.length,
    );
  }

  #pseudo(name: Uint8Array, bytes: Uint8Array, start: number, end: number): void {
    const room = this.#room;
    const size = name.length + end - start;
    if (room.parts.length < size) room.parts = new Uint8Array(2 * size);
    const middle = copyBytes(name, 0, name.length, room.parts, 0);
    this.#write(room.parts, 0, middle, middle, copyBytes(bytes, start, end, room.parts, middle));
  }
}

function isWebsocketKey(bytes: Uint8Array, start: number, end: number): boolean {
  return WEBSOCKET_KEYS.some((name) => equalsIgnoreCase(bytes, start, end, name));
}

function isBlank(byte: number): boolean {
  return byte === SP || byte === HTAB;
}
