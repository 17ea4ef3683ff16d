// Builds the head of a request from its fields (RFC 9113 section 8.3.1): the pseudo-fields become the
// request line and the first Host line of HTTP/1.1. Whatever is accepted here, the HTTP/1 reader reads back
// identically, so that no backend can find another request in it.

import { asciiBytes, asciiText, equalBytes, equalsIgnoreCase } from "../../../bytes/ascii.ts";
import { hostEndOf } from "../../http/authority.ts";
import { TARGET } from "../../http/field_bytes.ts";
import { HeaderKind } from "../../http/header_kind.ts";
import { BodyFraming, Framed } from "../../http/message_head.ts";
import { TOKEN } from "../../http/token.ts";
import { FieldSection } from "./field_section.ts";
import { HeadProblem } from "./head_problem.ts";
import { sameOrigin } from "./origin.ts";

/** The pseudo-fields of requests; the last is that of RFC 8441. */
export const Pseudo = { METHOD: 0, SCHEME: 1, PATH: 2, AUTHORITY: 3, PROTOCOL: 4 } as const;
export type Pseudo = 0 | 1 | 2 | 3 | 4;

const NAMES: readonly Uint8Array[] = [":method", ":scheme", ":path", ":authority", ":protocol"]
  .map(asciiBytes);

const CONNECT = asciiBytes("CONNECT");
const CONNECT_LOWER = asciiBytes("connect");
const OPTIONS_LOWER = asciiBytes("options");
const HTTP = asciiBytes("http");
const HTTPS = asciiBytes("https");
const GET = asciiBytes("GET");
const SPACE = asciiBytes(" ");
const AFTER_TARGET = asciiBytes(" HTTP/1.1\r\n");
const HOST_LINE = asciiBytes("Host: ");
const UPGRADE_LINES = asciiBytes("Connection: Upgrade\r\nUpgrade: ");
const LINE_END = asciiBytes("\r\n");
const CONNECTION_NAME = "Connection".length;
const CONNECTION_LINE = "Connection: Upgrade\r\n".length;
const UPGRADE_NAME = "Upgrade".length;
/** All constant parts together. */
const START_BYTES = 128;

const SLASH = 0x2f;
const ASTERISK = 0x2a;
/** Protocols that nothing can be asked to change to: requests could be hidden behind them. */
const H2C = asciiBytes("h2c");

/** A builder of request heads. */
export class RequestHeadBuilder extends FieldSection {
  /** Whether `:protocol` is known: SETTINGS_ENABLE_CONNECT_PROTOCOL was announced. */
  connectProtocol = false;
  #hosts = 0;
  /** Start and end of each pseudo-field's value in the scratch; no value starts at 0. */
  readonly #values = new Int32Array(2 * NAMES.length);
  #connects = false;

  /** Ends the head; false when it is malformed. */
  finish(endsStream: boolean): boolean {
    if (!this.end()) return false;
    const head = this.head;
    if (this.#connects) {
      // What follows is a tunnel, not a body (RFC 8441 section 5).
      head.framing = BodyFraming.NONE;
      head.contentLength = 0;
    } else if (head.framing !== BodyFraming.LENGTH) {
      head.framed = endsStream ? Framed.EMPTY : Framed.BODY;
      head.framing = endsStream ? BodyFraming.LENGTH : BodyFraming.CHUNKED;
    } else if (endsStream && head.contentLength > 0) {
      this.fail(HeadProblem.BODY_LENGTH);
      return false;
    }
    return true;
  }

