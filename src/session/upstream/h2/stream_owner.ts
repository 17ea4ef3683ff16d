// What the owner of one stream on a connection to a backend is told. All calls are made from within the
// connection: they only take notes, and wake those who wait.

import type { EndReason, HeadSpace, Part } from "../../../protocol/h2/connection/events.ts";
import type { MessageHead } from "../../../protocol/http/message_head.ts";

/** The owner of one stream. */
export interface StreamOwner {
  /** A head or trailers are about to be decoded; `null` when no more are taken: the stream is reset. */
  space(part: Part): HeadSpace | null;
  /** An interim response, in its space. */
  interim(head: MessageHead): void;
  /** The final head; `ends` when no body follows. */
  head(head: MessageHead, ends: boolean): void;
  /** A piece of the body, to be copied: it counts until it is given back with `release`. */
  data(bytes: Uint8Array, start: number, end: number, ends: boolean): void;
  /** Trailers, which end the body. */
  trailers(trailers: MessageHead): void;
  /** What was given to be sent has been taken. */
  sent(): void;
  /** The backend has sent something that is no message; {@link ended} follows. */
  malformed(): void;
  /** The stream ended early and is gone. Not called after it was reset. */
  ended(reason: EndReason, code: number): void;
}
