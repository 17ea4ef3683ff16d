// Accepting from a socket of the runtime until it is closed.
//
// A failed accept says one of three things. The connection has gone while it waited in the queue: the next
// one may be as sound as ever, so nobody waits. The process or the machine has run out of something: the
// same would happen again at once, so the loop pauses. Anything else may be said by a socket that is broken
// for good: the loop goes on, but not for ever at full speed.

import { Slices } from "../net/turn.ts";

/** What is accepted from. */
export interface Acceptable<T> {
  /** Rejects when a connection has gone, when there is no descriptor for it, and once the socket is closed. */
  accept(): Promise<T>;
}

/** Want of resources, by the name of the error: `accept(2)`. */
const WANTS: ReadonlySet<string> = new Set(["EMFILE", "ENFILE", "ENOBUFS", "ENOMEM"]);

/**
 * What is wrong with one connection and says nothing about the next: reset before it was accepted, or an
 * error of the network that Linux hands out with it (`accept(2)`, "Error handling").
 */
const GONE: ReadonlySet<string> = new Set([
  "EAGAIN",
  "ECONNABORTED",
  "ECONNRESET",
  "EHOSTDOWN",
  "EHOSTUNREACH",
  "EINTR",
  "ENETDOWN",
  "ENETUNREACH",
  "ENONET",
  "ENOPROTOOPT",
  "ENOTCONN",
  "EPERM",
  "EPROTO",
  "ETIMEDOUT",
]);

/** Connections that have gone one after the other before everybody else has a turn. */
const GONE_PER_TURN = 64;

/** Failures of an unknown kind one after the other before the loop pauses after each. */
const MAX_UNKNOWN = 16;

/**
 * Hands every connection to `welcome` until `isClosed`; one that `welcome` throws at is closed. Waits for
 * `pause` to resolve after a failure that would come again at once.
 */
export async function acceptUntilClosed<T extends { close(): void }>(
  socket: Acceptable<T>,
  isClosed: () => boolean,
  welcome: (connection: T) => void,
  pause: (error: unknown) => Promise<void>,
): Promise<void> {
  const slices = new Slices();
  let gone = 0;
  let unknown = 0;
  while (!isClosed()) {
    let connection: T;
    try {
      connection = await socket.accept();
    } catch (error) {
      if (isClosed()) return;
      const code = codeOf(error);
      if (GONE.has(code)) {
        unknown = 0;
        if (++gone % GONE_PER_TURN === 0) await slices.pause();
      } else if (WANTS.has(code) || ++unknown > MAX_UNKNOWN) {
        await pause(error);
      }
      continue;
    }
    gone = unknown = 0;
    try {
      welcome(connection);
    } catch {
      // One connection that cannot be set up must not hold up the others.
      closeQuietly(connection);
    }
  }
}

function codeOf(error: unknown): string {
  const code: unknown = error instanceof Error ? Reflect.get(error, "code") : undefined;
  return typeof code === "string" ? code : "";
}

function closeQuietly(connection: { close(): void }): void {
  try {
    connection.close();
  } catch {
    // It is closed already.
  }
}

/** How long accepting pauses, in milliseconds: others may give back what is wanted meanwhile. */
const PAUSE_MS = 100;

/** Least time between two reports of one server, in milliseconds: it may be out of descriptors for hours. */
const REPORT_MS = 10_000;

/** Pauses after accepts that failed, and tells of them now and then. */
export class AcceptPause {
  readonly #report: (reason: string, count: number) => void;
  readonly #now: () => number;
  readonly #sleep: (ms: number) => Promise<void>;
  #nextReport = -Infinity;
  #count = 0;

  /**
   * `report` is told why accepting failed and how often since the last report, at once and then every ten
   * seconds at most. `now` in milliseconds; `sleep` waits so many.
   */
  constructor(
    report: (reason: string, count: number) => void,
    now: () => number = () => performance.now(),
    sleep: (ms: number) => Promise<void> = (ms) => new Promise((done) => setTimeout(done, ms)),
  ) {
    this.#sleep = sleep;
    this.#report = report;
    this.#now = now;
  }

  /** Resolves when accept may be tried again. */
  readonly after = (error: unknown): Promise<void> => {
    this.#count++;
    if (this.#now() >= this.#nextReport) {
      this.#nextReport = this.#now() + REPORT_MS;
      this.#report(error instanceof Error ? error.message : String(error), this.#count);
      this.#count = 0;
    }
    return this.#sleep(PAUSE_MS);
  };
}
