// One message body on its way through: where it comes from and where it goes. Payload only, so that each end
// frames it in its own way; trailers come behind it. Nothing piles up: a source hands out one piece after the
// other and gets credit for what has been taken, a sink says when it takes more.

import type { MessageHead } from "../../protocol/http/message_head.ts";

/** How a body has ended. */
export const BodyEnd = {
  /** It has not. */
  OPEN: 0,
  COMPLETE: 1,
  /** Its sender ended or broke the connection, or reset the stream, within it. */
  CUT: 2,
  /** Its framing breaks a rule. */
  MALFORMED: 3,
} as const;
export type BodyEnd = 0 | 1 | 2 | 3;

/** Where a body comes from. */
export interface BodySource {
  readonly ended: BodyEnd;
  /**
   * The next piece of the payload, never empty, or `null` once the body has {@link ended}. The bytes stay
   * as they are until {@link taken}; one piece at a time. Rejects only when the connection breaks.
   */
  next(): Promise<Uint8Array | null>;
  /** So many payload bytes of the last piece are no longer needed: credit for as many more. */
  taken(count: number): void;
  /** Behind a complete body: the trailer section, fields from `fieldsStart` on; `null` for none. */
  readonly trailers: MessageHead | null;
}

/** Where a body goes. */
export interface BodySink {
  /** Resolves when it takes more; with false when it takes nothing any more. */
  write(bytes: Uint8Array): Promise<boolean>;
  /** The body is complete. False when that could not be said. */
  end(trailers: MessageHead | null): Promise<boolean>;
  /** The body will not be complete, and its receiver must notice. */
  abort(): void;
}
