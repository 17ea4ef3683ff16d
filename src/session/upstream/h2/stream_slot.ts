// The right to open one stream on a connection to a backend.

import type { H2Stream } from "../../../protocol/h2/connection/stream.ts";
import type { MessageHead } from "../../../protocol/http/message_head.ts";
import type { SharedUpstream } from "./shared_upstream.ts";
import type { StreamOwner } from "./stream_owner.ts";

/** A place for one stream, to be used or given back. */
export class StreamSlot {
  readonly connection: SharedUpstream;
  /** The connection has carried others before. */
  readonly reused: boolean;
  #used = false;

  /** Reserves a place on `connection`, which must have room. */
  constructor(connection: SharedUpstream) {
    this.connection = connection;
    this.reused = connection.carried;
    connection.reserve();
  }

  /** Opens the stream, once: see {@link SharedUpstream.open}. */
  open(
    owner: StreamOwner,
    head: MessageHead,
    scheme: "http" | "https",
    lines: Uint8Array,
    end: number,
    ends: boolean,
    tunnels: boolean,
  ): H2Stream<StreamOwner> | null {
    if (this.#used) throw new TypeError("A place is for one stream");
    this.#used = true;
    return this.connection.open(owner, head, scheme, lines, end, ends, tunnels);
  }

  /** Gives the place back, if it was not used. */
  discard(): void {
    if (this.#used) return;
    this.#used = true;
    this.connection.unreserve();
  }
}
