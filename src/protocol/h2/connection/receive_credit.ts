// The receiving side of flow control: the peer is held to the windows we gave it, and gets credit back for
// what the owner has passed on, so that no more waits in memory than the windows allow.

import { FrameType } from "../frames/frame.ts";
import { FrameBytes, writeWindowUpdate } from "../frames/frame_writer.ts";
import { DEFAULT_WINDOW } from "../frames/settings.ts";
import { ReceiveWindow } from "../streams/flow_window.ts";
import { mayReceive } from "../streams/stream_state.ts";
import type { Link, StreamWatcher } from "./link.ts";
import type { H2Stream } from "./stream.ts";

/** The receiving side of one connection. */
export class ReceiveCredit<O> implements StreamWatcher<O> {
  readonly #link: Link<O>;
  readonly #window: ReceiveWindow;
  /** Streams whose peer gets credit at the next write. */
  readonly #owing: H2Stream<O>[] = [];

  constructor(link: Link<O>) {
    this.#link = link;
    this.#window = new ReceiveWindow(Math.max(link.limits.connectionWindow, DEFAULT_WINDOW));
    link.watch(this);
  }

  /** Streams that wait for an update, for a gauge. */
  get pending(): number {
    return this.#owing.length;
  }

  /** DATA came, `count` bytes with their padding; false when the connection was not allowed to get them. */
  receive(count: number): boolean {
    if (!this.#window.receive(count)) return false;
    // What has come may be held for long, and those that wait for credit are others.
    if (this.#window.owesUpdate) this.#link.wake();
    return true;
  }

  /** Bytes that belong to no live stream, or are nobody's: only the connection gets credit. */
  discard(count: number): void {
    this.#window.release(count);
    if (this.#window.owesUpdate) this.#link.wake();
  }

  /** Bytes of a stream that were never handed to its owner, such as padding. */
  skip(stream: H2Stream<O>, count: number): void {
    if (count === 0) return;
    this.discard(count);
    stream.receiveWindow.release(count);
    this.#owe(stream);
  }

  /** The owner has passed on `count` bytes, or thrown them away. */
  release(stream: H2Stream<O>, count: number): void {
    const released = Math.min(count, stream.held);
    stream.held -= released;
    this.skip(stream, released);
  }

  removed(stream: H2Stream<O>, early: boolean): void {
    if (!early) return;
    this.discard(stream.held);
    stream.held = 0;
  }

  /** Announces what the peer may send, the connection first; with `all` whatever the connection is owed. */
  write(all = false): void {
    const increment = this.#window.takeUpdate(all);
    if (increment > 0) this.#update(0, increment);
    if (this.#owing.length === 0) return;
    for (const stream of this.#owing) {
      stream.owing = false;
      if (!mayReceive(stream.state)) continue;
      const increment = stream.receiveWindow.takeUpdate(true);
      if (increment > 0) this.#update(stream.id, increment);
    }
    this.#owing.length = 0;
  }

  #owe(stream: H2Stream<O>): void {
    if (stream.owing || !mayReceive(stream.state)) return;
    stream.owing = true;
    this.#owing.push(stream);
    this.#link.wake();
  }

  #update(id: number, increment: number): void {
    const { output } = this.#link;
    const out = this.#link.control(FrameBytes.WINDOW_UPDATE, FrameType.WINDOW_UPDATE);
    output.length = writeWindowUpdate(out, output.length, id, increment);
  }
}
