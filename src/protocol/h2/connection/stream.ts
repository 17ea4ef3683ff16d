// One live stream as the connection sees it: its state, its windows, what it still has to send, and how much
// of its body has come.

import { BodyFraming, type MessageHead } from "../../http/message_head.ts";
import type { Priority } from "../streams/priority.ts";
import { ReceiveWindow, SendWindow } from "../streams/flow_window.ts";
import { DEFAULT_WINDOW } from "../frames/settings.ts";
import { StreamState } from "../streams/stream_state.ts";

/**
 * What a stream has whose client said nothing of priorities: of middle urgency, and in turns with its like.
 * RFC 9218 section 4 has its responses come one after the other, which would let one download hold up all
 * requests of a client that knows no priorities.
 */
export const SHARED_PRIORITY: Priority = 7;

const NO_BYTES = new Uint8Array(0);
/** The length of the body is not announced. */
const ANY_LENGTH = -1;
/** The window is not exhausted. */
export const NOT_STALLED = -1;

/** A stream; `O` is what its owner keeps with it. */
export class H2Stream<O> {
  readonly id: number;
  /** The owner's; the connection does not look at it. */
  owner: O | null = null;
  /** The owner sets it when a backend answered, which counts in favour of the client. */
  routed = false;
  /** The owner sets it for tunnels, which have timeouts of their own: silence does not end them. */
  keepsIdle = false;
  /** A backend connection sets it: the request was a HEAD request. */
  toHead = false;

  // The rest is the connection's.
  /** The owner knows of it. */
  announced = false;
  state: StreamState = StreamState.IDLE;
  /** Changes only while the stream is not in the order of sending. */
  priority: Priority = SHARED_PRIORITY;
  readonly sendWindow: SendWindow;
  readonly receiveWindow = new ReceiveWindow(DEFAULT_WINDOW);
  /** The final head of the peer has come, so that what follows are trailers. */
  headReceived = false;
  /** Our final head was sent. */
  headSent = false;
  /** The message of the peer has no content, whatever DATA says. */
  bodiless = false;
  /** Bytes that were handed to the owner and not released. */
  held = 0;
  /** The stream is among those whose peer gets credit back at the next write. */
  owing = false;
  /** What the owner wants sent: `bytes[at, end)`. */
  bytes: Uint8Array = NO_BYTES;
  at = 0;
  end = 0;
  /** END_STREAM comes with the last of it. */
  endsAfter = false;
  /** Something is offered. */
  offered = false;
  /** The stream is in the order of sending. */
  queued = false;
  /** Something came or was sent for it, in milliseconds. */
  activeMs = 0;
  /** Since when its window is exhausted, in milliseconds. */
  stalledMs = NOT_STALLED;
  /** Bytes sent since then. */
  drained = 0;
  #expected = ANY_LENGTH;
  #received = 0;

  constructor(id: number, sendWindow: number, nowMs: number) {
    this.id = id;
    this.sendWindow = new SendWindow(sendWindow);
    this.activeMs = nowMs;
  }

  /** Notes what the head of the peer says about its body. */
  expect(head: MessageHead, bodiless: boolean): void {
    this.bodiless = bodiless;
    this.headReceived = true;
    const announced = head.framing === BodyFraming.LENGTH && !bodiless;
    if (announced) this.#expected = head.contentLength;
  }

  /** Bytes of the body came; false when they are more than was announced. */
  receive(count: number): boolean {
    this.#received += count;
    return this.#expected === ANY_LENGTH || this.#received <= this.#expected;
  }

  /** Whether the body may end here. */
  get isComplete(): boolean {
    return this.#expected === ANY_LENGTH || this.#received === this.#expected;
  }

  /** Bytes that are offered and not sent. */
  get left(): number {
    return this.end - this.at;
  }

  /** Forgets what is offered. */
  withdraw(): void {
    this.offered = false;
    this.bytes = NO_BYTES;
    this.at = this.end = 0;
  }
}
