// Splits the bytes from main into frames. It knows their length and not their content.

import { FrameError, FrameReader } from "../src/protocol/control/frame.ts";

/**
 * Longest message from main. Only the initial state comes near it; main holds every other message
 * to the configured size.
 */
const MAX_MESSAGE_BYTES = 256 * 1024 * 1024;

/** The frames of a stream. An invalid length is skipped; one that is too large ends the stream. */
export class FrameSource {
  readonly #source: { read(buffer: Uint8Array): Promise<number | null> };
  readonly #reader = new FrameReader(MAX_MESSAGE_BYTES);
  readonly #buffer = new Uint8Array(256 * 1024);
  #ended = false;

  constructor(source: { read(buffer: Uint8Array): Promise<number | null> }) {
    this.#source = source;
  }

  /** The next frame, waiting for it; `null` at the end. */
  async next(): Promise<Uint8Array | null> {
    for (;;) {
      const frame = this.buffered();
      if (frame !== null) return frame;
      const length = this.#ended ? null : await this.#source.read(this.#buffer);
      if (length === null) return null;
      this.#reader.receive(this.#buffer.subarray(0, length));
    }
  }

  /** The next frame if its bytes were read already; valid until the next call. */
  buffered(): Uint8Array | null {
    while (!this.#ended) {
      const frame = this.#reader.nextView();
      if (!(frame instanceof FrameError)) return frame;
      console.error(frame.message);
      this.#ended = frame.kind === "too_large";
    }
    return null;
  }
}
