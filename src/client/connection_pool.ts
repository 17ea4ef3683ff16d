// A few connections shared by many requests. The pool has the queue of requests that wait for a connection
// and dials again when one is lost; it does not know the messages on a connection.

import { type BackoffPolicy, delayAfter } from "./backoff.ts";
import { Connection } from "./connection.ts";
import { ClientError } from "./error.ts";
import type { Dial, Transport } from "./transport.ts";
import { pause, within } from "./waiting.ts";

/** Sizes and delays of a pool. */
export interface PoolOptions {
  readonly dial: Dial;
  readonly maxConnections: number;
  /** Requests that may wait for a connection; one more is refused with kind `queue_full`. */
  readonly maxQueued: number;
  readonly maxFrameBytes: number;
  readonly reconnect: BackoffPolicy;
  readonly random: () => number;
}

/** Hands out connections, first come, first served. */
export class ConnectionPool {
  readonly #options: PoolOptions;
  readonly #waiting = new Set<PromiseWithResolvers<void>>();
  readonly #open = new Set<Connection>();
  readonly #closing = new AbortController();
  #idle: Connection[] = [];
  #lent = 0;

  constructor(options: PoolOptions) {
    this.#options = options;
  }

  /** Opens the first connection with at most `attempts` dials, so that a wrong path shows at once. */
  async warmUp(attempts: number, signal?: AbortSignal): Promise<void> {
    const connection = await this.#dial({ ...this.#options.reconnect, attempts }, signal);
    connection.rest();
    this.#idle.push(connection);
  }

  /** A connection for one exchange; the caller returns it with `release` in every case. */
  async acquire(signal?: AbortSignal): Promise<Connection> {
    await this.#takeTurn(signal);
    try {
      this.#idle = this.#idle.filter((connection) => !connection.closed);
      return this.#idle.pop() ?? await this.#dial(this.#options.reconnect, signal);
    } catch (error) {
      this.#giveTurn();
      throw error;
    }
  }

  /**
   * Ends an exchange. After an unfinished one the rest of the answer may still come, so only a
   * connection whose exchange is finished waits for the next request.
   */
  release(connection: Connection, outcome: "finished" | "unfinished"): void {
    if (outcome === "finished") connection.rest();
    else connection.close(givenUp());
    if (connection.closed) this.#open.delete(connection);
    else this.#idle.push(connection);
    this.#giveTurn();
  }

  /** A connection of its own, outside the limit: for exchanges that never end. */
  async dedicated(signal?: AbortSignal): Promise<Connection> {
    return await this.#dial(this.#options.reconnect, signal);
  }

  /** Forgets a connection got from `dedicated`. */
  discard(connection: Connection): void {
    connection.close(givenUp());
    this.#open.delete(connection);
  }

  /** Closes every connection; waiting and running requests reject. */
  close(): void {
    this.#closing.abort();
    const reason = new ClientError("cancelled", "The client was closed");
    for (const connection of this.#open) connection.close(reason);
    this.#open.clear();
    this.#idle = [];
  }

  async #takeTurn(signal: AbortSignal | undefined): Promise<void> {
    if (this.#lent < this.#options.maxConnections) {
      this.#lent++;
      return;
    }
    if (this.#waiting.size >= this.#options.maxQueued) {
      throw new ClientError("queue_full", `Already ${this.#waiting.size} requests are waiting`);
    }
    const turn = Promise.withResolvers<void>();
    this.#waiting.add(turn);
    try {
      await within(turn.promise, { timeoutMs: 0, signal: this.#anyOf(signal) }, "");
    } catch (error) {
      // The turn may have been given in the same instant in which the wait was cut short.
      if (!this.#waiting.delete(turn)) this.#giveTurn();
      throw error;
    }
  }

  #giveTurn(): void {
    const [next] = this.#waiting;
    if (next === undefined) {
      this.#lent--;
      return;
    }
    this.#waiting.delete(next);
    next.resolve();
  }

  async #dial(policy: BackoffPolicy, signal: AbortSignal | undefined): Promise<Connection> {
    const stop = this.#anyOf(signal);
    for (let failures = 0;;) {
      try {
        const transport = await this.#dialOnce(stop);
        const connection = new Connection(transport, this.#options.maxFrameBytes);
        this.#open.add(connection);
        return connection;
      } catch (error) {
        failures++;
        const isFinal = !(error instanceof ClientError) || error.kind !== "cannot_connect";
        if (isFinal || failures >= policy.attempts) throw error;
        await pause(delayAfter(policy, failures, this.#options.random()), stop);
      }
    }
  }

  async #dialOnce(stop: AbortSignal): Promise<Transport> {
    const dialling = this.#options.dial();
    try {
      return await within(dialling, { timeoutMs: 0, signal: stop }, "");
    } catch (error) {
      dialling.then((late) => late.close(), () => {});
      throw error;
    }
  }

  #anyOf(signal: AbortSignal | undefined): AbortSignal {
    const closing = this.#closing.signal;
    return signal === undefined ? closing : AbortSignal.any([closing, signal]);
  }
}

function givenUp(): ClientError {
  return new ClientError("cancelled", "The exchange was given up");
}
