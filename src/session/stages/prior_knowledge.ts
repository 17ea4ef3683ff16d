// The stage of plain listeners that take HTTP/2 from clients who know that it is spoken here (RFC 9113
// section 3.3): the first bytes tell which version a client speaks. They are handed on, as if nothing had
// been read.

import { asciiBytes, equalBytes, SP } from "../../bytes/ascii.ts";
import type { Accepted, ByteStream } from "../../io/contracts.ts";
import { MAGIC } from "../../protocol/h2/connection/preface.ts";
import type { Stage } from "./staged_session.ts";

const CONNECT = asciiBytes("CONNECT");
const SLASH = 0x2f;
const ASTERISK = 0x2a;
const SMALL_H = 0x68;
/** Makes a letter of ASCII lower case. */
const LOWER_CASE = 0x20;

/** Tells HTTP/2 from HTTP/1.1. */
export class PriorKnowledgeStage implements Stage {
  async enter(accepted: Accepted): Promise<Accepted | null> {
    const first = new Uint8Array(MAGIC.length);
    let count = 0;
    while (count < first.length && isMagic(first, count)) {
      const more = await accepted.stream.read(first.subarray(count));
      if (more === 0) break;
      count += more;
    }
    if (count === 0) return null;
    const speaksH2 = count === first.length && isMagic(first, count);
    // RFC 9113 section 3.4: an invalid preface is answered by the end of the connection.
    if (!speaksH2 && !mayBeHttp1(first, count)) return null;
    const stream = new BegunStream(accepted.stream, first.subarray(0, count));
    return { ...accepted, stream, speaksH2 };
  }
}

/**
 * Whether `first[0, count)` may begin a request of HTTP/1.1: the target behind the method is a path, an
 * asterisk, a URI of http or https, or the authority of CONNECT (RFC 9112 section 3.2). What is no request in
 * another way is left to the reader of HTTP/1.1.
 */
function mayBeHttp1(first: Uint8Array, count: number): boolean {
  const method = first.indexOf(SP);
  if (method < 0 || method + 1 >= count) return true;
  const target = first[method + 1] as number;
  return target === SLASH || target === ASTERISK || (target | LOWER_CASE) === SMALL_H ||
    equalBytes(first, 0, method, CONNECT, 0, CONNECT.length);
}

function isMagic(first: Uint8Array, count: number): boolean {
  for (let i = 0; i < count; i++) if (first[i] !== MAGIC[i]) return false;
  return true;
}

/** A stream of which the first bytes have been read. */
class BegunStream implements ByteStream {
  readonly #stream: ByteStream;
  #first: Uint8Array;

  constructor(stream: ByteStream, first: Uint8Array) {
    this.#stream = stream;
    this.#first = first;
  }

  read(into: Uint8Array): Promise<number> {
    const first = this.#first;
    if (first.length === 0) return this.#stream.read(into);
    const count = Math.min(first.length, into.length);
    into.set(first.subarray(0, count));
    this.#first = first.subarray(count);
    return Promise.resolve(count);
  }

  write(from: Uint8Array): Promise<number> {
    return this.#stream.write(from);
  }

  closeWrite(): Promise<void> {
    return this.#stream.closeWrite();
  }

  close(): void {
    this.#stream.close();
  }
}
