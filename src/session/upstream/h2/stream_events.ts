// Passes on what a connection core tells: what is about a stream to the owner of the stream, the rest to the
// connection to the backend.

import type { MessageHead } from "../../../protocol/http/message_head.ts";
import type {
  ConnectionEvents,
  EndReason,
  HeadSpace,
  Part,
} from "../../../protocol/h2/connection/events.ts";
import type { H2Stream } from "../../../protocol/h2/connection/stream.ts";
import type { StreamOwner } from "./stream_owner.ts";

/** The connection to the backend, as far as it is told something. */
export interface SharedEvents {
  carried: boolean;
  wantsWrite(): void;
  settled(): void;
  answered(): void;
  goaway(): void;
}

/** The owner of one connection core. */
export class StreamEvents implements ConnectionEvents<StreamOwner> {
  readonly #shared: SharedEvents;

  constructor(shared: SharedEvents) {
    this.#shared = shared;
  }

  wantsWrite(): void {
    this.#shared.wantsWrite();
  }

  space({ owner }: H2Stream<StreamOwner>, part: Part): HeadSpace | null {
    return owner?.space(part) ?? null;
  }

  head({ owner }: H2Stream<StreamOwner>, head: MessageHead, ends: boolean): void {
    this.#shared.carried = true;
    owner?.head(head, ends);
  }

  interim({ owner }: H2Stream<StreamOwner>, head: MessageHead): void {
    owner?.interim(head);
  }

  data(
    { owner }: H2Stream<StreamOwner>,
    bytes: Uint8Array,
    start: number,
    end: number,
    ends: boolean,
  ): void {
    owner?.data(bytes, start, end, ends);
  }

  trailers({ owner }: H2Stream<StreamOwner>, trailers: MessageHead): void {
    owner?.trailers(trailers);
  }

  sent({ owner }: H2Stream<StreamOwner>): void {
    owner?.sent();
  }

  ended({ owner }: H2Stream<StreamOwner>, reason: EndReason, code: number): void {
    owner?.ended(reason, code);
  }

  malformed({ owner }: H2Stream<StreamOwner>): void {
    owner?.malformed();
  }

  settled(): void {
    this.#shared.settled();
  }

  pong(): void {
    this.#shared.answered();
  }

  goaway(): void {
    this.#shared.goaway();
  }
}
