// How much of what costs us more than it costs the peer is put up with on one connection. Frames are
// counted in windows of a second, and what is left of a window counts half in the next one; a few counts go
// on for the life of the connection. Time comes in as an argument.

import type { H2Limits } from "./limits.ts";

/** What may be found too often. The names are those of the metrics `h2.flood.violation.*`. */
export const Flood = {
  NONE: 0,
  RST_STREAM_WINDOW: 1,
  RST_STREAM_LIFETIME: 2,
  RST_STREAM_PRE_RESPONSE_LIFETIME: 3,
  RST_STREAM_EMITTED_LIFETIME: 4,
  PING_WINDOW: 5,
  PING_LIFETIME: 6,
  SETTINGS_WINDOW: 7,
  SETTINGS_LIFETIME: 8,
  EMPTY_DATA_WINDOW: 9,
  WINDOW_UPDATE_STREAM0_WINDOW: 10,
  CONTINUATION_PER_BLOCK: 11,
  HEADER_SIZE_PER_BLOCK: 12,
  GLITCH_WINDOW: 13,
} as const;
export type Flood = typeof Flood[keyof typeof Flood];

/** Names of the findings for metrics and logs, by number. */
export const FLOOD_NAMES: readonly string[] = Object.keys(Flood).map((name) => name.toLowerCase());

const WINDOW_MS = 1_000;

/** A client that reset a stream this recently may still be at it, in milliseconds. */
const RECENT_RESET_MS = 1_000;

/** PING and SETTINGS frames in the life of a connection: no honest one has as many. */
const MAX_PINGS = 200_000;
const MAX_SETTINGS_FRAMES = 200_000;

/** Glitches that a head is worth which is taken apart in vain, for each time that it is larger than one may be. */
const GLITCHES_A_HEAD = 8;

/** Streams that may end for nothing, beyond those that are answered, before the peer is suspected of wanting that. */
const TOLERATED_WASTE = 64;
/** So many times as many glitches are put up with as make a peer suspect. */
const SUSPECT_SHARE = 8;

/** WINDOW_UPDATE frames of the connection that each DATA frame of ours earns the peer. */
const CREDITS_A_DATA_FRAME = 2;

/** Counts of the window at hand. */
const Rate = {
  RESET: 0,
  PING: 1,
  SETTINGS: 2,
  EMPTY_DATA: 3,
  WINDOW_UPDATE: 4,
  GLITCH: 5,
} as const;

/** Watches one connection. */
export class FloodGuard {
  readonly #limits: H2Limits;
  readonly #rates: number[] = [0, 0, 0, 0, 0, 0];
  #windowStart: number;
  #resets = 0;
  #preResponseResets = 0;
  #emittedResets = 0;
  #pings = 0;
  #settings = 0;
  #answered = 0;
  #lastPreResponse = -Infinity;
  #credits = 0;
  #recentData = 0;
  /** No stream is refused softly any more: the peer reset one that was. */
  #noSoftRefusal = false;

  constructor(limits: H2Limits, nowMs: number) {
    this.#limits = limits;
    this.#windowStart = nowMs;
  }

  /** A stream that was routed to a backend has been answered. */
  answered(): void {
    this.#answered++;
  }

  /**
   * RST_STREAM came. `preResponse`: from a client, before its response began, or for a stream that was
   * refused softly.
   */
  reset(preResponse: boolean, nowMs: number): Flood {
    this.#roll(nowMs);
    this.#resets++;
    this.#add(Rate.RESET, 1);
    if (preResponse) {
      this.#preResponseResets++;
      this.#lastPreResponse = nowMs;
    }
    return this.#lifetime() || this.check(nowMs);
  }

  /** We reset a stream because of what the peer did. */
  resetEmitted(nowMs: number): Flood {
    this.#emittedResets++;
    return this.#lifetime() || this.glitch(1, nowMs);
  }

  /** PING without ACK came. */
  ping(nowMs: number): Flood {
    this.#roll(nowMs);
    this.#pings++;
    this.#add(Rate.PING, 1);
    return this.check(nowMs);
  }

  /** SETTINGS without ACK came. */
  settings(nowMs: number): Flood {
    this.#roll(nowMs);
    this.#settings++;
    this.#add(Rate.SETTINGS, 1);
    return this.check(nowMs);
  }

  /** DATA without content came that does not end its stream. */
  emptyData(nowMs: number): Flood {
    this.#roll(nowMs);
    this.#add(Rate.EMPTY_DATA, 1);
    return this.check(nowMs);
  }