  /** A pseudo-field as text, for the log of a request that was refused; empty when it did not come. */
  text(pseudo: Pseudo): string {
    const [start, end] = [this.#start(pseudo), this.#end(pseudo)];
    return asciiText(this.scratch, start, end);
  }

  protected override beginSection(): void {
    this.#values.fill(0);
    this.#hosts = 0;
    this.#connects = false;
  }

  protected override pseudoField(source: Uint8Array, start: number, end: number): number {
    for (let i = 0; i < NAMES.length; i++) {
      const name = NAMES[i] as Uint8Array;
      if (!equalBytes(source, start, end, name, 0, name.length)) continue;
      return i === Pseudo.PROTOCOL && !this.connectProtocol ? -1 : i;
    }
    return -1;
  }

  protected override pseudoValue(
    pseudo: number,
    start: number,
    end: number,
    clean: boolean,
  ): void {
    if (this.#start(pseudo) > 0) return this.fail(HeadProblem.DUPLICATE_PSEUDO);
    this.#values[2 * pseudo] = start;
    this.#values[2 * pseudo + 1] = end;
    if (clean) return;
    if (pseudo === Pseudo.METHOD && !this.#holdsOnly(pseudo, TOKEN)) {
      this.fail(HeadProblem.INVALID_METHOD);
    } else if (pseudo === Pseudo.SCHEME && !this.#is(pseudo, HTTP) && !this.#is(pseudo, HTTPS)) {
      this.fail(HeadProblem.INVALID_SCHEME);
    } else if (pseudo === Pseudo.PATH && !this.#holdsOnly(pseudo, TARGET)) {
      this.fail(HeadProblem.INVALID_PATH);
    } else if (pseudo === Pseudo.PROTOCOL && !this.#isProtocol()) {
      this.fail(HeadProblem.UNKNOWN_PSEUDO);
    }
  }

  protected override checkPseudo(): number {
    for (let pseudo = 0; pseudo < Pseudo.PROTOCOL; pseudo++) {
      if (this.#start(pseudo) === 0) {
        this.fail(HeadProblem.MISSING_PSEUDO);
        return -1;
      }
    }
    this.#connects = this.#start(Pseudo.PROTOCOL) > 0;
    if (!this.#hasPathForm()) this.fail(HeadProblem.PATH_FORM);
    const authority = this.#end(Pseudo.AUTHORITY);
    if (hostEndOf(this.scratch, this.#start(Pseudo.AUTHORITY), authority) < 0) {
      this.fail(HeadProblem.AUTHORITY);
    }
    let length = START_BYTES;
    for (let pseudo = 0; pseudo <= Pseudo.PROTOCOL; pseudo++) {
      length += this.#end(pseudo) - this.#start(pseudo);
    }
    return length;
  }

  protected override writeStart(): void {
    const head = this.head;
    head.methodStart = this.taken;
    if (this.#connects) this.write(GET, 0, GET.length);
    else this.#writeValue(Pseudo.METHOD);
    head.methodEnd = this.taken;
    this.write(SPACE, 0, 1);
    head.targetStart = head.pathStart = this.taken;
    this.#writeValue(Pseudo.PATH);
    head.targetEnd = head.pathEnd = this.taken;
    this.write(AFTER_TARGET, 0, AFTER_TARGET.length);
    head.fieldsStart = this.taken;
    this.write(HOST_LINE, 0, HOST_LINE.length);
    const start = this.taken;
    this.#writeValue(Pseudo.AUTHORITY);
    head.authorityStart = head.hostStart = start;
    head.authorityEnd = this.taken;
    head.hostEnd = hostEndOf(this.bytes, start, this.taken);
    this.write(LINE_END, 0, LINE_END.length);
    head.hostField = 0;
    const nameEnd = start - 2;
    head.push(head.fieldsStart, nameEnd, start, head.authorityEnd, this.taken, HeaderKind.HOST);
    if (this.#connects) this.#writeUpgrade();
  }

  protected override keeps(kind: number, start: number, end: number): boolean {
    if (kind === HeaderKind.CONTENT_LENGTH) {
      // RFC 8441 section 5: a tunnel has no length.
      return this.takesLength(start, end) && !this.#connects;
    }
    if (kind !== HeaderKind.HOST) return true;
    const { bytes, head } = this;
    const { authorityStart, authorityEnd } = head;
    const same = sameOrigin(bytes, authorityStart, authorityEnd, bytes, start, end);
    if (this.#hosts++ > 0 || !same) this.fail(HeadProblem.HOST_CONFLICT);
    return false;
  }

  /** RFC 8441 section 4 means what Upgrade means in HTTP/1.1. */
  #writeUpgrade(): void {
    const head = this.head;
    const start = this.taken;
    this.write(UPGRADE_LINES, 0, UPGRADE_LINES.length);
    const value = this.taken;
    this.#writeValue(Pseudo.PROTOCOL);
    const valueEnd = this.taken;
    this.write(LINE_END, 0, LINE_END.length);
    const next = start + CONNECTION_LINE;
    const nameEnd = start + CONNECTION_NAME;
    head.push(start, nameEnd, nameEnd + 2, next - 2, next, HeaderKind.CONNECTION);
    head.push(next, next + UPGRADE_NAME, value, valueEnd, this.taken, HeaderKind.UPGRADE);
    head.connectionUpgrade = true;
    head.connectionOptions = 1;
  }

  /**
   * A path, or `*` for OPTIONS. CONNECT has a path only when it extends to a protocol, and nothing else has
   * a protocol. The HTTP/1 reader takes these two methods in any case, so that theirs must be the usual one.
   */
  #hasPathForm(): boolean {
    const [start, end] = [this.#start(Pseudo.METHOD), this.#end(Pseudo.METHOD)];
    const connect = equalsIgnoreCase(this.scratch, start, end, CONNECT_LOWER);
    if (connect !== this.#connects) return false;
    if (connect && !this.#is(Pseudo.METHOD, CONNECT)) return false;
    const path = this.#start(Pseudo.PATH);
    if (this.scratch[path] === SLASH) return true;
    return this.#end(Pseudo.PATH) - path === 1 && this.scratch[path] === ASTERISK &&
      equalsIgnoreCase(this.scratch, start, end, OPTIONS_LOWER);
  }

  #isProtocol(): boolean {
    const [start, end] = [this.#start(Pseudo.PROTOCOL), this.#end(Pseudo.PROTOCOL)];
    return this.#holdsOnly(Pseudo.PROTOCOL, TOKEN) &&
      !equalsIgnoreCase(this.scratch, start, end, H2C);
  }

  #holdsOnly(pseudo: number, accepted: Uint8Array): boolean {
    const end = this.#end(pseudo);
    for (let at = this.#start(pseudo); at < end; at++) {
      if (accepted[this.scratch[at] as number] !== 1) return false;
    }
    return true;
  }

  #is(pseudo: number, text: Uint8Array): boolean {
    const end = this.#end(pseudo);
    return equalBytes(this.scratch, this.#start(pseudo), end, text, 0, text.length);
  }

  #writeValue(pseudo: number): void {
    this.write(this.scratch, this.#start(pseudo), this.#end(pseudo));
  }

  #start(pseudo: number): number {
    return this.#values[2 * pseudo] as number;
  }

  #end(pseudo: number): number {
    return this.#values[2 * pseudo + 1] as number;
  }
}
