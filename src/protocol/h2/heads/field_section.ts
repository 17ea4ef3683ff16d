// Builds a field section as HPACK decodes it: every field becomes a line of HTTP/1.1 in a buffer of the
// message, `name: value CR LF`, and its offsets go into the head. What the sections of requests, responses
// and trailers have in common is here; the subclasses know the fields whose names begin with a colon.
//
// A section that breaks a rule is lost, but is decoded to its end, because it changes the table of HPACK.

import { COLON, copyBytes, CR, HTAB, LF, SP } from "../../../bytes/ascii.ts";
import { FIELD_VALUE } from "../../http/field_bytes.ts";
import { HeaderKind } from "../../http/header_kind.ts";
import { readLengthDigits } from "../../http/length_digits.ts";
import { BodyFraming, Field, KIND_MASK, type MessageHead } from "../../http/message_head.ts";
import { TOKEN } from "../../http/token.ts";
import { Clean, type FieldSink } from "../hpack/field_sink.ts";
import { joinCookies } from "./cookie_join.ts";
import { HeadProblem } from "./head_problem.ts";
import { SectionBuffer } from "./section_buffer.ts";

/** Bounds of one section. */
export interface SectionLimits {
  /** Bytes of all names and values, with 32 more for each field (RFC 9113 section 6.5.2). */
  readonly maxHeaderListSize: number;
  readonly maxHeaderFields: number;
}

/** What a field counts beyond its bytes. */
const FIELD_OVERHEAD = 32;
const NO_PSEUDO = -1;
const SEMICOLON = 0x3b;

/** Bytes of names: those of tokens in lower case (RFC 9113 section 8.2.1). */
const NAME: Uint8Array = TOKEN.map((accepted, byte) => byte >= 0x41 && byte <= 0x5a ? 0 : accepted);

/** Kinds that RFC 9113 section 8.2.2 forbids. */
const CONNECTION_SPECIFIC: number = (1 << HeaderKind.CONNECTION) |
  (1 << HeaderKind.PROXY_CONNECTION) | (1 << HeaderKind.TRANSFER_ENCODING) |
  (1 << HeaderKind.UPGRADE) | (1 << HeaderKind.KEEP_ALIVE);

const TRAILERS = "trailers";

/** A builder of sections; reused, since one section is decoded at a time. */
export abstract class FieldSection extends SectionBuffer implements FieldSink {
  nameStart = 0;
  nameEnd = 0;
  valueStart = 0;
  /** Bytes that values may hold, a table such as {@link FIELD_VALUE}; kept for all sections. */
  values: Uint8Array = FIELD_VALUE;
  #pseudo = NO_PSEUDO;
  /** Bytes of the value at hand without blanks around it. */
  #valueLength = 0;
  #size = 0;
  #count = 0;
  #passed = 0;
  #maxFields = 0;
  #cookie = -1;
  #continuesCookie = false;
  #scattered = false;

  /**
   * Starts a section that is to lie in `bytes` from `at` and to be described by `head`. When it turns out
   * too large for `bytes`, `head.bytes` is another buffer in the end.
   */
  begin(head: MessageHead, bytes: Uint8Array, at: number, limits: SectionLimits): void {
    this.reset(head, bytes, at, limits.maxHeaderListSize);
    this.#size = this.#count = this.#passed = 0;
    this.#maxFields = limits.maxHeaderFields;
    this.#cookie = -1;
    this.#scattered = false;
    this.beginSection();
  }

