// What a client still sends after its last answer is thrown away for a while: closing with bytes unread
// would reset the connection, and a client that writes before it reads would lose the answer. Bounded in
// time and in rate.

/** How long a client may linger, and how much must come meanwhile. */
export interface LingerBounds {
  /** At most, in milliseconds. */
  readonly totalMs: number;
  /** The client is looked at so often, in milliseconds. */
  readonly stepMs: number;
  /** Bytes that must come in each step. */
  readonly stepBytes: number;
}

/** The account of one such while. Times are milliseconds of the worker's clock. */
export class Linger {
  /** When bytes came last, to a step. */
  lastHeard: number;
  readonly #bounds: LingerBounds;
  #until: number;
  #heard = 0;

  constructor(bounds: LingerBounds, now: number) {
    this.#bounds = bounds;
    this.lastHeard = now;
    this.#until = now + bounds.totalMs;
  }

  /** So many bytes have come. */
  hear(count: number): void {
    this.#heard += count;
  }

  /** A step is over: true when enough came in it, and the time is not up. */
  goesOn(now: number): boolean {
    const enough = this.#heard >= this.#bounds.stepBytes;
    this.#heard = 0;
    return enough && now < this.#until;
  }

  /** A step is over in which bytes were of use to somebody; true when there were any. */
  moved(now: number): boolean {
    const some = this.#heard > 0;
    if (some) this.restart(now);
    return some;
  }

  /** The while begins now. */
  restart(now: number): void {
    this.#heard = 0;
    this.lastHeard = now;
    this.#until = now + this.#bounds.totalMs;
  }
}

/** A client that lingers. */
export interface LingeringClient {
  readonly closed: boolean;
  readonly input: LingeringInput;
  /** Reads once; false at the end of the stream. */
  receive(): Promise<boolean>;
}

/** Where its bytes arrive, `bytes[0, end)`. */
export interface LingeringInput {
  readonly bytes: Uint8Array;
  readonly end: number;
  /** A read is under way. */
  readonly reading: boolean;
  /** Throws away what came. */
  clear(): void;
  /** Uses a larger buffer, if there is one. */
  growForBody(): void;
}

/** Discards what comes until the client ends, or has lingered for long enough. */
export async function discard(client: LingeringClient): Promise<void> {
  const { input } = client;
  while (!client.closed) {
    if (!input.reading) {
      const full = input.end === input.bytes.length;
      input.clear();
      if (full) input.growForBody();
    }
    if (!(await client.receive())) return;
  }
}
