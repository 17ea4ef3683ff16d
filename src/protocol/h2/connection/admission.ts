// Which HEADERS of a client open a stream, which are ignored, and which end the connection.

import { ErrorCode } from "../frames/error_code.ts";
import { type Link, Role } from "./link.ts";

/** What is to be done with HEADERS on a stream that is not live. */
export const Verdict = {
  OPEN: 0,
  /** Decode the block and forget it. */
  IGNORE: 1,
  /** Reset with REFUSED_STREAM, and as before. */
  REFUSE: 2,
  /** A connection error PROTOCOL_ERROR. */
  BAD_ID: 3,
  /** A connection error STREAM_CLOSED. */
  CLOSED: 4,
} as const;
export type Verdict = typeof Verdict[keyof typeof Verdict];

/** So many refusals in so long show that the limit is not understood: it is halved, once. */
const MANY_REFUSALS = 1_000;
const REFUSALS_MS = 60_000;

/** Watches over the streams that one client opens. */
export class Admission<O> {
  readonly #link: Link<O>;
  #maxStreams: number;
  #halved = false;
  #lastAccepted = 0;
  #refusals = 0;
  #refusalsSinceMs = 0;
  /** The latest run of streams that were refused because their client resets too many. */
  #softFirst = 0;
  #softLast = 0;

  constructor(link: Link<O>) {
    this.#link = link;
    this.#maxStreams = link.limits.maxConcurrentStreams;
  }

  /** HEADERS came on stream `id`, which is not live. `closing`: no new streams are served. */
  judge(id: number, closing: boolean): Verdict {
    const link = this.#link;
    if (!link.isIdle(id) && link.ended.has(id)) return Verdict.IGNORE;
    if (link.role === Role.CLIENT) return link.isIdle(id) ? Verdict.BAD_ID : Verdict.CLOSED;
    const isOurs = (id & 1) === 0;
    if (id <= link.highestSeen) {
      return isOurs || id <= this.#lastAccepted ? Verdict.CLOSED : Verdict.BAD_ID;
    }
    if (isOurs) return Verdict.BAD_ID;
    link.highestSeen = id;
    const refusal = this.#refusal(closing);
    if (refusal === null) {
      this.#lastAccepted = id;
      this.#softFirst = this.#softLast = 0;
      return Verdict.OPEN;
    }
    this.#noteRefusal(id, refusal);
    return Verdict.REFUSE;
  }

  /** A stream that was admitted had to be refused after all: there was no room for it. */
  takeBack(): void {
    this.#countRefusal();
  }

  /** Whether a reset of stream `id` tells that refusing its client's streams is of no use. */
  wasRefusedSoftly(id: number): boolean {
    return this.#softFirst > 0 && id >= this.#softFirst && id <= this.#softLast;
  }

  #refusal(closing: boolean): "closing" | "soft" | "full" | null {
    const link = this.#link;
    if (closing) return "closing";
    if (link.flood.refusesStreams(link.nowMs)) return "soft";
    return link.streams.size >= this.#maxStreams ? "full" : null;
  }

  #noteRefusal(id: number, refusal: "closing" | "soft" | "full"): void {
    const link = this.#link;
    link.writeReset(id, ErrorCode.REFUSED_STREAM);
    link.ended.add(id);
    if (refusal === "soft") {
      link.counters.streamsRefusedSoftly++;
      if (this.#softFirst === 0) this.#softFirst = id;
      this.#softLast = id;
    } else this.#countRefusal();
    // Before that the client may not know how many it may open.
    if (link.settingsAcked) link.tooMuch(link.flood.glitch(1, link.nowMs));
  }

  #countRefusal(): void {
    const { nowMs } = this.#link;
    if (nowMs - this.#refusalsSinceMs > REFUSALS_MS) {
      this.#refusalsSinceMs = nowMs;
      this.#refusals = 0;
    }
    if (++this.#refusals < MANY_REFUSALS || this.#halved) return;
    this.#halved = true;
    this.#maxStreams = Math.max(1, this.#maxStreams >> 1);
  }
}
