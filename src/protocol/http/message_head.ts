// The neutral message head: a start line and header fields as offsets into the buffer they were read
// from. Every protocol version fills it and every protocol version can be written from it, so routing,
// header editing, answers and accounting exist once. Knows no wire syntax.

import { HeaderKind } from "./header_kind.ts";

/** How the end of a message body is found (RFC 9112 §6.3). */
export const BodyFraming = { NONE: 0, LENGTH: 1, CHUNKED: 2, UNTIL_CLOSE: 3 } as const;
export type BodyFraming = 0 | 1 | 2 | 3;

/**
 * What the frames of HTTP/2 told about a body of which no field tells. An HTTP/1.1 writer makes a line of it,
 * see `framed_body.ts`; the framing of such a head is what a reader would make of that line.
 */
export const Framed = {
  /** A field tells, or there is nothing to tell. */
  NO: 0,
  /** A body of unknown length follows. */
  BODY: 1,
  /** There is none. */
  EMPTY: 2,
} as const;
export type Framed = 0 | 1 | 2;

/** Positions of one field's values inside {@link MessageHead.fields}. */
export const Field = {
  NAME_START: 0,
  NAME_END: 1,
  VALUE_START: 2,
  VALUE_END: 3,
  /** First byte after the field's line, where the source has lines. */
  LINE_END: 4,
  /** {@link HeaderKind} in the low 8 bits, FieldFlag above. */
  KIND: 5,
  STRIDE: 6,
} as const;

/** Facts about one field, or-ed into its KIND slot. */
export const FieldFlag = {
  /** The line is not spelled `name: value CRLF` and must be written anew. */
  REWRITE: 1 << 8,
  /** The field is not passed on. */
  DROP: 1 << 9,
  /** One of {@link MessageHead.suffixes} continues the value. */
  SUFFIX: 1 << 10,
  /** One of {@link MessageHead.suffixes} stands in place of the value. */
  REPLACE: 1 << 11,
} as const;

export const KIND_MASK = 0xff;

/** Room for so many fields is made when the first one comes: many a record waits long for its head. */
const FIRST_FIELDS = 16;
const NO_FIELDS = new Int32Array(0);
/** More room than this is not kept for the next message: ordinary heads have far fewer fields. */
const KEPT_FIELDS = 256;

/** One request or response head. Reused: {@link reset} before each message. */
export class MessageHead {
  /** The buffer all offsets refer to. */
  bytes: Uint8Array;
  /** {@link Field.STRIDE} integers a field, see {@link Field}. */
  fields: Int32Array = NO_FIELDS;
  /** Number of fields. */
  count = 0;
  /** Bit `1 << kind` for every known {@link HeaderKind} present. */
  seen = 0;
  /** Bounds of the whole head in `bytes`. */
  start = 0;
  end = 0;

  // Request line.
  methodStart = 0;
  methodEnd = 0;
  targetStart = 0;
  targetEnd = 0;
  /** `host[:port]` the request is for, from the target or the Host field. */
  authorityStart = 0;
  authorityEnd = 0;
  /** Host without port. */
  hostStart = 0;
  hostEnd = 0;
  /** What routing sees as the path, query included; `/` when the target has none. */
  pathStart = 0;
  pathEnd = 0;
  /** The path is sent in place of the target, which had the absolute form. */
  sendsPath = false;

  // Status line.
  status = 0;
  reasonStart = 0;
  reasonEnd = 0;
  /** The request this response answers was a HEAD request; set by whoever sent it. */
  toHead = false;

  /** 10 or 11. */
  version = 11;
  framing: BodyFraming = BodyFraming.NONE;
  /** Bytes of the body when `framing` is LENGTH. */
  contentLength = 0;
  framed: Framed = Framed.NO;
  connectionClose = false;
  connectionKeepAlive = false;
  connectionUpgrade = false;
  /** The Connection field names fields of its own; they are hop-by-hop too. */
  connectionNames = false;
  /** Number of options in all Connection fields. */
  connectionOptions = 0;
  /** Index of the first Host field, or -1. */
  hostField = -1;
  /** First byte behind the start line. */
  fieldsStart = 0;
  /** Sent instead of the authority or the target that was received. */
  authorityOverride: Uint8Array | null = null;
  targetOverride: Uint8Array | null = null;
  /** Indexes of the fields whose values are continued or replaced, and with what. */
  readonly suffixFields: number[] = [];
  readonly suffixes: Uint8Array[] = [];
  /** `bytes` is a copy of ours: it does not lie where the head was received. */
  #copied = false;

  /** `bytes` may be a placeholder until {@link reset}. */
  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  /** Forgets the previous message; offsets will refer to `bytes`, starting at `at`. */
  reset(bytes: Uint8Array, at: number): void {
    this.bytes = bytes;
    this.count = 0;
    this.seen = 0;
    this.start = at;
    this.end = at;
    this.authorityStart = this.authorityEnd = 0;
    this.status = 0;
    this.version = 11;
    this.framing = BodyFraming.NONE;
    this.contentLength = 0;
    this.framed = Framed.NO;
    this.connectionClose = false;
    this.connectionKeepAlive = false;
    this.connectionUpgrade = false;
    this.connectionNames = false;
    this.connectionOptions = 0;
    this.hostField = -1;
    this.fieldsStart = at;
    this.authorityOverride = null;
    this.targetOverride = null;
    this.sendsPath = false;
    this.#copied = false;
    if (this.fields.length > KEPT_FIELDS * Field.STRIDE) {
      this.fields = NO_FIELDS;
    }
    if (this.suffixes.length > 0) this.suffixes.length = this.suffixFields.length = 0;
  }

