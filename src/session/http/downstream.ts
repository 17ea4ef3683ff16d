// The client's end of one exchange as the relay sees it, whatever HTTP version the client speaks.

import type { BodySink, BodySource } from "./body.ts";
import type { Exchange } from "./exchange.ts";
import type { Timer } from "../upstream/connect.ts";

/** The client's end of one exchange. What it is asked to write rejects when the client is gone. */
export interface Downstream extends Timer {
  /** The request body. */
  readonly body: BodySource;
  /** Takes the response body. */
  readonly sink: BodySink;
  /** The request body is on its way: `running` never rejects, and is true when all of it was sent. */
  uploading(running: Promise<boolean>): void;
  /** The backend takes no more of the request body; the client may still be sending it. */
  uploadRefused(): void;
  /** Passes the interim response in `exchange.response` on, where the client understands it. */
  interim(exchange: Exchange): Promise<void>;
  /**
   * Writes the head of the final response and lets the exchange enter RELAYING; `ends` when no body
   * follows. False when the head cannot be written; then the exchange is where it was.
   */
  head(exchange: Exchange, ends: boolean): Promise<boolean>;
}
