// Accepts connections from a socket of Deno until it is closed.
//
// An accept fails for one of three reasons (accept(2), "Error handling"). The connection was reset while it
// waited in the queue: the next one is accepted at once. The process or the machine has run out of a resource:
// the next accept would fail as well, so the loop pauses. Any other error may come from a socket that is broken
// for good: after several of them in a row the loop pauses before each accept.

import { Slices } from "../net/turn.ts";

/** A socket to accept from. */
export interface Acceptable<T> {
  /** Rejects when a connection was reset, when there is no descriptor for it, and once the socket is closed. */
  accept(): Promise<T>;
}

/** Errors of missing resources (`accept(2)`). */
const WANTS: ReadonlySet<string> = new Set(["EMFILE", "ENFILE", "ENOBUFS", "ENOMEM"]);

/**
 * Errors of one connection that do not affect the next: it was reset before it was accepted, or Linux reports
 * an error of the network with it (`accept(2)`, "Error handling").
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

/** Resets in a row after which the loop yields to the event loop. */
const GONE_PER_TURN = 64;

/** Other errors in a row after which the loop pauses after each. */
const MAX_UNKNOWN = 16;

/**
 * Passes every connection to `welcome` until `isClosed`; when `welcome` throws, the connection is closed. Waits
 * for `pause` after an error that would repeat at once.
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
      // One connection that cannot be set up must not stop the others.
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

/** How long accepting pauses, in milliseconds: resources may be released meanwhile. */
const PAUSE_MS = 100;

/** Least time between two reports of one server, in milliseconds: it may be out of descriptors for hours. */
const REPORT_MS = 10_000;

/** Pauses after failed accepts, and reports them at a limited rate. */
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
