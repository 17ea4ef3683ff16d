// Messages as the clients and backends of a run write and read them: small on purpose, and not the reader
// of the proxy, so that one mistake cannot hide another. Bodies repeat the number of their request, so that
// a byte that went astray is seen.

import type { VirtualStream } from "./stream.ts";

/** What a body consists of. */
export interface Framing {
  readonly kind: "length" | "chunked" | "close";
  /** Bytes, for `length`. */
  readonly length: number;
}

/** A connection ended within a message. */
export class CutError extends Error {}

/** Bytes `from` to `to` of the body that belongs to a number. */
export function stampedText(nonce: number, from: number, to: number): string {
  const unit = `~${nonce}~`;
  const skip = from % unit.length;
  const wanted = to - from;
  return unit.repeat(Math.ceil((skip + wanted) / unit.length)).slice(skip, skip + wanted);
}

/** Writes all of `text`, which is ASCII. */
export async function writeText(stream: VirtualStream, text: string): Promise<void> {
  const bytes = new TextEncoder().encode(text);
  for (let at = 0; at < bytes.length;) at += await stream.write(bytes.subarray(at));
}

/** A body of `length` bytes as it goes over the wire, in chunks if it is to be. */
export function framed(body: string, framing: Framing, chunk: number): string[] {
  const pieces: string[] = [];
  for (let at = 0; at < body.length; at += chunk) {
    const piece = body.slice(at, at + chunk);
    pieces.push(
      framing.kind === "chunked" ? `${piece.length.toString(16)}\r\n${piece}\r\n` : piece,
    );
  }
  if (framing.kind === "chunked") pieces.push("0\r\n\r\n");
  return pieces;
}

/** The value of a field; `null` when the head has none. */
export function field(head: string, name: string): string | null {
  return new RegExp(`^${name}:[ \\t]*(.*?)[ \\t]*\\r$`, "im").exec(head)?.[1] ?? null;
}

/** How the body behind a head is framed. */
export function framingOf(head: string, otherwise: "none" | "close"): Framing {
  if (field(head, "transfer-encoding") !== null) return { kind: "chunked", length: 0 };
  const length = field(head, "content-length");
  if (length !== null) return { kind: "length", length: Number(length) };
  return { kind: otherwise === "close" ? "close" : "length", length: 0 };
}

/** Reads messages from one stream. */
export class MessageReader {
  /** Waits before each read, so that a side can be slow. */
  beforeRead: () => Promise<void> | null = () => null;
  readonly #stream: VirtualStream;
  readonly #buffer: Uint8Array;
  readonly #decoder = new TextDecoder("latin1");
  #text = "";
  #ended = false;

  /** `first`: text that was read before. */
  constructor(stream: VirtualStream, bufferSize = 16_384, first = "") {
    this.#stream = stream;
    this.#buffer = new Uint8Array(bufferSize);
    this.#text = first;
  }

  /** What was read and not used yet. */
  get rest(): string {
    return this.#text;
  }

  /** The next head with its empty line; `null` at the end of the stream. */
  async head(): Promise<string | null> {
    for (;;) {
      const end = this.#text.indexOf("\r\n\r\n");
      if (end >= 0) return this.#cut(end + 4);
      if (this.#text.length > 100_000) throw new CutError("a head without end");
      if (await this.#fill()) continue;
      if (this.#text === "") return null;
      throw new CutError(`the stream ended within a head: ${this.#text.slice(0, 60)}`);
    }
  }

  /** Reads a body and hands its pieces to `take`; throws a {@link CutError} when it is cut short. */
  async body(framing: Framing, take: (text: string) => void): Promise<void> {
    if (framing.kind === "length") return await this.#exactly(framing.length, take);
    if (framing.kind === "chunked") return await this.#chunks(take);
    for (;;) {
      take(this.#cut(this.#text.length));
      if (!(await this.#fill())) return;
    }
  }

  /** Some text; "" at the end of the stream. */
  async some(): Promise<string> {
    if (this.#text === "") await this.#fill();
    return this.#cut(this.#text.length);
  }

  async #exactly(length: number, take: (text: string) => void): Promise<void> {
    for (let left = length; left > 0;) {
      if (this.#text === "" && !(await this.#fill())) throw new CutError("a body cut short");
      const piece = this.#cut(Math.min(left, this.#text.length));
      left -= piece.length;
      take(piece);
    }
  }

  async #chunks(take: (text: string) => void): Promise<void> {
    for (;;) {
      const line = await this.#line();
      const length = parseInt(line, 16);
      if (!/^[0-9a-f]+$/i.test(line)) throw new CutError(`no chunk size: ${line.slice(0, 40)}`);
      await this.#exactly(length, take);
      // Behind the last chunk: no trailers but an empty line, or trailers up to one.
      let end = await this.#line();
      if (length > 0) {
        if (end !== "") throw new CutError("a chunk without end");
        continue;
      }
      while (end !== "") end = await this.#line();
      return;
    }
  }

  async #line(): Promise<string> {
    for (;;) {
      const end = this.#text.indexOf("\r\n");
      if (end >= 0) return this.#cut(end + 2).slice(0, -2);
      if (!(await this.#fill())) throw new CutError("a body cut short");
    }
  }

  #cut(length: number): string {
    const cut = this.#text.slice(0, length);
    this.#text = this.#text.slice(length);
    return cut;
  }

  async #fill(): Promise<boolean> {
    if (this.#ended) return false;
    const pause = this.beforeRead();
    if (pause !== null) await pause;
    const count = await this.#stream.read(this.#buffer);
    if (count === 0) this.#ended = true;
    else this.#text += this.#decoder.decode(this.#buffer.subarray(0, count));
    return count > 0;
  }
}