  /** We sent a DATA frame: it may be answered with updates of windows. */
  dataSent(): void {
    this.#recentData++;
    const most = CREDITS_A_DATA_FRAME *
      (this.#limits.maxConnectionWindowUpdatesPerWindow + this.#recentData);
    this.#credits = Math.min(most, this.#credits + CREDITS_A_DATA_FRAME);
  }

  /** WINDOW_UPDATE of the connection came, with an increment. */
  connectionWindowUpdate(nowMs: number): Flood {
    this.#roll(nowMs);
    if (this.#credits > 0) {
      this.#credits--;
      return Flood.NONE;
    }
    this.#add(Rate.WINDOW_UPDATE, 1);
    return this.check(nowMs);
  }

  /** `count` things that are no error by themselves and have no use. */
  glitch(count: number, nowMs: number): Flood {
    this.#roll(nowMs);
    this.#add(Rate.GLITCH, count);
    return this.check(nowMs);
  }

  /**
   * A header block was `times` as large as one may be, and was taken apart in vain. One alone is never too much: its
   * sender may not know the bounds.
   */
  oversized(times: number, nowMs: number): Flood {
    const most = this.#limits.maxGlitchesPerWindow >> 1;
    return this.glitch(Math.min(GLITCHES_A_HEAD * times, most), nowMs);
  }

  /** A header block that has taken so many CONTINUATION frames and bytes so far. */
  headerBlock(continuations: number, bytes: number): Flood {
    if (continuations > this.#limits.maxContinuationFrames) return Flood.CONTINUATION_PER_BLOCK;
    return bytes > this.#limits.maxHeaderListSize ? Flood.HEADER_SIZE_PER_BLOCK : Flood.NONE;
  }

  /**
   * Whether a new stream of a client is to be refused: it resets more than it lets be answered, has gone
   * far towards the bound, and did so just now.
   */
  refusesStreams(nowMs: number): boolean {
    const { streamRefusalPercent, maxPreResponseResets } = this.#limits;
    if (streamRefusalPercent === 0 || this.#noSoftRefusal) return false;
    return this.#preResponseResets * 100 > streamRefusalPercent * maxPreResponseResets &&
      this.#fruitless > this.#answered && nowMs - this.#lastPreResponse < RECENT_RESET_MS;
  }

  /** A stream that was refused softly was reset by its client, too: refusing does not impress it. */
  refusalIgnored(): void {
    this.#noSoftRefusal = true;
  }

  /** What the peer does costs us work and is of no use to it, it seems; far from what ends the connection. */
  get isWasteful(): boolean {
    if (this.#fruitless > this.#answered + TOLERATED_WASTE) return true;
    const glitches = this.#rates[Rate.GLITCH] as number;
    return glitches * SUSPECT_SHARE > this.#limits.maxGlitchesPerWindow;
  }

  /** What has come too often in the window at hand or in the life of the connection. */
  check(nowMs: number): Flood {
    this.#roll(nowMs);
    const limits = this.#limits;
    const rates = this.#rates;
    const over = (rate: number, limit: number) => (rates[rate] as number) > limit;
    if (over(Rate.RESET, limits.maxResetsPerWindow)) return Flood.RST_STREAM_WINDOW;
    if (over(Rate.PING, limits.maxPingsPerWindow)) return Flood.PING_WINDOW;
    if (this.#pings > MAX_PINGS) return Flood.PING_LIFETIME;
    if (over(Rate.SETTINGS, limits.maxSettingsPerWindow)) return Flood.SETTINGS_WINDOW;
    if (this.#settings > MAX_SETTINGS_FRAMES) return Flood.SETTINGS_LIFETIME;
    if (over(Rate.EMPTY_DATA, limits.maxEmptyDataPerWindow)) return Flood.EMPTY_DATA_WINDOW;
    if (over(Rate.WINDOW_UPDATE, limits.maxConnectionWindowUpdatesPerWindow)) {
      return Flood.WINDOW_UPDATE_STREAM0_WINDOW;
    }
    return over(Rate.GLITCH, limits.maxGlitchesPerWindow) ? Flood.GLITCH_WINDOW : Flood.NONE;
  }

  /** Streams that ended for nothing. */
  get #fruitless(): number {
    return this.#preResponseResets + this.#emittedResets;
  }

  /** Bounds for the life of the connection: a floor, and more resets than answers. */
  #lifetime(): Flood {
    const { maxResets, maxPreResponseResets, maxEmittedResets } = this.#limits;
    const late = this.#resets - this.#preResponseResets;
    if (this.#resets > maxResets && late > this.#answered) return Flood.RST_STREAM_LIFETIME;
    if (this.#fruitless <= this.#answered) return Flood.NONE;
    if (this.#preResponseResets > maxPreResponseResets) {
      return Flood.RST_STREAM_PRE_RESPONSE_LIFETIME;
    }
    return this.#emittedResets > maxEmittedResets ? Flood.RST_STREAM_EMITTED_LIFETIME : Flood.NONE;
  }

  #add(rate: number, count: number): void {
    this.#rates[rate] = (this.#rates[rate] as number) + count;
  }

  #roll(nowMs: number): void {
    if (nowMs - this.#windowStart < WINDOW_MS) return;
    this.#windowStart = nowMs;
    const rates = this.#rates;
    for (let i = 0; i < rates.length; i++) rates[i] = (rates[i] as number) >> 1;
    this.#recentData = Math.floor(this.#recentData / 2);
  }
}