  /** Becomes what `other` is, which is of no use afterwards. */
  adopt(other: MessageHead): void {
    Object.assign(this, other);
    this.#copied = other.#copied;
  }

  /** True when a field of this kind is present. */
  has(kind: HeaderKind): boolean {
    return (this.seen & (1 << kind)) !== 0;
  }

  /** Appends a field; `kind` may carry flags. */
  push(
    nameStart: number,
    nameEnd: number,
    valueStart: number,
    valueEnd: number,
    lineEnd: number,
    kind: number,
  ): void {
    const at = this.count * Field.STRIDE;
    if (at === this.fields.length) this.#grow();
    const fields = this.fields;
    fields[at] = nameStart;
    fields[at + Field.NAME_END] = nameEnd;
    fields[at + Field.VALUE_START] = valueStart;
    fields[at + Field.VALUE_END] = valueEnd;
    fields[at + Field.LINE_END] = lineEnd;
    fields[at + Field.KIND] = kind;
    this.seen |= 1 << (kind & KIND_MASK);
    this.count++;
  }

  /** One stored integer of field `index`; `slot` is a {@link Field} position. */
  at(index: number, slot: number): number {
    return this.fields[index * Field.STRIDE + slot] as number;
  }

  /** True when field `index` is of this kind. */
  isKind(index: number, kind: HeaderKind): boolean {
    return (this.at(index, Field.KIND) & KIND_MASK) === kind;
  }

  /** Marks field `index` with a {@link FieldFlag}. */
  flag(index: number, flag: number): void {
    const at = index * Field.STRIDE + Field.KIND;
    this.fields[at] = (this.fields[at] as number) | flag;
  }

  /** Continues the value of field `index` with `suffix` when the head is written. */
  addSuffix(index: number, suffix: Uint8Array): void {
    this.flag(index, FieldFlag.REWRITE | FieldFlag.SUFFIX);
    this.suffixFields.push(index);
    this.suffixes.push(suffix);
  }

  /** Puts `value` in place of the value of field `index` when the head is written. */
  replaceValue(index: number, value: Uint8Array): void {
    this.flag(index, FieldFlag.REWRITE | FieldFlag.REPLACE);
    this.suffixFields.push(index);
    this.suffixes.push(value);
  }

  /** Index of the last field of this kind, or -1. */
  lastOf(kind: HeaderKind): number {
    if (!this.has(kind)) return -1;
    for (let i = this.count - 1; i >= 0; i--) {
      if (this.isKind(i, kind)) return i;
    }
    return -1;
  }

  /**
   * Puts `byte` in front of the path, which follows the authority of an absolute target directly. There is
   * no room for it, so this is done in a copy: the authority moves over the byte before it, which is that
   * of a delimiter nobody needs any more. All other offsets stay as they are.
   */
  insertBeforePath(byte: number): void {
    const copy = this.bytes.slice(0, this.end);
    copy.copyWithin(this.authorityStart - 1, this.authorityStart, this.authorityEnd);
    copy[this.authorityEnd - 1] = byte;
    this.bytes = copy;
    this.#copied = true;
    this.authorityStart--;
    this.authorityEnd--;
    this.hostStart--;
    this.hostEnd--;
    this.pathStart--;
  }

  /** Follows the bytes to another place where everything lies `shift` further. */
  relocate(bytes: Uint8Array, shift: number): void {
    this.bytes = this.#copied ? moved(this.bytes, shift) : bytes;
    this.start += shift;
    this.end += shift;
    this.fieldsStart += shift;
    this.authorityStart += shift;
    this.authorityEnd += shift;
    this.hostStart += shift;
    this.hostEnd += shift;
    this.pathStart += shift;
    this.pathEnd += shift;
    this.methodStart += shift;
    this.methodEnd += shift;
    this.targetStart += shift;
    this.targetEnd += shift;
    this.reasonStart += shift;
    this.reasonEnd += shift;
    for (let i = 0; i < this.count; i++) {
      const at = i * Field.STRIDE;
      for (let slot = 0; slot <= Field.LINE_END; slot++) {
        this.fields[at + slot] = (this.fields[at + slot] as number) + shift;
      }
    }
  }

  #grow(): void {
    const larger = new Int32Array(Math.max(FIRST_FIELDS * Field.STRIDE, this.fields.length * 2));
    larger.set(this.fields);
    this.fields = larger;
  }
}

/** A copy in which everything lies `shift` further. */
function moved(bytes: Uint8Array, shift: number): Uint8Array {
  if (shift <= 0) return bytes.slice(-shift);
  const copy = new Uint8Array(bytes.length + shift);
  copy.set(bytes, shift);
  return copy;
}
