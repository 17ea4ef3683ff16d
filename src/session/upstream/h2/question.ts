// The HTTP/2 conversation of a health probe: one request with prior knowledge on a connection of its own, and of
// the answer the status only.

import type { ByteStream } from "../../../io/contracts.ts";
import { H2Connection } from "../../../protocol/h2/connection/connection.ts";
import { H2Counters } from "../../../protocol/h2/connection/counters.ts";
import {
  type ConnectionEvents,
  EndReason,
  type HeadSpace,
} from "../../../protocol/h2/connection/events.ts";
import type { HeadTools } from "../../../protocol/h2/connection/head_tools.ts";
import { Role } from "../../../protocol/h2/connection/link.ts";
import type { H2Stream } from "../../../protocol/h2/connection/stream.ts";
import { errorCodeName } from "../../../protocol/h2/frames/error_code.ts";
import { type HeadProblem, problemName } from "../../../protocol/h2/heads/head_problem.ts";
import { ReadStatus } from "../../../protocol/h1/field_reader.ts";
import { requestHeadReader } from "../../../protocol/h1/head_reader.ts";
import { probeRequest } from "../../../protocol/h1/probe.ts";
import { MessageHead } from "../../../protocol/http/message_head.ts";
import { SHARED_UPSTREAM_LIMITS } from "./limits.ts";
import { writeRest } from "../../write_rest.ts";

/** A frame and the header of another fit. */
const INPUT_BYTES = 32 * 1024;
const OUTPUT_BYTES = 1024;
const NO_BYTES = new Uint8Array(0);

/** Lends nothing: so little is written that it is not worth it. */
const NO_BUFFERS = { size: OUTPUT_BYTES, take: () => null, give: () => {} };

/** Asks one backend, and listens for the answer. The owner of the connection core. */
export class H2Question implements ConnectionEvents<null> {
  readonly #request: MessageHead;
  readonly #lines: Uint8Array;
  readonly #core: H2Connection<null>;
  #asked = false;
  /** The status, or why there will be none. */
  #answer: number | string | null = null;

  /** `uri`, `authority` and `lines` as for {@link probeRequest}; `tools` may be those of others. */
  constructor(uri: string, authority: string, lines: Uint8Array, tools: HeadTools) {
    this.#lines = lines;
    const bytes = probeRequest(uri, authority);
    const reader = requestHeadReader();
    reader.begin(bytes, 0);
    if (reader.read(bytes.length) !== ReadStatus.DONE) {
      this.#answer = "Cannot be asked for this URI";
    }
    this.#request = reader.head;
    this.#core = new H2Connection<null>({
      role: Role.CLIENT,
      limits: SHARED_UPSTREAM_LIMITS,
      events: this,
      tools,
      counters: new H2Counters(),
      buffers: NO_BUFFERS,
      allowsConnectProtocol: false,
    }, 0);
    if (lines.length > 0) this.#core.neverIndex();
  }

  /** The status of the answer, or why there is none; rejects when the connection breaks. */
  async ask(stream: ByteStream): Promise<number | string> {
    const input = new Uint8Array(INPUT_BYTES);
    let end = 0;
    for (;;) {
      await this.#write(stream);
      if (this.#answer !== null) return this.#answer;
      const count = await stream.read(input.subarray(end));
      if (count === 0) return "Connection closed before an answer";
      end += count;
      const at = this.#core.receive(input, 0, end, 0);
      input.copyWithin(0, at, end);
      end -= at;
      if (!this.#asked && this.#core.mayOpen) this.#open();
      if (this.#core.isDead) this.#fail("Its first frame is not one of HTTP/2");
      else if (this.#core.isDraining && !this.#asked) this.#fail("It takes no requests");
    }
  }

  async #write(stream: ByteStream): Promise<void> {
    const core = this.#core;
    for (let bytes = core.take(0); bytes !== null; bytes = core.take(0)) {
      await writeRest(stream, bytes, 0, bytes.length);
      core.written();
    }
  }

  #open(): void {
    this.#asked = true;
    const lines = this.#lines;
    this.#core.open(null, this.#request, "http", lines, 0, lines.length, true);
  }

  #fail(reason: string): void {
    this.#answer ??= reason;
  }

  wantsWrite(): void {}

  space(): HeadSpace {
    return { head: new MessageHead(NO_BYTES), bytes: NO_BYTES, at: 0 };
  }

  head(_stream: H2Stream<null>, head: MessageHead): void {
    this.#answer ??= head.status;
  }

  interim(): void {}

  data(): void {}

  trailers(): void {}

  sent(): void {}

  ended(_stream: H2Stream<null>, reason: EndReason, code: number): void {
    const refused = reason === EndReason.PEER_RESET || reason === EndReason.UNPROCESSED;
    this.#fail(refused ? `Reset with ${errorCodeName(code)}` : "No answer that can be read");
  }

  malformed(_stream: H2Stream<null>, problem: HeadProblem): void {
    this.#fail(`Malformed answer: ${problemName(problem)}`);
  }

  settled(): void {}

  pong(): void {}

  goaway(): void {}
}
