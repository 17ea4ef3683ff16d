// Finds the end of a message body (RFC 9112 §6, §7.1) in bytes as they pass. Apart from chunk extensions the
// framing bytes it accepts are already in the one canonical form, so an HTTP/1.1 relay forwards what it
// received: `advance` cuts extensions out where the bytes lie, and nothing else has to be moved. `next`
// hands out the payload alone for everyone else.

import { BodyFraming, type MessageHead } from "../http/message_head.ts";
import type { ClientHeaders } from "../http/client_headers.ts";
import { ChunkReader, ChunkStatus } from "./chunk_reader.ts";
import { Problem } from "./problem.ts";
import { TrailerReader } from "./trailer_reader.ts";

const Part = { LENGTH: 0, CHUNKS: 1, TRAILERS: 2, UNTIL_CLOSE: 3, DONE: 4 } as const;
type Part = typeof Part[keyof typeof Part];

/** Follows one body to its end. Reused: {@link begin} before each message. */
export class BodyReader {
  problem: Problem = Problem.NONE;
  /** Bounds of the payload found by the last {@link next}; empty when equal. */
  dataStart = 0;
  dataEnd = 0;
  /** Behind the bytes that may be passed on of those consumed by the last {@link advance}. */
  keptEnd = 0;
  /** Bytes were consumed that must not be passed on; {@link begin} forgets it. */
  extended = false;
  #part: Part = Part.DONE;
  #left = 0;
  readonly #chunks = new ChunkReader();
  readonly #trailers = new TrailerReader();

  /** Names that trailers may not have, from the next body on; `null` for none besides those that none has. */
  set refusedTrailers(refused: ClientHeaders | null) {
    this.#trailers.refused = refused;
  }

  /** Bytes that the values of trailers may hold, from the next body on. */
  set trailerValues(values: Uint8Array) {
    this.#trailers.values = values;
  }

  /** Starts the body that follows `head`. */
  begin(head: MessageHead): void {
    this.problem = Problem.NONE;
    this.extended = false;
    switch (head.framing) {
      case BodyFraming.LENGTH:
        this.#left = head.contentLength;
        this.#part = this.#left > 0 ? Part.LENGTH : Part.DONE;
        break;
      case BodyFraming.CHUNKED:
        this.#part = Part.CHUNKS;
        this.#chunks.begin();
        this.#trailers.begin();
        break;
      case BodyFraming.UNTIL_CLOSE:
        this.#part = Part.UNTIL_CLOSE;
        break;
      case BodyFraming.NONE:
        this.#part = Part.DONE;
        break;
    }
  }

  /** The last byte of the body has been consumed. */
  get done(): boolean {
    return this.#part === Part.DONE;
  }

  /** The last chunk has been consumed, and what follows it has not. */
  get inTrailers(): boolean {
    return this.#part === Part.TRAILERS;
  }

  /** Payload bytes still to come when the length is known in advance, else 0. */
  get left(): number {
    return this.#part === Part.LENGTH ? this.#left : 0;
  }

  /**
   * Consumes as much of `bytes[start, end)` as belongs to this body and returns the position behind
   * it. Changes nothing: what may be passed on is all of it unless {@link extended} is set. When
   * {@link problem} is set, the bytes before the returned position are still valid.
   */
  follow(bytes: Uint8Array, start: number, end: number): number {
    let at = start;
    while (at < end && this.#part !== Part.DONE && this.problem === Problem.NONE) {
      at = this.next(bytes, at, end);
    }
    return at;
  }

  /**
   * As {@link follow}, but closes the gaps that extensions leave: `bytes[start, keptEnd)` is what may be
   * passed on. Every byte is moved once at most, and none while there is no extension.
   */
  advance(bytes: Uint8Array, start: number, end: number): number {
    const chunks = this.#chunks;
    let at = start;
    let kept = start;
    let runStart = start;
    while (at < end && this.#part !== Part.DONE && this.problem === Problem.NONE) {
      const inChunks = this.#part === Part.CHUNKS;
      at = this.next(bytes, at, end);
      if (!inChunks || chunks.extensionStart === chunks.extensionEnd) continue;
      kept = moveRun(bytes, runStart, chunks.extensionStart, kept);
      runStart = chunks.extensionEnd;
    }
    this.keptEnd = moveRun(bytes, runStart, at, kept);
    return at;
  }

  /**
   * Consumes up to the next boundary between payload and framing; returns the position behind what it
   * consumed and sets {@link dataStart} and {@link dataEnd}. Consumes nothing once there is a
   * {@link problem}.
   */
  next(bytes: Uint8Array, start: number, end: number): number {
    this.dataStart = this.dataEnd = start;
    if (this.problem !== Problem.NONE) return start;
    switch (this.#part) {
      case Part.LENGTH:
        return this.#passLength(start, end);
      case Part.UNTIL_CLOSE:
        this.dataEnd = end;
        return end;
      case Part.CHUNKS:
        return this.#passChunks(bytes, start, end);
      case Part.TRAILERS:
        return this.#passTrailers(bytes, start, end);
      case Part.DONE:
        return start;
    }
  }

  /** The peer closed. True when that is a proper end of this body. */
  finish(): boolean {
    if (this.#part === Part.UNTIL_CLOSE) this.#part = Part.DONE;
    if (this.#part === Part.DONE) return true;
    if (this.problem === Problem.NONE) this.problem = Problem.TRUNCATED;
    return false;
  }

  #passLength(start: number, end: number): number {
    const taken = Math.min(this.#left, end - start);
    this.#left -= taken;
    if (this.#left === 0) this.#part = Part.DONE;
    this.dataEnd = start + taken;
    return start + taken;
  }

  #passChunks(bytes: Uint8Array, start: number, end: number): number {
    const chunks = this.#chunks;
    const at = chunks.read(bytes, start, end);
    this.dataStart = chunks.dataStart;
    this.dataEnd = chunks.dataEnd;
    if (chunks.extensionStart < chunks.extensionEnd) this.extended = true;
    if (chunks.status === ChunkStatus.BAD) this.problem = chunks.problem;
    else if (chunks.status === ChunkStatus.LAST) this.#part = Part.TRAILERS;
    return at;
  }

  #passTrailers(bytes: Uint8Array, start: number, end: number): number {
    const trailers = this.#trailers;
    const at = trailers.read(bytes, start, end);
    if (trailers.problem !== Problem.NONE) this.problem = trailers.problem;
    else if (trailers.done) this.#part = Part.DONE;
    return at;
  }
}

/** Moves `bytes[start, end)` to `to`, which is not behind it; returns the position behind the moved bytes. */
function moveRun(bytes: Uint8Array, start: number, end: number, to: number): number {
  if (to !== start && start < end) bytes.copyWithin(to, start, end);
  return to + end - start;
}
