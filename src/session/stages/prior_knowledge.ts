// The stage of plain listeners that take HTTP/2 from clients who know that it is spoken here (RFC 9113
// section 3.3): the first bytes tell which version a client speaks. They are handed on, as if nothing had
// been read.

import type { Accepted, ByteStream } from "../../io/contracts.ts";
import { MAGIC } from "../../protocol/h2/connection/preface.ts";
import type { Stage } from "./staged_session.ts";

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
    const stream = new BegunStream(accepted.stream, first.subarray(0, count));
    const speaksH2 = count === first.length && isMagic(first, count);
    return { ...accepted, stream, speaksH2 };
  }
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
