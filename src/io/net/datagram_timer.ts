// Sends collected metrics as datagrams, every second and once more at the end. Datagrams to a receiver that is
// down are lost. A pass begins only after the one before it was sent.

import { type DatagramRoute } from "../log/sink_datagram.ts";

/** Pause between two passes, in milliseconds. */
const PERIOD_MS = 1000;

/**
 * Datagrams sent in a row, and the pause after them: the usual receive buffer holds some hundred, and further
 * ones are lost.
 */
const BURST = 32;
const BURST_PAUSE_MS = 2;

/** The source and the destination of the datagrams. */
export interface DatagramTimerParts {
  /** Opens the socket; called again after it failed. */
  readonly open: () => DatagramRoute;
  /** The datagrams of one pass. */
  readonly gather: () => readonly Uint8Array[];
  /** Called when sending begins to fail. */
  readonly failing: (problem: string) => void;
  /** Calls `work` every `ms` until the function returned is called; the runtime's own unless told. */
  readonly every?: (ms: number, work: () => void) => () => void;
}

/** A timer that runs until {@linkcode close}. */
export class DatagramTimer {
  readonly #parts: DatagramTimerParts;
  readonly #end: () => void;
  #route: DatagramRoute | null = null;
  #pass: Promise<void> | null = null;
  #failed = false;

  constructor(parts: DatagramTimerParts) {
    this.#parts = parts;
    this.#end = (parts.every ?? everyQuietly)(PERIOD_MS, () => void this.#begin());
  }

  /** There is no file to reopen. */
  reopen(): void {}

  /** Sends what was collected up to now; resolves when it is sent. */
  async flushed(): Promise<void> {
    await this.#pass;
    await this.#begin();
  }

  /** Ends it without another pass. */
  close(): void {
    this.#end();
    this.#route?.socket.close();
    this.#route = null;
  }

  #begin(): Promise<void> {
    return this.#pass ??= this.#send().finally(() => this.#pass = null);
  }

  async #send(): Promise<void> {
    const datagrams = this.#parts.gather();
    try {
      this.#route ??= this.#parts.open();
      const { socket, to } = this.#route;
      for (const [number, datagram] of datagrams.entries()) {
        if (number > 0 && number % BURST === 0) await pause();
        await socket.send(datagram, to);
      }
      this.#failed = false;
    } catch (error) {
      if (!this.#failed) this.#parts.failing(error instanceof Error ? error.message : `${error}`);
      this.#failed = true;
    }
  }
}

/** Does not keep the process alive. */
function everyQuietly(ms: number, work: () => void): () => void {
  const timer = setInterval(work, ms);
  Deno.unrefTimer(timer);
  return () => clearInterval(timer);
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, BURST_PAUSE_MS));
}