  field(source: Uint8Array, start: number, nameEnd: number, end: number, kind: number): void {
    if (this.lost) return;
    this.#count++;
    this.#size += end - start - 2 + FIELD_OVERHEAD;
    if (this.#size > this.maxSize) this.fail(HeadProblem.HEADER_LIST_SIZE);
    else if (source[start] === COLON) this.#copyPseudo(source, start, nameEnd, end);
    else if (this.inFields || this.#enterFields()) {
      this.#copyLine(source, start, nameEnd, end, kind);
    }
    if (this.#count > this.#maxFields) this.fail(HeadProblem.HEADER_FIELDS);
    if (this.problem === HeadProblem.NONE) this.taken = this.position;
    else this.lose();
  }

  endName(start: number, kind: number): void {
    this.nameStart = start;
    this.nameEnd = this.valueStart = this.position;
    this.#pseudo = NO_PSEUDO;
    this.#continuesCookie = false;
    if (this.lost) return;
    if (this.bytes[start] === COLON && this.position > start) {
      this.#pseudo = this.inFields ? NO_PSEUDO : this.pseudoField(this.bytes, start, this.position);
      if (this.inFields) this.fail(HeadProblem.PSEUDO_AFTER_REGULAR);
      else if (this.#pseudo < 0) this.fail(HeadProblem.UNKNOWN_PSEUDO);
      return;
    }
    if (!this.inFields && !this.#enterFields()) return;
    const plain = kind & KIND_MASK;
    if ((kind & Clean.NAME) === 0) this.#checkName();
    if ((CONNECTION_SPECIFIC & (1 << plain)) !== 0) {
      this.fail(HeadProblem.CONNECTION_SPECIFIC_HEADER);
    }
    if (plain === HeaderKind.COOKIE && this.#cookie >= 0 && this.#cookie === this.head.count - 1) {
      // The value continues that of the line before, whose end becomes the delimiter. What HPACK keeps of
      // this field has its name from the first one.
      this.#continuesCookie = true;
      this.nameStart = this.head.at(this.#cookie, Field.NAME_START);
      this.nameEnd = this.head.at(this.#cookie, Field.NAME_END);
      this.position = this.valueStart = this.taken;
      return;
    }
    this.bytes[this.position] = COLON;
    this.bytes[this.position + 1] = SP;
    this.position = this.valueStart = this.position + 2;
  }

  endField(kind: number): boolean {
    let clean = false;
    if (!this.lost) {
      this.#count++;
      this.#size += this.nameEnd - this.nameStart + this.position - this.valueStart +
        FIELD_OVERHEAD;
      if (this.#size > this.maxSize) this.fail(HeadProblem.HEADER_LIST_SIZE);
      if (this.problem === HeadProblem.NONE) {
        const length = this.position - this.valueStart;
        if (this.#pseudo < 0) this.#takeField(kind & KIND_MASK);
        else this.#takePseudo();
        clean = length === this.#valueLength;
      }
      if (this.#count > this.#maxFields) this.fail(HeadProblem.HEADER_FIELDS);
      if (this.problem === HeadProblem.NONE) {
        this.taken = this.position;
        return clean;
      }
    }
    this.lose();
    return false;
  }

  overflow(): void {
    if (this.problem === HeadProblem.NONE && this.grow()) this.position = this.taken;
    else this.lose();
  }

  passed(fields: number): void {
    this.#passed += fields;
  }

  /** Fields that came, those included that came once the section was lost. */
  get fieldsCome(): number {
    return this.#count + this.#passed;
  }

  /** Ends the section; false when it was refused. */
  protected end(): boolean {
    if (!this.inFields && this.problem === HeadProblem.NONE) this.#enterFields();
    if (this.problem !== HeadProblem.NONE) return false;
    const head = this.head;
    let end = this.taken;
    if (this.#scattered) end = joinCookies(head, this.#cookie, end, this.scratchFor(end));
    this.bytes[end] = CR;
    this.bytes[end + 1] = LF;
    head.end = end + 2;
    this.settle();
    return true;
  }

  /** A section begins; {@link beginFields} may be called at once where there are no pseudo-fields. */
  protected abstract beginSection(): void;

  /** Which pseudo-field `source[start, end)` names; -1 for none. */
  protected abstract pseudoField(source: Uint8Array, start: number, end: number): number;

  /**
   * The pseudo-field has the value `scratch[start, end)`, which holds no control byte; `clean`: it was accepted
   * before.
   */
  protected abstract pseudoValue(
    pseudo: number,
    start: number,
    end: number,
    clean: boolean,
  ): void;

  /** All pseudo-fields are known: judges them, and tells how many bytes {@link writeStart} takes; -1 fails. */
  protected abstract checkPseudo(): number;

  /** Writes what comes before the first field. */
  protected abstract writeStart(): void;

  /** Whether the field at hand, with the value `bytes[start, end)`, becomes part of the section. */
  protected abstract keeps(kind: number, start: number, end: number): boolean;

  /** No pseudo-field can come any more. What has been decoded of a field moves behind the start line. */
  #enterFields(): boolean {
    const needed = this.checkPseudo();
    if (needed < 0 || this.problem !== HeadProblem.NONE) return false;
    const nameStart = this.taken;
    const nameEnd = this.position;
    this.enterTarget(needed + nameEnd - nameStart);
    this.writeStart();
    this.nameStart = this.taken;
    this.nameEnd = copyBytes(this.scratch, nameStart, nameEnd, this.bytes, this.taken);
    this.position = this.valueStart = this.nameEnd;
    return true;
  }

  #checkName(): void {
    const { bytes, nameStart, nameEnd } = this;
    let ok = nameEnd > nameStart;
    for (let at = nameStart; at < nameEnd; at++) ok = ok && NAME[bytes[at] as number] === 1;
    if (!ok) this.fail(HeadProblem.INVALID_NAME_BYTE);
  }

  #takePseudo(): void {
    const { bytes, valueStart, position } = this;
    if (valueStart === position) return this.fail(HeadProblem.EMPTY_PSEUDO);
    for (let at = valueStart; at < position; at++) {
      const byte = bytes[at] as number;
      if (byte < 0x20 || byte === 0x7f) return this.fail(HeadProblem.OVERSIZED_PSEUDO_VALUE);
    }
    this.pseudoValue(this.#pseudo, valueStart, position, false);
    this.#valueLength = position - valueStart;
  }

  /** Takes a pseudo-field that was accepted before. */
  #copyPseudo(source: Uint8Array, start: number, nameEnd: number, end: number): void {
    if (this.inFields) return this.fail(HeadProblem.PSEUDO_AFTER_REGULAR);
    const pseudo = this.pseudoField(source, start, nameEnd);
    if (pseudo < 0) return this.fail(HeadProblem.UNKNOWN_PSEUDO);
    // The first bytes of the scratch are nobody's, since a value never starts at 0.
    const at = this.taken + 1;
    const length = end - nameEnd - 2;
    if (length === 0) return this.fail(HeadProblem.EMPTY_PSEUDO);
    if (at + length > this.limit && !this.grow()) return this.fail(HeadProblem.HEADER_LIST_SIZE);
    this.position = copyBytes(source, nameEnd + 2, end, this.bytes, at);
    this.pseudoValue(pseudo, at, this.position, true);
  }

  /** Takes a line that was accepted before. */
  #copyLine(source: Uint8Array, start: number, nameEnd: number, end: number, kind: number): void {
    if ((CONNECTION_SPECIFIC & (1 << kind)) !== 0) {
      return this.fail(HeadProblem.CONNECTION_SPECIFIC_HEADER);
    }
    const at = this.taken;
    if (at + end - start > this.limit && !this.grow()) {
      return this.fail(HeadProblem.HEADER_LIST_SIZE);
    }
    const shift = at - start;
    this.nameStart = at;
    this.nameEnd = nameEnd + shift;
    this.valueStart = this.nameEnd + 2;
    this.#continuesCookie = false;
    if (kind === HeaderKind.COOKIE && this.#cookie >= 0 && this.#cookie === this.head.count - 1) {
      this.#continuesCookie = true;
      this.valueStart = at;
      this.position = copyBytes(source, nameEnd + 2, end, this.bytes, at);
    } else this.position = copyBytes(source, start, end, this.bytes, at);
    this.#place(kind);
  }

  #checkValue(): boolean {
    const { bytes, values, position } = this;
    let at = this.valueStart;
    while (at < position && values[bytes[at] as number] === 1) at++;
    if (at === position) return true;
    this.fail(bytes[at] === 0 ? HeadProblem.NUL_IN_VALUE : HeadProblem.CRLF_IN_VALUE);
    return false;
  }

  #takeField(kind: number): void {
    if (!this.#checkValue()) return;
    if (kind === HeaderKind.TE && !this.#saysTrailers()) this.fail(HeadProblem.TE_NOT_TRAILERS);
    const length = this.position - this.valueStart;
    this.#valueLength = this.#trim();
    if (length !== this.#valueLength) {
      // Where framing and routing are decided nothing is put right.
      if (kind === HeaderKind.CONTENT_LENGTH) return this.fail(HeadProblem.DUPLICATE_CL);
      if (kind === HeaderKind.HOST) return this.fail(HeadProblem.HOST_CONFLICT);
    }
    this.#place(kind);
  }

  /** Gives the field between {@link nameStart} and {@link position} its place in the head. */
  #place(kind: number): void {
    if (!this.keeps(kind, this.valueStart, this.position)) {
      this.position = this.taken;
      return;
    }
    if (kind === HeaderKind.COOKIE && this.#takeCookie()) return;
    const valueEnd = this.position;
    const lineEnd = this.#endLine();
    this.head.push(this.nameStart, this.nameEnd, this.valueStart, valueEnd, lineEnd, kind);
  }

  /** Cookies are one field in HTTP/1.1 (RFC 9113 section 8.2.3); true when this one is done with. */
  #takeCookie(): boolean {
    for (let at = this.valueStart; at < this.position; at++) {
      if (this.bytes[at] === SEMICOLON) this.#count++;
    }
    if (this.position === this.valueStart) {
      this.position = this.taken;
      return true;
    }
    if (this.#cookie < 0) this.#cookie = this.head.count;
    else if (!this.#continuesCookie) this.#scattered = true;
    if (!this.#continuesCookie) return false;
    this.bytes[this.taken - 2] = SEMICOLON;
    this.bytes[this.taken - 1] = SP;
    const fields = this.head.fields;
    fields[this.#cookie * Field.STRIDE + Field.VALUE_END] = this.position;
    fields[this.#cookie * Field.STRIDE + Field.LINE_END] = this.#endLine();
    return true;
  }

  /** Blanks around a value are not part of it (RFC 9110 section 5.5). The length without them. */
  #trim(): number {
    const { bytes, valueStart } = this;
    while (this.position > valueStart && isBlank(bytes[this.position - 1] as number)) {
      this.position--;
    }
    let first = valueStart;
    while (first < this.position && isBlank(bytes[first] as number)) first++;
    if (first > valueStart) {
      bytes.copyWithin(valueStart, first, this.position);
      this.position -= first - valueStart;
    }
    return this.position - valueStart;
  }

  #endLine(): number {
    this.bytes[this.position] = CR;
    this.bytes[this.position + 1] = LF;
    return this.position = this.position + 2;
  }

  #saysTrailers(): boolean {
    if (this.position - this.valueStart !== TRAILERS.length) return false;
    for (let i = 0; i < TRAILERS.length; i++) {
      const letter = (this.bytes[this.valueStart + i] as number) | 0x20;
      if (letter !== TRAILERS.charCodeAt(i)) return false;
    }
    return true;
  }

  /** Content-Length as it was sent; a second one must say the same and is left out. */
  protected takesLength(start: number, end: number): boolean {
    const length = readLengthDigits(this.bytes, start, end);
    const head = this.head;
    if (length < 0) this.fail(HeadProblem.DUPLICATE_CL);
    if (head.framing === BodyFraming.LENGTH) {
      if (head.contentLength !== length) this.fail(HeadProblem.CL_TE_CONFLICT);
      return false;
    }
    head.framing = BodyFraming.LENGTH;
    head.contentLength = length;
    return true;
  }
}

function isBlank(byte: number): boolean {
  return byte === SP || byte === HTAB;
}
